"""What goes wrong with the lake's store, in a person's words."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from movierec_assets.landing.s3_echoes import forget_tokens
from movierec_assets.landing.s3_faults import ATTEMPTS, refusal

MOST_CHARACTERS = 300
STORE = re.compile(r"Generic (?!DeltaTable)\w+ error|lacked the necessary privileges|os error \d+")
"""Words of disk and object store, which the Delta library wraps while it writes as it does errors of the rows, which
it calls generic of its own."""

_thread = threading.local()

P = ParamSpec("P")
T = TypeVar("T")


class LakeError(Exception):
    """A table or version is not there or damaged, or the lake cannot be used; the message says which and what to do."""


class LakeRefusedError(LakeError):
    """The object store refuses, and will until somebody acts: credentials, a right."""


class LakePassingError(LakeError):
    """The object store failed as networks and busy servers do: the next attempt may succeed."""


def damaged(name: str, uri: str, error: BaseException) -> LakeError:
    """What to say of a table whose log or files cannot be read.

    Args:
        name: Of the table.
        uri: Its folder.
        error: Of the library that read it.
    """
    forget_tokens(error)
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
    forget_tokens(error)
    problem = f"the lake at {uri} cannot be used: "
    if not uri.startswith("s3://"):
        check = "that it is a folder that this account can read and write, on a disk with free space"
        return LakeError(f"{problem}{_plain(error)}; check {check}")
    if words := refusal(error):
        return LakeRefusedError(f"{problem}{words}")
    check = "AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and the bucket's name and policy"
    return LakePassingError(f"{problem}{_plain(error)}; check {check}")


@contextmanager
def reaching(uri: str) -> Iterator[None]:
    """Turns the errors of disk and object store inside the block into a `LakeError`; `uri` is the lake's."""
    try:
        yield
    except OSError as error:
        raise unusable(uri, error) from error
    except Exception as error:
        forget_tokens(error)
        raise


def patient(work: Callable[P, T]) -> Callable[P, T]:
    """Decorates what may be done twice: where the object store fails in passing, it is tried again.

    The clients' own attempts are not enough: object_store gives up at once where a listing or an error breaks off in
    its middle, or a commit's answer is lost. What such work does by others of the kind is tried as often as the whole.
    """

    @wraps(work)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        if getattr(_thread, "tries", False):
            return work(*args, **kwargs)
        _thread.tries = True
        try:
            for attempt in range(ATTEMPTS - 1):
                try:
                    return work(*args, **kwargs)
                except LakePassingError:
                    time.sleep(0.1 * 2**attempt)
            return work(*args, **kwargs)
        finally:
            _thread.tries = False

    return tried
