"""Plots in an asset's metadata: small SVGs, self-contained, as Dagster's UI shows them in Markdown."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg


def bars(
    title: str, labels: Sequence[str], values: Sequence[float], x: str, y: str
) -> dg.MarkdownMetadataValue:
    """A bar chart, one bar a label."""
    import pygal

    return _markdown(title, _svg(pygal.Bar(**_style(title, x, y)), labels, {y: values}))


def bars_with_intervals(
    title: str, labels: Sequence[str], values: Sequence[tuple[float, float, float]], x: str, y: str
) -> dg.MarkdownMetadataValue:
    """A bar chart of values with an interval each, given as low, value, high."""
    import pygal

    bars = [{"value": value, "ci": {"low": low, "high": high}} for low, value, high in values]
    return _markdown(title, _svg(pygal.Bar(**_style(title, x, y)), labels, {y: bars}))


def line(
    title: str, labels: Sequence[str], values: Sequence[float], x: str, y: str, *, log: bool = False
) -> dg.MarkdownMetadataValue:
    """A line through one value a label; `log` for a logarithmic y axis."""
    import pygal

    chart = pygal.Line(**_style(title, x, y), logarithmic=log, dots_size=2)
    return _markdown(title, _svg(chart, labels, {y: values}))


def lines(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]], x: str, y: str
) -> dg.MarkdownMetadataValue:
    """Several lines over the same labels, named in a legend."""
    return _markdown(title, lines_svg(title, labels, series, x, y))


def lines_svg(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]], x: str, y: str
) -> str:
    """The same as SVG, to stand in a page."""
    import pygal

    style = {**_style(title, x, y), "show_legend": True, "dots_size": 1, "x_labels_major_count": 10}
    return _svg(pygal.Line(**style, show_minor_x_labels=False), labels, series)


def _style(title: str, x: str, y: str) -> dict[str, Any]:
    return {
        "title": title,
        "x_title": x,
        "y_title": y,
        "show_legend": False,
        "width": 640,
        "height": 320,
        "js": [],
        "disable_xml_declaration": True,
    }


def _svg(chart: Any, labels: Sequence[str], series: Mapping[str, Sequence[Any]]) -> str:
    chart.x_labels = list(labels)
    for name, values in series.items():
        chart.add(name, list(values))
    return str(chart.render(is_unicode=True))


def _markdown(title: str, svg: str) -> dg.MarkdownMetadataValue:
    image = base64.b64encode(svg.encode()).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/svg+xml;base64,{image})")
