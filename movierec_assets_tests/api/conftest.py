"""The web API on a real PostgreSQL, asked from synchronous tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from anyio.from_thread import start_blocking_portal

from movierec_assets.access import grant, keys
from movierec_assets.curated import ensure_tables
from movierec_assets.resources.database import Database
from movierec_assets_tests.api.served import Api, application, publish_examples
from movierec_assets_tests.databases import emptied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EMPTY = """
TRUNCATE catalog.titles, catalog.people, simulation.users, simulation.sessions, simulation.scenarios,
    feedback.ratings, feedback.recommendations CASCADE
"""


@pytest.fixture(scope="module")
def database(embedded_home: Path) -> Database:
    """A database with every table and role, the editable tables empty, the others with a row each."""
    found = emptied(Database(home=str(embedded_home)))
    ensure_tables(found)
    with found.connect() as connection:
        grant(connection, {}, trusted_socket=True)
    publish_examples(found)
    return found


@pytest.fixture(scope="module")
def served(database: Database) -> Iterator[Api]:
    """The application, with a key for each role."""
    with database.connect(autocommit=True) as connection:
        made = {role: keys.create(connection, role.replace("_", "-"), role, 1) for role in keys.KEY_ROLES}
    with start_blocking_portal() as portal:
        app = application(database)
        with portal.wrap_async_context_manager(app.router.lifespan_context(app)):
            yield Api(portal, app, made)


@pytest.fixture
def owner(database: Database) -> Iterator[Any]:
    """The owner's connection; what was written is gone afterwards."""
    with database.connect(autocommit=True) as connection:
        yield connection
        connection.execute(EMPTY)


@pytest.fixture
def api(served: Api, owner: Any) -> Api:
    """The application, with nothing in the editable tables."""
    return served
