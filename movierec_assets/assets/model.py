"""The models: `als_model` predicts the rating a user would give, `ranking_model` orders what the user has not seen."""

import time
from dataclasses import asdict
from typing import Annotated, Any

import dagster as dg
from pydantic import Field, create_model

from movierec_assets.assets import plots
from movierec_assets.assets.spec import NETWORK_RETRIES, OWNER, POOL
from movierec_assets.domain.recommender import training
from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.params import AlsParams, RankingParams, parameter_fields, params_of
from movierec_assets.domain.recommender.spark_model import SparkModel
from movierec_assets.io_managers.factors_io_manager import FactorsOutput
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.resources.engine import Engine

STORED = """Trained by the native solver with the embedded engine, by MLlib on Apache Spark; stored in MLlib's ALSModel
layout."""
DESCRIPTIONS = {
    "als_model": f"""Explicit-feedback ALS (Zhou et al. 2008, weighted-λ regularisation) on `cleaned_ratings` of known
movies: user and item factors whose product predicts a rating. {STORED}""",
    "ranking_model": f"""Implicit-feedback ALS (Hu, Koren and Volinsky 2008) on `cleaned_ratings` of known movies, with
confidence from the ratings: user and item factors whose product orders what a user has not seen. {STORED}""",
}

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


def model_asset(name: str, settings: AlsParams | RankingParams) -> dg.AssetsDefinition:
    """One model's asset, with these parameters as the defaults of its run configuration."""
    defaults = asdict(settings)
    config_type = create_model(
        "".join(part.title() for part in name.split("_")) + "Config",
        __base__=dg.Config,
        **_config_fields(settings, defaults),
    )

    def model(
        config: dg.Config, engine: Engine, cleaned_ratings: LakeTable, cleaned_movies: LakeTable
    ) -> dg.MaterializeResult[FactorsOutput]:
        started = time.monotonic()
        parameters = params_of(config.model_dump())
        if engine.native:
            ratings, movies = (
                cleaned_ratings.arrow(["userId", "movieId", "rating"]),
                cleaned_movies.arrow(["movieId"]),
            )
            trained: AlsModel | SparkModel = training.train_native(ratings, movies, parameters)
        else:
            rated, movies_of_all = cleaned_ratings.spark(), cleaned_movies.spark()
            trained = training.train_mllib(rated, movies_of_all, parameters, cleaned_ratings.rows())
        loss = [round(x, 6) for x in trained.training_loss]
        metadata: dict[str, Any] = {
            "training_loss": plots.line(
                "Training error", [str(i + 1) for i in range(len(loss))], loss, "iteration", "RMSE, weighted"
            ),
            "parameters": dg.MetadataValue.json(config.model_dump()),
            "users": trained.users,
            "movies": trained.movies,
        }
        return dg.MaterializeResult(
            value=FactorsOutput(trained, started),
            data_version=dg.DataVersion(trained.version),
            metadata=metadata,
        )

    model.__annotations__["config"] = config_type
    asset: dg.AssetsDefinition = dg.asset(
        name=name,
        description=DESCRIPTIONS[name],
        group_name="model",
        kinds={"numba", "pyspark"},
        owners=[OWNER],
        code_version="2",
        io_manager_key="factors",
        metadata={
            "parameters": defaults,
            "dagster/column_schema": COLUMNS,
            "dagster/column_lineage": LINEAGE,
        },
        retry_policy=NETWORK_RETRIES,
        pool=POOL,
    )(model)
    return asset


def _config_fields(settings: AlsParams | RankingParams, defaults: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (
            Annotated[info.annotation, Field(description=info.description), *info.metadata],
            defaults[name],
        )
        for name, info in parameter_fields(type(settings)).items()
    }


def assets(als: AlsParams, ranking: RankingParams) -> list[dg.AssetsDefinition]:
    """The model assets."""
    return [model_asset("als_model", als), model_asset("ranking_model", ranking)]
