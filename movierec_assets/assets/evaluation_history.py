"""What earlier versions of `model_evaluation` said; the last is the live model's, as a refused one is not written."""

# No `from __future__ import annotations`: Dagster must see the types of the inputs themselves.

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from movierec_assets.assets.spec import lake_spec
from movierec_assets.checks.generated import examine, hand_over
from movierec_assets.domain.recommender.gate import BASELINE, METRIC, MODEL, Live
from movierec_assets.io_managers.errors import LakeError
from movierec_assets.io_managers.lake import Lake, LakeTable
from movierec_assets.schema import table

MOST_VERSIONS = 20
MOST_PUBLISHED = 50
COLUMNS = ["protocol", "recommender", "metric", "value", "low", "users"]


def history(lake: Lake, name: str, most: int = MOST_VERSIONS) -> list[list[dict[str, Any]]]:
    """The nDCG rows of the last versions in the lake, the live one last.

    A version whose files are gone, as a bucket's own rules may delete them, is left out.

    Args:
        lake: The lake.
        name: Table.
        most: At most so many versions.
    """
    import pyarrow.compute as pc

    if not lake.exists(name):
        return []
    last = lake.delta(name).version()
    found = []
    for version in range(max(0, last + 1 - most), last + 1):
        try:
            rows = lake.open(name, version).arrow(COLUMNS, where=pc.field("metric") == METRIC)
        except LakeError:
            continue
        found.append(rows.to_pylist())
    return found


def live(past: list[list[dict[str, Any]]]) -> dict[str, Live]:
    """The live model's figures by protocol, out of `history`; without protocols by which nobody could be asked."""
    rows = {(row["protocol"], row["recommender"]): row for row in (past[-1] if past else [])}
    return {
        protocol: Live(model["users"], model["value"], model["low"], rows[protocol, BASELINE]["value"])
        for (protocol, recommender), model in rows.items()
        if recommender == MODEL and model["value"] is not None
    }


@dg.asset(**lake_spec("evaluation_history", "1", {"postgres", "deltalake"}))
def evaluation_history(model_evaluation: LakeTable) -> Iterator[Any]:
    """Every version of the evaluation, for whoever reads PostgreSQL only."""
    import pyarrow as pa

    declared = table("evaluation_history")
    rows = published(model_evaluation.lake, model_evaluation.name)
    found = model_evaluation.lake.session().createDataFrame(
        pa.Table.from_pylist(rows, schema=declared.arrow_schema()), declared.spark_schema()
    )
    yield from hand_over(examine(declared, found))


def published(lake: Lake, name: str, most: int = MOST_PUBLISHED) -> list[dict[str, Any]]:
    """The rows of `evaluation_history`, the oldest version first; without versions whose files are gone.

    Args:
        lake: The lake.
        name: Table of the evaluations.
        most: At most so many versions, the last.
    """
    commits = sorted(lake.delta(name).history(most), key=lambda commit: commit["version"])
    columns = [
        c.name for c in table("evaluation_history").columns if c.name not in ("version", "evaluated_at")
    ]
    found = []
    for commit in commits:
        try:
            rows = lake.open(name, commit["version"]).arrow(columns).to_pylist()
        except LakeError:
            continue
        at = datetime.fromtimestamp(commit["timestamp"] / 1000, UTC)
        found += [{"version": commit["version"], "evaluated_at": at, **row} for row in rows]
    return found
