"""The evaluation that a publication hangs on: the models' parameters beside the baselines, as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from movierec_assets.domain.recommender.evaluation import Evaluation, evaluate_each
from movierec_assets.domain.recommender.gate import ENOUGH_USERS, FEWEST_USERS
from movierec_assets.domain.recommender.leakage import Leakage, leakage
from movierec_assets.domain.recommender.protocols import PROTOCOLS, contenders
from movierec_assets.domain.recommender.question import Asked, Question

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.domain.recommender.params import AlsParams, RankingParams
    from movierec_assets.domain.recommender.ratings import Ratings

COMPARED_BY = ("time", "per-user")
"""Protocols in the order in which they are asked; the next only where those before ask too few users."""
MOST_USERS = 20_000
"""Users that lists are made for; of more, those of the lowest hashes."""


@dataclass(frozen=True, eq=False)
class Compared:
    """What came of one protocol.

    Attributes:
        evaluations: By the name of the recommender; empty where the protocol was passed over.
        leakage: What its split leaks.
        asked: What its split asks.
    """

    evaluations: dict[str, Evaluation]
    leakage: Leakage
    asked: Asked


def compare(
    ratings: Ratings, ranking: RankingParams, als: AlsParams, k: int = 10, most_users: int = MOST_USERS
) -> dict[str, Compared]:
    """Train with these parameters on the training part of each split and ask all recommenders the same.

    Args:
        ratings: Of known movies.
        ranking: Parameters of `ranking_model`.
        als: Parameters of `als_model`.
        k: Length of the lists.
        most_users: Rank for at most so many users.

    Returns:
        By the name of the protocol; without those whose split leaves nothing to train or to test on, and without
        those after the first that asks enough users. One that asks fewer than `FEWEST_USERS`, of whom nothing could
        be said, is passed over, unless no other asks more.
    """
    questions: dict[str, Question] = {}
    leaks: dict[str, Leakage] = {}
    for name, train, test in splits(ratings):
        leaks[name] = leakage(train, test)
        questions[name] = Question.of(train, test, most_users=most_users)
        del train, test
        if questions[name].asked.users >= ENOUGH_USERS:
            break
    users = {name: question.asked.users for name, question in questions.items()}
    fewest = min(FEWEST_USERS, max(users.values(), default=0))
    trainers = contenders(ranking, als, len(ratings))
    return {
        name: Compared(
            evaluate_each(trainers, question, k) if users[name] >= fewest else {}, leaks[name], question.asked
        )
        for name, question in questions.items()
    }


def splits(ratings: Ratings) -> Iterator[tuple[str, Ratings, Ratings]]:
    """Each protocol of `COMPARED_BY` with the ratings to train and to test on, where it leaves some for both."""
    for name in COMPARED_BY:
        held = PROTOCOLS[name].split(ratings)
        if held.any() and not held.all():
            yield name, ratings.where(~held), ratings.where(held)


def evaluation_table(compared: Mapping[str, Compared], versions: Mapping[str, str]) -> pa.Table:
    """The rows of `model_evaluation`.

    Args:
        compared: By protocol.
        versions: Of each model whose parameters were evaluated, by its asset's name.
    """
    import pyarrow as pa

    from movierec_assets.schema import table

    rows = [
        {"protocol": protocol, **row, "model_version": versions.get(row["recommender"])}
        for protocol, one in compared.items()
        for name, evaluation in one.evaluations.items()
        for row in _rows(name, evaluation)
    ]
    return pa.Table.from_pylist(rows, schema=table("model_evaluation").arrow_schema())


def _rows(recommender: str, evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    asked = evaluation.asked
    figures = {name: (found.value, found.low, found.high) for name, found in evaluation.metrics.items()}
    nothing = float("nan")
    coverage = evaluation.coverage if asked.users else nothing
    figures |= {"coverage": (coverage, nothing, nothing)}
    errors = {"rmse": evaluation.rmse, "mae": evaluation.mae}
    figures |= {name: (value, nothing, nothing) for name, value in errors.items() if not math.isnan(value)}
    for metric, values in figures.items():
        value, low, high = (None if math.isnan(x) else x for x in values)
        yield {
            "recommender": recommender,
            "metric": metric,
            "value": value,
            "low": low,
            "high": high,
            "k": evaluation.k,
            "users": asked.users,
            "test_rows": asked.test_rows,
            "cold_rows": asked.cold_rows,
        }
