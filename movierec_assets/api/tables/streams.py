"""Answers that are sent while they are made, of a transaction that lives as long as they do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from anyio import CancelScope, to_thread
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import pyarrow as pa
    from starlette.requests import Request

    from movierec_assets.api.tables.formats import Writer

GONE = 499
"""Status in log and figures where the caller went away before there was an answer; nobody receives it."""


class _Closing(StreamingResponse):
    """Ends what makes its body with itself, also where the client goes away, so that its connection is free again."""

    makers: tuple[AsyncGenerator[Any, None], ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                for maker in self.makers:
                    await maker.aclose()


async def stream(
    request: Request,
    batches: AsyncGenerator[pa.RecordBatch, None],
    writer: type[Writer],
    headers: dict[str, str],
) -> Response:
    """Send batches as they come.

    An error before the first batch is an error of the request. One after it can only cut the answer off, which every
    client sees: the last chunk of the body never comes. A statement whose caller has gone is cancelled, as others would
    wait for its connection.

    Args:
        request: Whose body has been read, where it has one.
        batches: One at least; closed at the end.
        writer: Of the format.
        headers: Of the answer.
    """
    try:
        first = await _unless_gone(request, batches)
    except BaseException:
        await batches.aclose()
        raise
    if first is None:
        await batches.aclose()
        return Response(status_code=GONE)
    body = _bytes(first, batches, writer)
    answer = _Closing(body, media_type=writer.media_type, headers=headers)
    answer.makers = (body, batches)
    return answer


async def _unless_gone(
    request: Request, batches: AsyncGenerator[pa.RecordBatch, None]
) -> pa.RecordBatch | None:
    """The first batch; None, and an end to making it, where the caller goes away meanwhile."""
    # Tasks, as psycopg takes a cancellation that comes once, and cancels the statement before it goes on.
    making = asyncio.create_task(_first(batches))
    leaving = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait((making, leaving), return_when=asyncio.FIRST_COMPLETED)
        return making.result() if making.done() else leaving.result()
    finally:
        making.cancel()
        leaving.cancel()
        await asyncio.gather(making, leaving, return_exceptions=True)


async def _first(batches: AsyncGenerator[pa.RecordBatch, None]) -> pa.RecordBatch:
    return await anext(batches)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _bytes(
    first: pa.RecordBatch, batches: AsyncGenerator[pa.RecordBatch, None], writer: type[Writer]
) -> AsyncGenerator[bytes, None]:
    made = writer(first.schema)

    def written(batch: pa.RecordBatch) -> bytes:
        made.write(batch)
        return made.sink.take()

    yield await to_thread.run_sync(written, first)
    async for batch in batches:
        if part := await to_thread.run_sync(written, batch):
            yield part
    await to_thread.run_sync(made.end)
    yield made.sink.take()
