"""What a page's form asks for; a field that was left empty counts as one that was not sent."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from movierec_assets.api.recommending.shapes import CursorText, Filters
from movierec_assets.schema.feedback_tables import LARGEST_ID, NAME_PATTERN

LARGEST = 2**63 - 1
SHOWN = 20
"""Items of a list on a page."""


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


BLANK = BeforeValidator(_blank)
Text = Annotated[str | None, Field(max_length=200), BLANK, Query()]
Number = Annotated[int | None, Field(ge=0, le=LARGEST), BLANK, Query()]
Cursor = Annotated[CursorText | None, BLANK, Query()]
MovieLensUser = Annotated[int, Path(ge=1, le=LARGEST_ID)]
FabricatedUser = Annotated[int, Path(ge=1, le=LARGEST)]
Scenario = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]
OfScenario = Annotated[str | None, Field(pattern=f"^{NAME_PATTERN}$"), BLANK, Query()]
Movie = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Title = Annotated[str, Path(min_length=1, max_length=100)]

Asked = TypeVar("Asked", bound=Filters)


def filters(request: Request, model: type[Asked], shown: int = SHOWN) -> Asked:
    """The filters of a list as the query has them; what it says beside them is the page's own.

    Args:
        request: What was asked.
        model: Which filters there are.
        shown: Items of the page.

    Raises:
        RequestValidationError: One of them has a value that it cannot have.
    """
    given: dict[str, Any] = {"limit": shown}
    for name, value in request.query_params.multi_items():
        field = model.model_fields.get(name)
        if field is None or name in ("limit", "exclude") or not value.strip():
            continue
        if isinstance(field.default, list):
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = [{**one, "loc": ("query", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong) from None


def query(asked: BaseModel) -> dict[str, Any]:
    """The same filters as the query of a link; empty where all are as they are by themselves."""
    return asked.model_dump(exclude={"cursor", "limit"}, exclude_defaults=True)
