"""The fidelity report of a scenario, for the asset's page in the UI and as a page of its own."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

import dagster as dg

from movierec_assets.assets import plots
from movierec_assets.curated.held import Scenario

COLUMNS = ("what", "asked", "got", "difference")
STYLE = "body{font:15px sans-serif;max-width:700px;margin:2em auto}td+td{text-align:right;padding-left:2em}"


def metadata(scenario: Scenario) -> dict[str, Any]:
    """The figures as a table, and a plot for each curve."""
    lines = [f"| {' | '.join(row)} |" for row in (COLUMNS, ("---", "--:", "--:", "--:"), *_figures(scenario))]
    return {
        "fidelity": dg.MetadataValue.md("\n".join(lines)),
        **{curve["name"]: plots.lines(*_chart(curve)) for curve in scenario.curves or ()},
    }


def page(scenario: Scenario) -> str:
    """The same as one HTML page that needs nothing else."""
    rows = "".join(_row(row) for row in (COLUMNS, *_figures(scenario)))
    drawn = "".join(plots.lines_svg(*_chart(curve)) for curve in scenario.curves or ())
    title = html.escape(f"Scenario {scenario.name}")
    size = (
        f"{scenario.users:,} users, {scenario.sessions:,} sessions, made {scenario.made_at:%Y-%m-%d %H:%M:%S}"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1><p>{size}</p>"
        f"<table>{rows}</table>{drawn}</body></html>\n"
    )


def _figures(scenario: Scenario) -> Iterable[tuple[str, str, str, str]]:
    for row in scenario.fidelity or ():
        got, apart = row["got"], row["relative_difference"]
        yield (
            row["what"],
            f"{row['asked']:,.6g}",
            "" if got is None else f"{got:,.6g}",
            "" if apart is None else f"{apart:+.2%}",
        )


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _chart(curve: dict[str, Any]) -> tuple[str, list[str], dict[str, list[float]], str, str]:
    series = {name: curve[name] for name in ("asked", "got")}
    return curve["name"].capitalize(), curve["labels"], series, curve["x"], curve["y"]
