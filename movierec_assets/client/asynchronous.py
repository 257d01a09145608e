"""The client for programs that run on asyncio; `Client` is the same for all others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from movierec_assets.client import frames, recommending, simulating
from movierec_assets.client.frames import Rows
from movierec_assets.client.naming import Filters, Key, is_table, jsonable, query, row_path
from movierec_assets.client.opening import WAIT_SECONDS, Target, opened
from movierec_assets.client.rows import Row
from movierec_assets.client.sending import Safe, Sender
from movierec_assets.client.tables import beyond_resources, resource_of, whole_table, written_to

if TYPE_CHECKING:
    import httpx
    import pandas as pd
    import pyarrow as pa

    from movierec_assets.client.simulating import Simulated


@asynccontextmanager
async def aconnect(
    address: str = "", *, key: str = "", role: str = "", timeout: float = WAIT_SECONDS
) -> AsyncIterator[AsyncClient]:
    """As `connect`, for `async with`.

    Raises:
        ClientError: As `connect`.
        ValueError: As `connect`.
    """
    async with connected(Target(address, key, role, timeout)) as client:
        await client.ready()
        yield client


@asynccontextmanager
async def connected(target: Target) -> AsyncIterator[AsyncClient]:
    """A client of a target, which was not asked yet whether it answers."""
    async with opened(target) as http:
        yield AsyncClient(Sender(http))


class AsyncClient:
    """As `Client`, each method to be awaited."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def ready(self) -> None:
        """As `Client.ready`."""
        # What is said is the answer, also that it is not.
        await self._sender.send("GET", "/health/ready", Safe.ONCE)

    async def read(
        self,
        what: str,
        filters: Filters | None = None,
        *,
        parameters: Sequence[Any] | None = None,
        columns: Sequence[str] | None = None,
        sort: str | None = None,
    ) -> pd.DataFrame:
        """As `Client.read`."""
        by = frames.order(sort)
        if not is_table(what) or beyond_resources(what):
            if filters:
                raise ValueError("filters are for the API's tables; a statement has `where`")
            answer = await self._sender.send(
                "POST",
                "/v1/sql",
                Safe.READS,
                body={
                    "statement": whole_table(what) if is_table(what) else what,
                    "parameters": jsonable(parameters or []),
                },
                headers={"Accept": frames.ARROW},
            )
        else:
            named = resource_of(what)
            answer = await self._sender.send(
                "GET",
                f"/v1/tables/{named.name}",
                Safe.READS,
                parameters=[("format", "arrow"), *query(filters, named.columns)],
            )
            if by:
                by |= {c.name: True for c in named.key if c.name not in by}
        found = frames.ordered(frames.frame(answer.content), by)
        return found if columns is None else frames.chosen(found, columns)

    async def get(self, table: str, key: Key) -> Row:
        """As `Client.get`."""
        answer = await self._sender.send("GET", row_path(resource_of(table).name, key), Safe.READS)
        return _row(answer)

    async def count(self, table: str, filters: Filters | None = None) -> int:
        """As `Client.count`."""
        named = resource_of(table)
        answer = await self._sender.send(
            "GET",
            named.path,
            Safe.READS,
            parameters=[*query(filters, named.columns), ("limit", "1"), ("total", "true")],
        )
        return int(answer.json()["total"])

    async def write(self, table: str, rows: Rows) -> int:
        """As `Client.write`."""
        return await self._send_rows(table, rows, "error", Safe.ONCE)

    async def upsert(self, table: str, rows: Rows) -> int:
        """As `Client.upsert`."""
        return await self._send_rows(table, rows, "update", Safe.UPSERTS)

    async def update(
        self, table: str, key: Key, changes: Mapping[str, Any], *, if_match: str | None = None
    ) -> Row:
        """As `Client.update`."""
        named = written_to(table)
        path = row_path(named.name, key)
        (body,) = frames.as_json([changes], named.columns)
        if if_match is None:
            if_match = _row(await self._sender.send("GET", path, Safe.READS)).etag
        answer = await self._sender.send("PATCH", path, Safe.ONCE, body=body, headers={"If-Match": if_match})
        return _row(answer)

    async def delete(
        self,
        table: str,
        key: Key | None = None,
        *,
        filters: Filters | None = None,
        expected: int | None = None,
        if_match: str | None = None,
    ) -> int:
        """As `Client.delete`."""
        named = written_to(table)
        if key is not None:
            if filters is not None or expected is not None:
                raise ValueError("delete takes a key, or filters with expected, not both")
            headers = {"If-Match": if_match} if if_match else {}
            await self._sender.send("DELETE", row_path(named.name, key), Safe.ONCE, headers=headers)
            return 1
        if expected is None or if_match is not None:
            raise ValueError(
                "delete by filters needs expected, the number of rows it shall delete, and no if_match"
            )
        answer = await self._sender.send(
            "DELETE",
            named.path,
            Safe.ONCE,
            parameters=[*query(filters, named.columns), ("expected", str(expected))],
        )
        return int(answer.json()["deleted"])

    async def recommend(
        self, user_id: int, scenario: str | None = None, n: int = 10, **filters: Any
    ) -> pd.DataFrame:
        """As `Client.recommend`."""
        of = f"users/{scenario}" if scenario is not None else "movielens-users"
        path = f"{row_path(of, user_id)}/recommendations"
        return await recommending.listed(self._sender, path, n, filters)

    async def recommend_for(self, ratings: Any, n: int = 10, **filters: Any) -> pd.DataFrame:
        """As `Client.recommend_for`."""
        body = {"ratings": recommending.rated(ratings)}
        return await recommending.listed(self._sender, "/v1/recommend", n, filters, body)

    async def similar(self, movie_id: int, n: int = 10, **filters: Any) -> pd.DataFrame:
        """As `Client.similar`."""
        return await recommending.listed(self._sender, f"{row_path('movies', movie_id)}/similar", n, filters)

    async def popular(self, n: int = 10, **filters: Any) -> pd.DataFrame:
        """As `Client.popular`."""
        return await recommending.listed(self._sender, "/v1/popular", n, filters)

    async def rate(self, user_id: int, movie_id: int, rating: float) -> Row:
        """As `Client.rate`."""
        answer = await self._sender.send(
            "POST",
            "/v1/ratings",
            Safe.UPSERTS,
            parameters=[("on_conflict", "update")],
            body=jsonable({"user_id": user_id, "movie_id": movie_id, "rating": rating}),
        )
        return _row(answer)

    async def simulate(
        self,
        name: str,
        *,
        users: int | None = None,
        days: int | None = None,
        seed: int | None = None,
        **parameters: Any,
    ) -> Simulated:
        """As `Client.simulate`."""
        given = {"users": users, "days": days, "seed": seed}
        return await simulating.simulate(
            self, name, {k: v for k, v in given.items() if v is not None} | parameters
        )

    async def _send_rows(self, table: str, rows: Rows, on_conflict: str, safe: Safe) -> int:
        named = written_to(table)
        given = frames.rows_of(rows)
        if not len(given):
            return 0
        if isinstance(given, list) and len(given) <= frames.AT_ONCE:
            body = frames.as_json(given, named.columns)
            await self._sender.send(
                "POST",
                f"{named.path}/batch",
                safe,
                parameters=[("on_conflict", on_conflict)],
                body=body,
            )
            return len(body)
        made = frames.as_arrow(given)
        return await self.send_batches(
            table, made.schema, lambda: made.to_batches(frames.BATCH_ROWS), on_conflict
        )

    async def send_batches(
        self, table: str, schema: pa.Schema, batches: frames.Batches, on_conflict: str = "error"
    ) -> int:
        """Write record batches in one request, all or nothing, without holding more than one of them.

        Args:
            table: As for `write`.
            schema: Of the batches.
            batches: Gives them; asked again where the request is sent again.
            on_conflict: `error`, or `update` for an upsert.

        Returns:
            Number of rows.

        Raises:
            ClientError: As `Client.write`.
        """
        answer = await self._sender.send(
            "POST",
            f"/v1/tables/{written_to(table).name}",
            Safe.UPSERTS if on_conflict == "update" else Safe.ONCE,
            parameters=[("on_conflict", on_conflict)],
            stream=frames.stream(schema, batches),
            headers={"Content-Type": frames.ARROW},
        )
        return int(answer.json()["rows"])


def _row(answer: httpx.Response) -> Row:
    return Row(answer.json(), answer.headers["etag"])
