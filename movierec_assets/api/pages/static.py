"""The stylesheet and the icon; the address of each changes with its content, so that a browser may keep it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Response

from movierec_assets.api.problems import Problem

router = APIRouter(include_in_schema=False)
KINDS = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}


@cache
def _contents() -> dict[str, tuple[str, bytes]]:
    """Address -> name and content."""
    found = {}
    for name in ("explorer.css", "icon.svg"):
        content = files("movierec_assets.api.pages").joinpath("static", name).read_bytes()
        stem, _, kind = name.rpartition(".")
        found[f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{kind}"] = (name, content)
    return found


@cache
def static_path(name: str) -> str:
    """Where a browser finds it."""
    return next(f"/explore/static/{address}" for address, (own, _) in _contents().items() if own == name)


@router.get("/explore/static/{name}")
async def static(name: str) -> Response:
    """One of them; it says nothing of anybody, so no key is needed."""
    if name not in _contents():
        raise Problem(404, f"there is no file {name}; a page names those there are")
    own, content = _contents()[name]
    kind = KINDS[own.rpartition(".")[2]]
    return Response(
        content, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )
