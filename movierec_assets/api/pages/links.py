"""Addresses of pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode


def address(*parts: Any, **query: Any) -> str:
    """`/explore/part/part?name=value`, all of it encoded.

    Args:
        parts: Of the path.
        query: Parameters; None and empty ones are left out, lists are repeated.
    """
    path = "/".join(["/explore", *(quote(str(part), safe="") for part in parts)])
    given = {name: value for name, value in query.items() if value not in (None, "", [], ())}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path
