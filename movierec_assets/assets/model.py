"""The explicit ALS model: predicts the rating a user would give."""

import time
from typing import Any, Literal

import dagster as dg
from pydantic import Field, create_model

from movierec_assets.assets import plots
from movierec_assets.assets.spec import NETWORK_RETRIES, OWNER
from movierec_assets.domain.recommender import training
from movierec_assets.domain.recommender.als import AlsParams
from movierec_assets.io_managers.factors_io_manager import FactorsOutput
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.resources.engine import Engine
from movierec_assets.settings import AlsSettings

DESCRIPTION = """Explicit-feedback ALS (Zhou et al. 2008, weighted-λ regularisation) on `cleaned_ratings` of known
movies: user and item factors whose product predicts a rating. Trained by the native solver with the embedded engine,
by MLlib on Apache Spark; stored in MLlib's ALSModel layout."""


class AlsConfig(dg.Config):
    """Hyper-parameters of explicit ALS; the names are MLlib's."""

    rank: int = Field(10, ge=1, le=512, description="Number of latent factors.")
    max_iter: int = Field(10, ge=1, le=1000, description="Alternations; each solves users and items once.")
    reg_param: float = Field(0.1, ge=0, description="λ, scaled by the number of ratings of each row.")
    nonnegative: bool = Field(True, description="Whether factors must be ≥ 0.")
    cold_start_strategy: Literal["drop", "nan"] = Field(
        "drop", description="Rows for unknown users or movies."
    )
    seed: int = Field(42, ge=0, lt=2**31, description="Seed of the initial factors.")


def als_model_asset(settings: AlsSettings) -> dg.AssetsDefinition:
    """The asset `als_model`, with these settings as the defaults of its run configuration."""
    defaults = settings.model_dump()
    fields: dict[str, Any] = {
        name: (info.annotation, Field(defaults[name], description=info.description))
        for name, info in AlsConfig.model_fields.items()
    }
    config_type = create_model("AlsConfig", __base__=AlsConfig, **fields)

    def als_model(
        config: AlsConfig, engine: Engine, cleaned_ratings: LakeTable, cleaned_movies: LakeTable
    ) -> dg.MaterializeResult[FactorsOutput]:
        started = time.monotonic()
        parameters = AlsParams(**config.model_dump())
        if engine.native:
            ratings, movies = (
                cleaned_ratings.arrow(["userId", "movieId", "rating"]),
                cleaned_movies.arrow(["movieId"]),
            )
            model = training.train_native(ratings, movies, parameters)
        else:
            model = training.train_mllib(cleaned_ratings.spark(), cleaned_movies.spark(), parameters)
        loss = [round(x, 6) for x in model.training_loss]
        metadata: dict[str, Any] = {
            "training_loss": plots.line(
                "Training error", [str(i + 1) for i in range(len(loss))], loss, "iteration", "RMSE in stars"
            ),
            "parameters": dg.MetadataValue.json(config.model_dump()),
            "users": len(model.user_ids),
            "movies": len(model.item_ids),
        }
        return dg.MaterializeResult(
            value=FactorsOutput(model, started), data_version=dg.DataVersion(model.version), metadata=metadata
        )

    als_model.__annotations__["config"] = config_type
    asset: dg.AssetsDefinition = dg.asset(
        description=DESCRIPTION,
        group_name="model",
        kinds={"numba", "pyspark"},
        owners=[OWNER],
        code_version="1",
        io_manager_key="factors",
        metadata={"parameters": defaults},
        retry_policy=NETWORK_RETRIES,
    )(als_model)
    return asset


def assets(settings: AlsSettings) -> list[dg.AssetsDefinition]:
    """The model assets."""
    return [als_model_asset(settings)]
