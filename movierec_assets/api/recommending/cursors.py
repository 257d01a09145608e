"""Where a list goes on: all that the next part needs to know of how it began, in a text for the caller to keep.

Nothing of it is kept here, so that any process can go on. Whoever makes one up learns nothing by it: what has been seen
is left out whatever it says.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from movierec_assets.api.problems import FieldError, Problem

UNREADABLE = "it cannot be read: give the `next_cursor` of the part before as it is"
OTHER = "it is of another list: ask for that with the same user and filters, or begin anew without it"
GONE = "the list that this cursor goes on was made of a model or data that are no longer live: begin anew without it"
MOST = 10**9


class Cursor(BaseModel):
    """The end of one part of a list.

    Attributes:
        question: What was asked, as `question_of` says it.
        recommender: Who decides the order.
        version: Of the model or the data that the order follows.
        shown: Items so far.
        score: What the order follows, of the last item ranked here; None before the first one.
        last: Id of that item.
        published: So many of the user's published recommendations stand at the beginning.
        factors: float32[rank] of the user as the list began; None where that was with what is published.
    """

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True, allow_inf_nan=False)

    question: str
    recommender: str
    version: str
    shown: int = Field(ge=0, le=MOST)
    score: float | None = None
    last: int | str | None = None
    published: int = Field(0, ge=0, le=MOST)
    factors: npt.NDArray[np.float32] | None = Field(None, exclude=True)

    def text(self) -> str:
        """For the caller."""
        head = self.model_dump_json(exclude_defaults=True).encode()
        body = b"" if self.factors is None else b"\n" + self.factors.astype("<f4").tobytes()
        return base64.urlsafe_b64encode(head + body).decode().rstrip("=")


def question_of(*parts: Any) -> str:
    """What a list answers, as 16 hexadecimal digits: a cursor goes on with no other."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def read_cursor(text: str | None, question: str, id_type: type[int] | type[str]) -> Cursor | None:
    """The cursor of a request, None where it has none.

    Args:
        text: What the caller gave.
        question: What is asked now.
        id_type: Of the list's items.

    Raises:
        Problem: 422: it cannot be read, or is of another list.
    """
    if text is None:
        return None
    try:
        head, _, body = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).partition(b"\n")
        cursor = Cursor.model_validate_json(head)
        if body:
            cursor.factors = np.frombuffer(body, "<f4").astype(np.float32)
    except (binascii.Error, ValidationError, ValueError):
        raise unreadable() from None
    half = (cursor.score is None) != (cursor.last is None)
    wrong_id = cursor.last is not None and not isinstance(cursor.last, id_type)
    if half or wrong_id or (cursor.factors is not None and not np.isfinite(cursor.factors).all()):
        raise unreadable()
    if cursor.question != question:
        raise _wrong(OTHER)
    return cursor


def gone() -> Problem:
    """The list of a cursor is no longer there."""
    return Problem(410, GONE, (FieldError("query/cursor", GONE),))


def unreadable() -> Problem:
    """What was given as a cursor is none."""
    return _wrong(UNREADABLE)


def _wrong(detail: str) -> Problem:
    return Problem(422, f"query/cursor: {detail}", (FieldError("query/cursor", detail),))
