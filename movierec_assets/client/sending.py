"""Sending a request: what is sent again, after what wait, and what an answer that is an error becomes.

What is safe to send again, and nothing else:

- whatever was refused before it was begun: no connection was had, or 429;
- what only reads (GET, free SQL, recommending), and upserts, on 502, 503 and 504 too;
- what only reads, also where the connection broke or timed out.

An insert, update or deletion that may have arrived is never sent again: done twice it would report a conflict with
itself, or undo what somebody else did in between.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from movierec_assets.client.errors import (
    ClientError,
    NotSentError,
    TooManyError,
    UnavailableError,
    error_of,
)

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 5
FIRST_WAIT = 0.2
"""Seconds; each further one is twice as long, and a random part of it is waited."""
LONGEST_WAIT = 30.0
"""Seconds; an API that asks for more is not asked again."""
Parameters = Sequence[tuple[str, str]]
Body = Callable[[], AsyncIterator[bytes]]


class Safe(Enum):
    """What may be done again."""

    READS = "reads"
    UPSERTS = "upserts"
    ONCE = "once"


@dataclass(frozen=True)
class Sender:
    """Sends requests over one connection pool.

    Attributes:
        http: With the API's address and the key.
    """

    http: httpx.AsyncClient

    async def send(
        self,
        method: str,
        path: str,
        safe: Safe,
        *,
        parameters: Parameters = (),
        body: Any = None,
        stream: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """An answer that is no error, read to its end.

        Args:
            method: HTTP method.
            path: From `/v1` on, its parts quoted.
            safe: What may be done again.
            parameters: Of the query, in order.
            body: What JSON has names for; None for none.
            stream: Gives the body anew for each attempt, in place of `body`.
            headers: Further ones.

        Raises:
            ClientError: As the answer says, or there was none.
        """
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        content = None if body is None else json.dumps(body, allow_nan=False).encode()
        for attempt in range(ATTEMPTS):
            try:
                return await self._once(method, path, parameters, stream() if stream else content, sent)
            except (UnavailableError, TooManyError) as error:
                if attempt == ATTEMPTS - 1 or not may_repeat(error, safe):
                    raise
                await _wait(attempt, error.retry_after)
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self, method: str, path: str, parameters: Parameters, content: Any, headers: Mapping[str, str]
    ) -> httpx.Response:
        import httpx

        try:
            answer = await self.http.request(
                method, path, params=list(parameters), content=content, headers=dict(headers)
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSentError(f"no connection to {self.http.base_url}: {_words(error)}") from error
        except httpx.TransportError as error:
            raise UnavailableError(
                f"{method} {path}: no answer from {self.http.base_url}: {_words(error)}"
            ) from error
        if answer.status_code < 400:
            return answer
        raise error_of(answer.status_code, _problem(answer), answer.headers)


def may_repeat(error: ClientError, safe: Safe) -> bool:
    """Whether a request that ended so may be sent again."""
    if (error.retry_after or 0.0) > LONGEST_WAIT:
        return False
    if isinstance(error, NotSentError | TooManyError) or safe is Safe.READS:
        return True
    return safe is Safe.UPSERTS and error.status is not None


async def _wait(attempt: int, said: float | None) -> None:
    import anyio

    # From half to all of it, so that clients that were refused together do not come back together.
    longest = FIRST_WAIT * 2**attempt
    wait = longest * random.uniform(0.5, 1)  # noqa: S311  no secret hangs on it
    await anyio.sleep(max(said or 0.0, wait))


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    """The problem details; none from what is no API of this project."""
    if "json" not in answer.headers.get("content-type", ""):
        return {}
    found = answer.json()
    return found if isinstance(found, dict) and "status" in found else {}


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
