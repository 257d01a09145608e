"""What an S3 server repeats of a request that it refuses: Amazon's names the session token in the body of its answer.

Where the signature is wrong it stands in the request as it was calculated, where it has expired by itself. The Delta
library and the embedded engine make the whole body part of their errors, which events, logs and the UI show.
"""

from __future__ import annotations

import re

TOKEN = re.compile(r"(?i)(x-amz-security-token\s*[:=]\s*|<Token-\d+>)[^\s<&]+")


def without_tokens(text: str) -> str:
    """The text with `***` in place of each session token that is named as one."""
    return TOKEN.sub(r"\1***", text)


def forget_tokens(error: BaseException) -> None:
    """Take the tokens out of an error and all that it comes from; those raised in Rust hold their text as argument."""
    below: BaseException | None = error
    while below is not None:
        below.args = tuple(without_tokens(a) if isinstance(a, str) else a for a in below.args)
        below = below.__cause__ or below.__context__
