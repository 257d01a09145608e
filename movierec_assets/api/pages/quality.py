"""Model quality: how the models do on held-out ratings beside the baselines, now and over time."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from movierec_assets.api.connections import Reading
from movierec_assets.api.pages import charts
from movierec_assets.api.pages.evaluations import CURRENT, HISTORY, METRICS, Protocol, protocols
from movierec_assets.api.pages.forms import BLANK
from movierec_assets.api.pages.rendering import page
from movierec_assets.api.pages.rows import rows
from movierec_assets.api.pages.tables_there import need, nothing_yet, readable

router = APIRouter(include_in_schema=False)
Metric = Literal["ndcg", "precision", "recall", "map", "map_all", "coverage", "novelty", "rmse", "mae"]


@router.get("/explore/quality")
async def quality(
    request: Request, connection: Reading, metric: Annotated[Metric | None, BLANK, Query()] = None
) -> HTMLResponse:
    """Every protocol: the figures of now, a chart and a table of one metric over the versions."""
    there = await readable(connection)
    need(there, "serving.model_evaluation")
    chosen = metric or "ndcg"
    past = await rows(connection, HISTORY, metric=chosen) if "serving.evaluation_history" in there else []
    found = protocols(await rows(connection, CURRENT), past)
    if not found:
        raise nothing_yet("serving.model_evaluation")
    return page(
        request,
        "quality",
        protocols=[(one, _of_now(one, chosen), _over_time(one)) for one in found],
        metric=chosen,
        metrics=METRICS,
    )


def _of_now(protocol: Protocol, metric: str) -> dict[str, charts.Interval]:
    return charts.intervals(
        {
            name: (of[metric]["value"], of[metric]["low"], of[metric]["high"])
            for name, of in protocol.now.items()
            if metric in of
        }
    )


def _over_time(protocol: Protocol) -> charts.Chart | None:
    if len(protocol.versions) < 2:
        return None
    nothing = (None, None, None)
    series = {
        name: [v.values.get(name, nothing) for v in protocol.versions] for name in protocol.recommenders
    }
    return charts.chart(
        {name: values for name, values in series.items() if any(v is not None for v, _, _ in values)}
    )
