"""The explicit ALS model: predicts the rating a user would give."""

import time
from dataclasses import asdict
from typing import Annotated, Any

import dagster as dg
from pydantic import Field, create_model

from movierec_assets.assets import plots
from movierec_assets.assets.spec import NETWORK_RETRIES, OWNER
from movierec_assets.domain.recommender import training
from movierec_assets.domain.recommender.params import AlsParams, parameter_fields
from movierec_assets.io_managers.factors_io_manager import FactorsOutput
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.resources.engine import Engine

DESCRIPTION = """Explicit-feedback ALS (Zhou et al. 2008, weighted-λ regularisation) on `cleaned_ratings` of known
movies: user and item factors whose product predicts a rating. Trained by the native solver with the embedded engine,
by MLlib on Apache Spark; stored in MLlib's ALSModel layout."""


COLUMNS = dg.TableSchema(
    [
        dg.TableColumn("side", "string", "`user` or `movie`; MLlib's layout has a table for each."),
        dg.TableColumn("id", "int32", "userId or movieId."),
        dg.TableColumn("factors", "array<float>", "As many numbers as the rank."),
    ]
)
LINEAGE = dg.TableColumnLineage(
    {
        column: [dg.TableColumnDep(dg.AssetKey("cleaned_ratings"), source) for source in sources]
        for column, sources in {
            "id": ("userId", "movieId"),
            "factors": ("userId", "movieId", "rating"),
        }.items()
    }
)


def als_model_asset(settings: AlsParams) -> dg.AssetsDefinition:
    """The asset `als_model`, with these parameters as the defaults of its run configuration."""
    defaults = asdict(settings)
    config_type = create_model("AlsConfig", __base__=dg.Config, **_config_fields(defaults))

    def als_model(
        config: dg.Config, engine: Engine, cleaned_ratings: LakeTable, cleaned_movies: LakeTable
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
        metadata={
            "parameters": defaults,
            "dagster/column_schema": COLUMNS,
            "dagster/column_lineage": LINEAGE,
        },
        retry_policy=NETWORK_RETRIES,
    )(als_model)
    return asset


def _config_fields(defaults: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (
            Annotated[info.annotation, Field(description=info.description), *info.metadata],
            defaults[name],
        )
        for name, info in parameter_fields(AlsParams).items()
    }


def assets(settings: AlsParams) -> list[dg.AssetsDefinition]:
    """The model assets."""
    return [als_model_asset(settings)]
