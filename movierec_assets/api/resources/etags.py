"""ETags: which version of a row a request is about (RFC 9110, section 13)."""

from __future__ import annotations

import re

from movierec_assets.api.problems import FieldError, Problem

TAG = r'(W/)?"[!#-~]*"'
PATTERN = rf"^(\*|{TAG}( ?, ?{TAG})*)$"
"""Of `If-Match` and `If-None-Match`."""


def quoted(etag: str) -> str:
    """The header `ETag`."""
    return f'"{etag}"'


def read(header: str, text: str | None, *, weak: bool) -> list[str] | None:
    """The tags that a header names; None where there is no header, or where it names any.

    Args:
        header: Its name.
        text: Its value.
        weak: Whether tags that are marked as weak count.

    Raises:
        Problem: 422 where this is no list of tags.
    """
    if text is None or text.strip() == "*":
        return None
    if not re.fullmatch(PATTERN, text.strip()):
        detail = f'header/{header}: must be an ETag in quotes, as in `{header}: "5d41402a"`, or `*`'
        raise Problem(422, detail, (FieldError(f"header/{header}", "must be an ETag in quotes, or *"),))
    tags = re.findall(r'(W/)?"([!#-~]*)"', text)
    return [tag for mark, tag in tags if weak or not mark]
