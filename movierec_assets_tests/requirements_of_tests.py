"""What a test needs beyond Python: it skips where that is missing, or fails if the machine promised it."""

from __future__ import annotations

import os
from typing import Literal, get_args

import pytest

Part = Literal["java", "peers", "s3", "browser", "docker", "cluster"]


def required(part: Part) -> bool:
    """Whether this machine promises to have the part."""
    named = {name.strip() for name in os.environ.get("MOVIEREC_TEST_REQUIRE", "").split(",")} - {""}
    if unknown := named - set(get_args(Part)):
        allowed = ", ".join(get_args(Part))
        raise pytest.UsageError(
            f"MOVIEREC_TEST_REQUIRE: {', '.join(sorted(unknown))} unknown; may name {allowed}"
        )
    return part in named


def require(part: Part, found: bool, hint: str) -> None:
    """Go on where the part was found, else skip, or fail where it is required; `hint` says how to get it."""
    promised = required(part)
    if found:
        return
    if promised:
        pytest.fail(f"{part} is missing although MOVIEREC_TEST_REQUIRE names it: {hint}", pytrace=False)
    pytest.skip(f"{part} is missing: {hint}")
