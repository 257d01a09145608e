"""The asset graph as SVG: one box an asset, columns from left to right, a colour a group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

from docs.layers import lay_out

BOX_WIDTH, BOX_HEIGHT, GAP_X, PITCH_Y, MARGIN, HEAD = 120, 40, 52, 50, 18, 50
LABEL, NOTE = 14, 12
"""Font sizes of a box's two lines."""
LABEL_CHARACTER, NOTE_CHARACTER, PADDING = 8.9, 7.0, 20
"""Width of a character in the widest of the fonts, and of the room beside a line."""
COLOURS = {
    "sources": ("#e8eaed", "#6b7280"),
    "raw": ("#fdebd3", "#b86e14"),
    "cleaned": ("#dcedfb", "#1f6fb2"),
    "features": ("#dff3e4", "#2b8a4b"),
    "model": ("#eee3fa", "#7a45b5"),
    "serving": ("#fbe0e6", "#bb2f55"),
    "catalog": ("#fdf3c8", "#8a6d00"),
    "simulation": ("#d9f1f0", "#11736d"),
    "feedback": ("#e6e9fb", "#4351b8"),
}
"""Group -> fill, and line and text."""
FONT = "-apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


@dataclass(frozen=True)
class Box:
    """One asset in the picture.

    Attributes:
        name: Unique.
        label: What it says.
        note: A second, smaller line; may be empty.
        group: A key of `COLOURS`.
        upstream: Names of its inputs.
    """

    name: str
    label: str
    note: str
    group: str
    upstream: tuple[str, ...]


def draw(boxes: Iterable[Box], title: str) -> str:
    """The picture, the same for the same boxes."""
    by_name = {b.name: b for b in boxes}
    layout = lay_out({b.name: b.upstream for b in by_name.values()})
    columns = 1 + max(layout.layer.values())
    widths = [
        max(map(_width, (b for b in by_name.values() if layout.layer[b.name] == c))) for c in range(columns)
    ]
    lefts = [MARGIN + sum(widths[:column]) + column * GAP_X for column in range(columns)]
    width = lefts[-1] + widths[-1] + MARGIN
    height = round(2 * MARGIN + HEAD + BOX_HEIGHT + PITCH_Y * max(layout.height.values()))

    def x(node: object) -> float:
        return lefts[layout.layer[node]]  # type: ignore[index]

    def right_of(node: object) -> float:
        return x(node) + widths[layout.layer[node]]  # type: ignore[index]

    def y(node: object) -> float:
        return MARGIN + HEAD + BOX_HEIGHT / 2 + PITCH_Y * layout.height[node]  # type: ignore[index]

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" font-family="{FONT}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="10" fill="#ffffff"/>',
        *_legend([g for g in COLOURS if any(b.group == g for b in by_name.values())]),
    ]
    for (above, _), route in layout.routes.items():
        colour = COLOURS[by_name[above].group][1]
        path = f"M{right_of(above):.0f} {y(above):.1f}"
        for left, right in pairwise(route):
            start, end, middle = right_of(left), x(right), GAP_X / 2
            path += f" L{start:.0f} {y(left):.1f}"
            path += f" C{start + middle:.0f} {y(left):.1f} {end - middle:.0f} {y(right):.1f} {end:.0f} {y(right):.1f}"
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.4" opacity="0.6"/>')
    for box in by_name.values():
        parts += _box(box, x(box.name), right_of(box.name), y(box.name))
    return "\n".join([*parts, "</svg>", ""])


def _width(box: Box) -> int:
    texts = max(LABEL_CHARACTER * len(box.label), NOTE_CHARACTER * len(box.note))
    return max(BOX_WIDTH, round(texts) + PADDING)


def _box(box: Box, left: float, right: float, centre: float) -> list[str]:
    fill, line = COLOURS[box.group]
    middle = (left + right) / 2
    lines = [
        f'<rect x="{left:.0f}" y="{centre - BOX_HEIGHT / 2:.1f}" width="{right - left:.0f}" height="{BOX_HEIGHT}"'
        f' rx="6" fill="{fill}" stroke="{line}"/>',
        f'<text x="{middle:.0f}" y="{centre + (-2 if box.note else 5):.1f}" font-size="{LABEL}" font-weight="600"'
        f' text-anchor="middle" fill="#1f2328">{escape(box.label)}</text>',
    ]
    if box.note:
        lines.append(
            f'<text x="{middle:.0f}" y="{centre + 14:.1f}" font-size="{NOTE}" text-anchor="middle"'
            f' fill="{line}">{escape(box.note)}</text>'
        )
    return lines


def _legend(groups: list[str]) -> list[str]:
    parts, left = [], float(MARGIN)
    for group in groups:
        fill, line = COLOURS[group]
        parts.append(
            f'<rect x="{left:.0f}" y="{MARGIN}" width="16" height="16" rx="3" fill="{fill}" stroke="{line}"/>'
        )
        parts.append(
            f'<text x="{left + 23:.0f}" y="{MARGIN + 13}" font-size="14" fill="#1f2328">{escape(group)}</text>'
        )
        left += 23 + 9 * len(group) + 22
    parts.append(
        f'<text x="{left:.0f}" y="{MARGIN + 13}" font-size="14" fill="#57606a">'
        "second line: table in PostgreSQL, published from the asset</text>"
    )
    return parts
