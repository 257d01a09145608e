"""A template and what it says, as an answer."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from movierec_assets.api.pages import formatting, forms, lists
from movierec_assets.api.pages.evaluations import metric, series
from movierec_assets.api.pages.links import address
from movierec_assets.api.pages.static import static_path

if TYPE_CHECKING:
    from fastapi import Request
    from pydantic import BaseModel

    from movierec_assets.api.recommending.shapes import Filters


def query(asked: BaseModel, cursor: str | None = None) -> str:
    """`?genre=Drama` of a link with these filters; empty where there are none."""
    given = {**forms.query(asked), **({"cursor": cursor} if cursor else {})}
    return f"?{urlencode(given, doseq=True)}" if given else ""


def casefolded(asked: Filters) -> frozenset[str]:
    """The genres asked for, without case."""
    return frozenset(genre.casefold() for genre in asked.genre)


FILTERS = (
    casefolded,
    query,
    formatting.count,
    formatting.day,
    formatting.decimal,
    formatting.duration,
    formatting.hue,
    formatting.initials,
    formatting.marked,
    formatting.moment,
    formatting.plural,
    formatting.recommender,
    formatting.sentence,
    formatting.stars,
    lists.measure,
    lists.share,
    metric,
    series,
)


@cache
def environment() -> Environment:
    """The templates; everything that they show is escaped, and a name that they are not given is an error."""
    made = Environment(
        loader=PackageLoader("movierec_assets.api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update({function.__name__: function for function in FILTERS})
    made.globals.update(address=address, static_path=static_path)
    return made


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page.

    Args:
        request: What was asked.
        template: Name without `.html`.
        status: HTTP status.
        values: What the template shows.
    """
    text = environment().get_template(f"{template}.html").render(path=request.url.path, **values)
    return HTMLResponse(text, status)
