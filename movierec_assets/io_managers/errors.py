"""What goes wrong with the lake's store, in a person's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

MOST_CHARACTERS = 300


class LakeError(Exception):
    """A table or version is not there, or the lake cannot be reached; the message says which or what to check."""


@contextmanager
def reaching(uri: str) -> Iterator[None]:
    """Turns the errors of disk and object store inside the block into a `LakeError`.

    Args:
        uri: Of the lake: a folder or `s3://bucket/prefix`.
    """
    try:
        yield
    except OSError as error:
        # The Delta library draws a coloured tree.
        reason = " ".join(re.sub(r"\x1b\[\d+m|↳", "", str(error)).split())[:MOST_CHARACTERS]
        check = (
            "AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and the bucket's name and policy"
            if uri.startswith("s3://")
            else "that it is a folder that this account can read and write"
        )
        raise LakeError(f"the lake at {uri} cannot be used: {reason}; check {check}") from error
