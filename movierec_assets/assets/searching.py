"""The search for better parameters of a model: made when somebody asks for it, and never by itself."""

# No `from __future__ import annotations`: Dagster must see the types of the inputs themselves.

import math
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from movierec_assets.assets import plots
from movierec_assets.assets.evaluation import sampled_ratings
from movierec_assets.assets.spec import ADVANCE, lake_spec
from movierec_assets.checks.generated import examine, hand_over
from movierec_assets.domain.recommender import search_cut, search_result, search_study, searching
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.search_space import SEARCHED
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.resources.database import Database
from movierec_assets.resources.studies import Studies, open_studies
from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa
    from optuna import Study

NAME = "model_search"
DEFAULT_TRIALS, MOST_TRIALS = 30, 10_000
Model = Enum("Model", {name: name for name in SEARCHED})  # type: ignore[misc]


class ModelSearchConfig(dg.Config):
    """What to search, and for how long."""

    model: Model = Field(Model["ranking_model"], description="The model whose parameters are searched.")
    trials: int = Field(
        DEFAULT_TRIALS,
        ge=1,
        le=MOST_TRIALS,
        description="Trials that the search shall have, those of before counted.",
    )
    timeout_seconds: int | None = Field(
        None, ge=1, description="No trial begins when so many seconds have passed; default: no end."
    )


def search_asset(als: AlsParams, ranking: RankingParams) -> dg.AssetsDefinition:
    """The asset `model_search`, with these parameters as those that are to be bettered."""
    settings: dict[str, AlsParams | RankingParams] = {"als_model": als, "ranking_model": ranking}

    @dg.asset(**lake_spec(NAME, "1", {"optuna", "numba", "postgres", "deltalake"}))
    def model_search(
        context: dg.AssetExecutionContext,
        config: ModelSearchConfig,
        database: Database,
        cleaned_ratings: LakeTable,
        cleaned_movies: LakeTable,
    ) -> Iterator[Any]:
        lake, inputs = cleaned_ratings.lake, (cleaned_ratings, cleaned_movies)
        versions = {t.name: lake.content_hash(t.name) or f"version {t.version}" for t in inputs}
        ratings, parts = sampled_ratings(*inputs)
        try:
            cut = search_cut.cut(ratings)
            del ratings
            with open_studies(database) as studies:
                rows, told = _searched(studies, settings, cut, versions, config, context.log)
        except ValueError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        told["users_looked_at"] = "all" if parts == 1 else f"one of {parts}, by hash"
        found = lake.session().createDataFrame(rows, table(NAME).spark_schema())
        yield from hand_over(examine(table(NAME), found), metadata=told)

    asset: dg.AssetsDefinition = model_search
    return asset


def _searched(
    studies: Studies,
    settings: dict[str, AlsParams | RankingParams],
    cut: search_cut.Cut,
    versions: dict[str, str],
    config: ModelSearchConfig,
    log: "dg.DagsterLogManager",
) -> tuple["pa.Table", dict[str, Any]]:
    """Rows of the table, which holds what is known of the other model too, and metadata."""
    model = config.model.value
    names = {m: search_study.study_name(m, p, cut.protocol, versions) for m, p in settings.items()}
    study = studies.open(names[model], SEARCHED[model].metric.direction)
    before = len(search_study.ended(study))

    def tell(progress: searching.Progress) -> None:
        words = progress.in_words(model)
        log.info(words, extra={ADVANCE: (progress.done, progress.wanted, words)})

    limit = config.timeout_seconds or math.inf
    searching.search(study, model, settings[model], cut.trial(), config.trials, limit, tell)
    search_result.ask_test_cut(study, model, settings[model], cut)
    known = [(m, cut.protocol, s) for m, name in names.items() if (s := studies.existing(name))]
    rows = search_result.search_table(one for one in known if search_study.complete(one[2]))
    new = len(search_study.ended(study)) - before
    return rows, {"new_trials": new, **_told(study, model, settings[model])}


def _told(study: "Study", model: str, defaults: search_study.Params) -> dict[str, Any]:
    """Name of the study, what is to be said of it, lines for `.env`, and the plot of its trials."""
    metric, trials = SEARCHED[model].metric, search_study.ended(study)
    values = [None if trial.state.name == "PRUNED" else search_study.value_of(trial) for trial in trials]
    better = max if metric.direction == "maximize" else min
    best = [better(v for v in values[: i + 1] if v is not None) for i in range(len(values))]
    return {
        "study": study.study_name,
        "conclusion": search_result.conclusion(study, model),
        "settings_to_adopt": dg.MetadataValue.json(search_result.to_adopt(study, model, defaults)),
        "trials": plots.lines(
            f"{metric.label} of {model} on the validation cut",
            [str(trial.number) for trial in trials],
            {"trial": values, "best so far": best},
            "trial",
            metric.label,
        ),
    }
