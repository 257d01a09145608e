"""What earlier versions of `model_evaluation` said; the last is the live model's, as a refused one is not written."""

from __future__ import annotations

from typing import Any

from movierec_assets.domain.recommender.gate import BASELINE, METRIC, MODEL, Live
from movierec_assets.io_managers.errors import LakeError
from movierec_assets.io_managers.lake import Lake

MOST_VERSIONS = 20
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
