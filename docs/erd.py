"""The editable tables as an entity-relationship diagram in SVG: a box a table, an arrow a reference."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from docs.picture import COLOURS, FONT
from movierec_assets.curated.ddl import editable
from movierec_assets.schema import Column, Table, table

WIDTH, ROW, HEAD, GAP_X, GAP_Y, MARGIN = 268, 20, 30, 96, 30, 18


def columns(tables: Iterable[Table]) -> list[list[Table]]:
    """The tables from left to right, each right of those it refers to."""
    depth: dict[str, int] = {}

    def of(declared: Table) -> int:
        if declared.name not in depth:
            others = [table(r.table) for r in declared.foreign_keys]
            depth[declared.name] = 1 + max((of(other) for other in others), default=-1)
        return depth[declared.name]

    found: list[list[Table]] = [[] for _ in range(1 + max(of(t) for t in tables))]
    for declared in tables:
        found[depth[declared.name]].append(declared)
    return found


def draw(title: str) -> str:
    """The diagram of the registry's editable tables, the same for the same registry."""
    places: dict[str, tuple[int, int]] = {}
    laid_out = columns(editable())
    for at, column in enumerate(laid_out):
        top = MARGIN
        for declared in column:
            places[declared.name] = (MARGIN + at * (WIDTH + GAP_X), top)
            top += _height(declared) + GAP_Y
    width = 2 * MARGIN + len(laid_out) * WIDTH + (len(laid_out) - 1) * GAP_X
    height = MARGIN + max(top + _height(table(name)) for name, (_, top) in places.items())
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" font-family="{FONT}">',
        f"<title>{escape(title)}</title>",
        '<defs><marker id="one" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"'
        ' orient="auto-start-reverse"><path d="M0 0 L10 5 L0 10 z" fill="#57606a"/></marker></defs>',
        f'<rect width="{width}" height="{height}" rx="10" fill="#ffffff"/>',
    ]
    for name in places:
        parts += _references(table(name), places)
    for name, (left, top) in places.items():
        parts += _box(table(name), left, top)
    return "\n".join([*parts, "</svg>", ""])


def _height(declared: Table) -> int:
    return HEAD + ROW * len(declared.columns) + 6


def _middle(declared: Table, column: str, top: int) -> float:
    return top + HEAD + ROW * (declared.column_names.index(column) + 0.5)


def _references(declared: Table, places: dict[str, tuple[int, int]]) -> Iterable[str]:
    left, top = places[declared.name]
    for reference in declared.foreign_keys:
        other = table(reference.table)
        other_left, other_top = places[other.name]
        start, end = _middle(declared, reference.columns[-1], top), _middle(other, other.key[-1], other_top)
        bend = GAP_X * 0.6
        yield (
            f'<path d="M{left} {start:.0f} C{left - bend:.0f} {start:.0f} {other_left + WIDTH + bend:.0f} {end:.0f}'
            f' {other_left + WIDTH} {end:.0f}" fill="none" stroke="#57606a" stroke-width="1.3" marker-end="url(#one)"/>'
        )


def _box(declared: Table, left: int, top: int) -> Iterable[str]:
    fill, line = COLOURS[declared.layer]
    yield (
        f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{_height(declared)}" rx="6" fill="#ffffff"'
        f' stroke="{line}"/>'
    )
    yield f'<path d="M{left} {top + HEAD} h{WIDTH}" stroke="{line}"/>'
    yield f'<rect x="{left + 1}" y="{top + 1}" width="{WIDTH - 2}" height="{HEAD - 2}" rx="5" fill="{fill}"/>'
    yield (
        f'<text x="{left + 10}" y="{top + 20}" font-size="14" font-weight="600" fill="#1f2328">'
        f"{escape(str(declared.published_as))}</text>"
    )
    for at, column in enumerate(declared.columns):
        base = top + HEAD + ROW * at + 15
        weight = 600 if column.name in declared.key else 400
        yield (
            f'<text x="{left + 10}" y="{base}" font-size="13" font-weight="{weight}" fill="#1f2328">'
            f"{escape(column.name)}</text>"
        )
        yield (
            f'<text x="{left + WIDTH - 10}" y="{base}" font-size="12" text-anchor="end" fill="#57606a">'
            f"{escape(_facts(declared, column))}</text>"
        )


def _facts(declared: Table, column: Column) -> str:
    marks = ["PK"] * (column.name in declared.key)
    marks += ["FK"] * any(column.name in reference.columns for reference in declared.foreign_keys)
    optional = "?" if column.nullable else ""
    return " ".join([f"{column.type}{optional}", *marks])
