"""What `--select` means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from movierec_assets.cli.app import fail, meant
from movierec_assets.schema import TABLES

if TYPE_CHECKING:
    import dagster as dg

    from movierec_assets.automation.staleness import Graph


class UnknownAssetError(Exception):
    """No run makes an asset of that name; the message says which was meant, or all there are."""

    def __init__(self, name: str, names: list[str]) -> None:
        if name in TABLES and (command := TABLES[name].on_demand):
            super().__init__(f"{name} is made on demand, by `{command}`")
            return
        super().__init__(f"there is no asset {name}; {meant(name, names)}")


def selection(graph: Graph, selects: list[str] | None) -> set[dg.AssetKey]:
    """The assets that any of the `--select` names, whole steps; all where none is given; none that is made on demand.

    Args:
        graph: The assets.
        selects: Each names with commas between them, with `+` for what lies up- or downstream; or Dagster's syntax.
    """
    if not selects:
        return set(graph.assets)
    return set().union(*(_selected(graph, select) for select in selects))


def _selected(graph: Graph, select: str) -> set[dg.AssetKey]:
    import dagster as dg

    names = [key.to_user_string() for key in graph.assets]
    made = [d for d in graph.definitions if isinstance(d, dg.AssetsDefinition)]
    try:
        found = dg.AssetSelection.from_string(_as_keys(select, names)).resolve(made) & set(graph.assets)
    except UnknownAssetError as unknown:
        fail(f"--select {select!r} selects nothing: {unknown}")
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
    for part in parts:
        if part and part[2] not in names:
            raise UnknownAssetError(part[2], names)
    return " or ".join(f'{p[1] or ""}key:"{p[2]}"{p[3] or ""}' for p in parts if p)
