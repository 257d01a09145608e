"""What goes wrong with the lake's store, in a person's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

MOST_CHARACTERS = 300
STORE = re.compile(r"Generic \w+ error|os error \d+")
"""Words of disk and object store, which the Delta library wraps while it writes as it does errors of the rows."""


class LakeError(Exception):
    """A table or version is not there or damaged, or the lake cannot be used; the message says which and what to do."""


def damaged(name: str, uri: str, error: BaseException) -> LakeError:
    """What to say of a table whose log or files cannot be read.

    Args:
        name: Of the table.
        uri: Its folder.
        error: Of the library that read it.
    """
    return LakeError(
        f"{name} in the lake is damaged: {_plain(error)}; restore {uri} from a backup, or delete it: "
        "`movierec run` makes it anew, without its older versions"
    )


def _plain(error: BaseException) -> str:
    """In one line, without the colours and the stack that the Delta library draws."""
    lines = [line for line in str(error).splitlines() if not re.match(r"\s*\d+: ", line)]
    return " ".join(re.sub(r"\x1b\[\d+m|↳", "", " ".join(lines)).split())[:MOST_CHARACTERS]


def unusable(uri: str, error: BaseException) -> LakeError:
    """What to say of a lake whose disk or object store fails.

    Args:
        uri: Of the lake: a folder or `s3://bucket/prefix`.
        error: Of the library that used it.
    """
    check = (
        "AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and the bucket's name and policy"
        if uri.startswith("s3://")
        else "that it is a folder that this account can read and write, on a disk with free space"
    )
    return LakeError(f"the lake at {uri} cannot be used: {_plain(error)}; check {check}")


@contextmanager
def reaching(uri: str) -> Iterator[None]:
    """Turns the errors of disk and object store inside the block into a `LakeError`; `uri` is the lake's."""
    try:
        yield
    except OSError as error:
        raise unusable(uri, error) from error
