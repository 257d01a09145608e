"""Which of several formats a request's `Accept` asks for (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re

from movierec_assets.api.problems import Problem

QUALITY = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")


def chosen(accept: str | None, offered: list[str]) -> str:
    """The offered media type that is liked best; of those liked equally the first.

    Args:
        accept: The header.
        offered: Media types.

    Raises:
        Problem: 406 where none is acceptable.
    """
    if not accept:
        return offered[0]
    ranges = [_parsed(part) for part in accept.split(",") if part.strip()]
    best, liked = "", 0.0
    for media_type in offered:
        # The range that says most counts: the type itself, then all of its kind, then all.
        names = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        quality = next((q for name in names for asked, q in ranges if asked == name), 0.0)
        if quality > liked:
            best, liked = media_type, quality
    if not best:
        raise Problem(406, f"the answer can be {', '.join(offered)}; `Accept` asks for {accept}")
    return best


def _parsed(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    found = next((m for p in parameters if (m := QUALITY.fullmatch(p))), None)
    return name, float(found[1]) if found else 1.0
