"""What `--select` means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from movierec_assets.cli.app import fail
from movierec_assets.schema import TABLES

if TYPE_CHECKING:
    import dagster as dg

    from movierec_assets.automation.staleness import Graph


def selection(graph: Graph, select: str | None) -> set[dg.AssetKey]:
    """The assets that `--select` names, whole steps; all of them where it is not given; none that is made on demand.

    Args:
        graph: The assets.
        select: Names with commas between them, each with `+` for what lies up- or downstream; or Dagster's syntax.
    """
    if select is None:
        return set(graph.assets)
    import dagster as dg

    names = [key.to_user_string() for key in graph.assets]
    made = [d for d in graph.definitions if isinstance(d, dg.AssetsDefinition)]
    try:
        found = dg.AssetSelection.from_string(_as_keys(select, names)).resolve(made) & set(graph.assets)
    except Exception as error:
        found, why = set(), f": {error}"
    else:
        why = ""
    if not found:
        fail(f"--select {select!r} selects nothing{why}; the assets are {', '.join(names)}")
    # A step makes all of its assets or none.
    return {sibling for key in found for sibling in graph.assets[key].together}


def _as_keys(select: str, names: list[str]) -> str:
    """Names as Dagster's selection syntax has them; without `key:` it would read `+` as one layer only."""
    parts = [re.fullmatch(r"(\d*\+)?([\w/]+)(\+\d*)?", part.strip()) for part in select.split(",")]
    if not all(parts):
        return select
    for name in (p[2] for p in parts if p and p[2] in TABLES and TABLES[p[2]].on_demand):
        raise ValueError(f"{name} is made on demand, by `{TABLES[name].on_demand}`")
    if unknown := [p[2] for p in parts if p and p[2] not in names]:
        raise ValueError(f"there is no asset {' and no '.join(unknown)}")
    return " or ".join(f'{p[1] or ""}key:"{p[2]}"{p[3] or ""}' for p in parts if p)
