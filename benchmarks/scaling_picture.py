"""The curves of `docs/scaling.svg`: seconds of each part over the number of ratings, one line a way."""

from __future__ import annotations

import io
import math


def draw(measured: dict[str, dict[int, dict[str, float]]]) -> str:
    """The picture as SVG, both axes logarithmic.

    Args:
        measured: By way and number of ratings the seconds of each part; all have the same parts.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    parts = list(next(iter(next(iter(measured.values())).values())))
    columns = 3
    # Text stays text, and equal figures give an equal file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "movierec", "font.size": 9}):
        figure = Figure(figsize=(10, 3.2 * math.ceil(len(parts) / columns)), layout="constrained")
        axes = figure.subplots(math.ceil(len(parts) / columns), columns, squeeze=False).flat
        for part, axis in zip(parts, axes, strict=False):
            for way, by_size in measured.items():
                sizes = sorted(by_size)
                axis.plot(sizes, [by_size[size][part] for size in sizes], marker="o", label=way)
            axis.set(title=part, xlabel="ratings", ylabel="seconds", xscale="log", yscale="log")
            axis.grid(visible=True, alpha=0.3)
        figure.axes[0].legend()
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue().decode()
