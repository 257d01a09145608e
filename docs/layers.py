"""Layered left-to-right layout of a directed acyclic graph: layers, order with few crossings, heights.

The method of Sugiyama et al. (1981): longest-path layers, a bend for every layer that an edge passes, ordering by
barycentres, then heights that pull nodes towards their neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 24
BEND_HEIGHT = 0.35
"""Room that an edge passing a layer takes there; a node takes 1."""

Node = str | tuple[str, str, int]
"""A node's name, or the bend of an edge (from, to) in a layer."""


@dataclass(frozen=True)
class Layout:
    """Where everything is.

    Attributes:
        layer: Column of each node, from 0.
        height: Vertical centre of each node and bend, in node heights from 0.
        routes: For each edge the nodes and bends it passes, both ends included.
    """

    layer: dict[Node, int]
    height: dict[Node, float]
    routes: dict[tuple[str, str], list[Node]]


def lay_out(upstream: Mapping[str, tuple[str, ...]]) -> Layout:
    """Lay the graph out; the same graph always gives the same layout.

    Args:
        upstream: Inputs of every node, sources included; the order of nodes is the first order from top to bottom.
    """
    layer: dict[Node, int] = {}

    def depth(node: str) -> int:
        if node not in layer:
            layer[node] = 1 + max((depth(u) for u in upstream[node]), default=-1)
        return layer[node]

    columns: list[list[Node]] = [[] for _ in range(1 + max(depth(node) for node in upstream))]
    for node in upstream:
        columns[layer[node]].append(node)
    routes: dict[tuple[str, str], list[Node]] = {}
    for node, inputs in upstream.items():
        for above in inputs:
            bends: list[Node] = [(above, node, at) for at in range(layer[above] + 1, layer[node])]
            for at, bend in enumerate(bends, layer[above] + 1):
                layer[bend] = at
                columns[at].append(bend)
            routes[above, node] = [above, *bends, node]
    before: dict[Node, list[Node]] = {n: [] for n in layer}
    after: dict[Node, list[Node]] = {n: [] for n in layer}
    for route in routes.values():
        for left, right in pairwise(route):
            before[right].append(left)
            after[left].append(right)
    columns = _ordered(columns, before, after)
    return Layout(layer, _heights(columns, before, after), routes)


def _ordered(
    columns: list[list[Node]], before: dict[Node, list[Node]], after: dict[Node, list[Node]]
) -> list[list[Node]]:
    best, fewest = columns, _crossings(columns, after)
    for sweep in range(SWEEPS):
        columns = [list(c) for c in columns]
        rightwards = sweep % 2 == 0
        for at in range(len(columns)) if rightwards else reversed(range(len(columns))):
            place = {n: i / len(c) for c in columns for i, n in enumerate(c)}
            beside = before if rightwards else after
            columns[at].sort(
                key=lambda n: sum(place[b] for b in beside[n]) / len(beside[n]) if beside[n] else place[n]
            )
        if (now := _crossings(columns, after)) < fewest:
            best, fewest = columns, now
    return best


def _crossings(columns: list[list[Node]], after: dict[Node, list[Node]]) -> int:
    place = {n: i for c in columns for i, n in enumerate(c)}
    count = 0
    for column in columns:
        edges = [(place[n], place[a]) for n in column for a in after[n]]
        count += sum(
            (a < c) != (b < d) for i, (a, b) in enumerate(edges) for c, d in edges[:i] if a != c and b != d
        )
    return count


def _heights(
    columns: list[list[Node]], before: dict[Node, list[Node]], after: dict[Node, list[Node]]
) -> dict[Node, float]:
    height: dict[Node, float] = {}
    for column in columns:
        for node, at in zip(column, _spread(column, [0.0] * len(column)), strict=True):
            height[node] = at
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 else reversed(columns):
            wanted = []
            for node in column:
                beside = before[node] + after[node]
                wanted.append(sum(height[b] for b in beside) / len(beside) if beside else height[node])
            height.update(zip(column, _spread(column, wanted), strict=True))
    top = min(height.values())
    return {n: at - top for n, at in height.items()}


def _spread(column: list[Node], wanted: list[float]) -> list[float]:
    """Heights near the wanted ones, in order and without overlap: neighbours that collide become one block."""
    room = [BEND_HEIGHT if isinstance(n, tuple) else 1.0 for n in column]
    offset = [0.0]
    for left, right in pairwise(room):
        offset.append(offset[-1] + (left + right) / 2)
    blocks: list[tuple[float, int]] = []
    for value, away in zip(wanted, offset, strict=True):
        block = (value - away, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, size = blocks.pop()
            block = ((mean * size + block[0] * block[1]) / (size + block[1]), size + block[1])
        blocks.append(block)
    starts = [mean for mean, size in blocks for _ in range(size)]
    return [start + away for start, away in zip(starts, offset, strict=True)]
