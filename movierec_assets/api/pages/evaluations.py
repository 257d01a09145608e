"""How good the models are, now and before: rows of the evaluation as a page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MODEL, BASELINE = "ranking_model", "popularity"
ORDER = (MODEL, BASELINE, "item_knn", "als_model", "damped_mean", "bias")
"""Recommenders as they are shown; what is not named here comes last."""
METRICS = {
    "ndcg": "nDCG: how high the hits stand in the list, 1 at best",
    "precision": "Precision: share of the list that are hits",
    "recall": "Recall: share of the held-out movies that are in the list",
    "map": "MAP of the list: precision at each hit, averaged",
    "map_all": "MAP of the whole catalogue",
    "coverage": "Coverage: share of the catalogue that anybody is shown",
    "novelty": "Novelty, in bits: the less known the movies, the higher",
    "rmse": "RMSE of predicted ratings, in stars: lower is better",
    "mae": "Mean absolute error of predicted ratings, in stars: lower is better",
}
SHORT = {
    "ndcg": "nDCG",
    "precision": "Precision",
    "recall": "Recall",
    "map": "MAP",
    "map_all": "MAP, all",
    "coverage": "Coverage",
    "novelty": "Novelty",
    "rmse": "RMSE",
    "mae": "MAE",
}
LOWER_IS_BETTER = frozenset({"rmse", "mae"})
PROTOCOLS = {
    "time": "Held out by time: the last 10 % of all ratings",
    "per-user": "Held out per user: 25 % of the ratings of each, drawn at random",
}

HEADLINE = """
SELECT protocol, recommender, value, k, users FROM serving.model_evaluation
WHERE metric = 'ndcg' AND value IS NOT NULL ORDER BY users DESC, protocol DESC
"""
CURRENT = "SELECT * FROM serving.model_evaluation"
HISTORY = "SELECT * FROM serving.evaluation_history WHERE metric = %(metric)s ORDER BY version"


def metric(name: str) -> str:
    """What a metric is called."""
    return SHORT.get(name, name)


def series(recommender: str) -> int:
    """Number of the recommender's colour and stroke in the stylesheet."""
    return ORDER.index(recommender) if recommender in ORDER else len(ORDER) - 1


@dataclass(frozen=True)
class Headline:
    """The one figure that sums it up.

    Attributes:
        model: nDCG of the ranking model.
        popularity: The baseline's.
        k: Length of the lists.
    """

    model: float
    popularity: float
    k: int


def headline(rows: Iterable[Mapping[str, Any]]) -> Headline | None:
    """Out of `HEADLINE`, by the protocol that asks most users; None where it has not both figures."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["protocol"], {})[row["recommender"]] = row
    for of in found.values():
        if of.keys() >= {MODEL, BASELINE}:
            return Headline(of[MODEL]["value"], of[BASELINE]["value"], of[MODEL]["k"])
    return None


@dataclass(frozen=True)
class Version:
    """One evaluation.

    Attributes:
        number: Of the table's version, from 0.
        at: When it was made.
        values: recommender -> value, low, high.
    """

    number: int
    at: datetime
    values: Mapping[str, tuple[float | None, float | None, float | None]]


@dataclass(frozen=True)
class Protocol:
    """All that is known by one way of holding ratings out.

    Attributes:
        name: Of the protocol.
        says: The same in words.
        recommenders: In the order in which they are shown.
        metrics: Likewise.
        now: recommender -> metric -> row of `model_evaluation`.
        versions: By age, the newest last; of one metric.
        asked: Some row of now: users, rows held out, cold ones.
    """

    name: str
    says: str
    recommenders: Sequence[str]
    metrics: Sequence[str]
    now: Mapping[str, Mapping[str, Mapping[str, Any]]]
    versions: Sequence[Version]
    asked: Mapping[str, Any]

    def best(self, metric: str) -> str | None:
        """The recommender that does best by a metric; None for those of which more is not better by itself."""
        if metric in ("coverage", "novelty"):
            return None
        values = {
            name: of[metric]["value"]
            for name, of in self.now.items()
            if metric in of and of[metric]["value"] is not None
        }
        pick = min if metric in LOWER_IS_BETTER else max
        return pick(values, key=lambda name: values[name]) if values else None


def protocols(current: Sequence[Mapping[str, Any]], history: Sequence[Mapping[str, Any]]) -> list[Protocol]:
    """What `CURRENT` and `HISTORY` say, the protocol that asks most users first."""
    found = []
    for name in dict.fromkeys(row["protocol"] for row in current):
        rows = [row for row in current if row["protocol"] == name]
        now: dict[str, dict[str, Mapping[str, Any]]] = {}
        for row in rows:
            now.setdefault(row["recommender"], {})[row["metric"]] = row
        metrics = {row["metric"] for row in rows}
        found.append(
            Protocol(
                name,
                PROTOCOLS.get(name, name),
                _ordered(now, ORDER),
                _ordered(metrics, tuple(METRICS)),
                now,
                _versions([row for row in history if row["protocol"] == name]),
                rows[0],
            )
        )
    return sorted(found, key=lambda protocol: (-protocol.asked["users"], protocol.name))


def _versions(rows: Sequence[Mapping[str, Any]]) -> list[Version]:
    found: dict[int, tuple[datetime, dict[str, Any]]] = {}
    for row in rows:
        _, values = found.setdefault(row["version"], (row["evaluated_at"], {}))
        values[row["recommender"]] = (row["value"], row["low"], row["high"])
    return [Version(number, at, values) for number, (at, values) in sorted(found.items())]


def _ordered(names: Iterable[str], order: Sequence[str]) -> list[str]:
    there = set(names)
    return [name for name in order if name in there] + sorted(there - set(order))
