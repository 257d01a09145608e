"""A short way to the list that most applications ask for: a known user's published one, from its beginning.

Its path settles everything about such a request, so that it needs none of what the framework does for a route, which
costs more than the answer. Whatever is not plainly such a request, or has no such list, goes the ordinary way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from movierec_assets.api.database_problems import problem_of
from movierec_assets.api.hosts import is_known
from movierec_assets.api.identity import identified
from movierec_assets.api.problems import Problem, answer
from movierec_assets.api.recommending.cursors import question_of
from movierec_assets.api.recommending.movielens import published_answer
from movierec_assets.api.recommending.shapes import ForMovieLens
from movierec_assets.api.recommending.together import Together

PATH = re.compile(r"/v1/movielens-users/([1-9]\d{0,8})/recommendations")
QUERY = re.compile(rb"|limit=([1-9]\d?|100)")


ROUTE = SimpleNamespace(path="/v1/movielens-users/{user_id}/recommendations")
"""What stands for the route in logs and figures."""
ASKED = ForMovieLens()
NARROWED = ASKED.narrowed


class ShortWay:
    """ASGI middleware, before all that such a request does not need."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self.app = app
        self.names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and scope["method"] == "GET":
            user, query = PATH.fullmatch(scope["path"]), QUERY.fullmatch(scope["query_string"])
            if (
                user
                and query
                and is_known(scope, self.names)
                and await self._answered(scope, receive, send, int(user[1]), query[1])
            ):
                return
        await self.app(scope, receive, send)

    @staticmethod
    async def _answered(scope: Scope, receive: Receive, send: Send, user: int, limit: bytes | None) -> bool:
        request = Request(scope, receive)
        scope["route"] = ROUTE
        items = int(limit) if limit else ASKED.limit
        try:
            caller = await identified(request)
            together: Together = scope["app"].state.together
            found = await together.published(caller.role, user, items)
        except Problem as problem:
            await answer(request, problem)(scope, receive, send)
            return True
        except (psycopg.Error, PoolTimeout) as error:
            await answer(request, problem_of(error, "GET"))(scope, receive, send)
            return True
        if found is None:
            return False
        response = published_answer(*found, items, question_of("movies", user, NARROWED))
        await response(scope, receive, send)
        return True
