"""The client for scripts and notebooks: each call waits for its answer, in whatever thread it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from movierec_assets.client.background import Background
from movierec_assets.client.naming import Filters, Key
from movierec_assets.client.opening import WAIT_SECONDS, Target

if TYPE_CHECKING:
    import pandas as pd

    from movierec_assets.client.frames import Rows
    from movierec_assets.client.rows import Row
    from movierec_assets.client.simulating import Simulated


def connect(address: str = "", *, key: str = "", role: str = "", timeout: float = WAIT_SECONDS) -> Client:
    """A client of an API or of a database; all ways give the same answers and the same errors.

    Args:
        address: `http://host:port` of an API, `postgresql://user:password@host:port/database`, or nothing for the
            project's own database by the settings (`MOVIEREC_*`): the embedded one, which is started, and gets its
            tables and roles, where it has to.
        key: For an API that asks for one.
        role: To work as in the project's own database: `data_scientist` if left out, `analyst_reader` or
            `movierec_api`. Elsewhere the key or the login decides what may be done.
        timeout: Seconds that an API may let wait for a part of its answer. Statements of a database end by the
            role's own limit.

    Raises:
        UnavailableError: Nothing answers there.
        DatabaseProblemError: The database cannot be opened; the message says why.
        ValueError: The address, or what is given with it, is none.
    """
    return Client(Target(address, key, role, timeout))


class Client:
    """Reads and writes tables, and asks for recommendations.

    May be used by several threads at once, in notebooks, and in child processes after a fork, each of which opens
    connections of its own. `with connect() as db:` closes it at the end; otherwise it is closed with the process.

    Tables are named as in the API (`titles`, `list-entries`) or as in PostgreSQL (`catalog.titles`). A key is a value,
    or a tuple of values in the order of the key's columns. Filters are those of the API: `{"kind": "movie"}`,
    `{"release_year_min": 1990, "release_year_max": 1999}`, `{"title_contains": "heat"}`,
    `{"imdb_score_is_null": True}`; a list stands for any of its values.

    Every method raises a `ClientError`: `InvalidError` (with `errors` that name the parts), `UnauthorizedError`,
    `ForbiddenError`, `NotFoundError`, `ConflictError`, `TooLargeError`, `TooManyError`, `UnavailableError` or
    `ServerError`. What is safe to repeat is repeated a few times first: reads; upserts that were refused for the
    moment; all that was not begun. An insert, update or deletion whose end is not known is not: it raises an
    `UnavailableError`.
    """

    def __init__(self, target: Target) -> None:
        self._running = Background(target)
        try:
            self.ready()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<movierec client of {self._running.target!r}>"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; a client that is closed is not opened again."""
        self._running.close()

    def ready(self) -> None:
        """Return if the database answers.

        Raises:
            ClientError: It does not.
        """
        self._running.call(lambda c: c.ready())

    def read(
        self,
        what: str,
        filters: Filters | None = None,
        *,
        parameters: Sequence[Any] | None = None,
        columns: Sequence[str] | None = None,
        sort: str | None = None,
    ) -> pd.DataFrame:
        """Rows of a table, or the answer to a statement.

        Args:
            what: A table's name, or a `SELECT` of one's own.
            filters: Of a table.
            parameters: Of a statement, which names them `$1`, `$2`, ….
            columns: To keep, in this order; all if left out.
            sort: `-imdb_score,title`: descending where a minus stands, null last, text by code point; a table's key
                decides between equal ones. In no order if left out, but for that of a statement.

        Returns:
            A row per row. Whole numbers, truth values and text have pandas' types that know null (`Int64`, `boolean`,
            `string`), decimals are floats with NaN for null, days `datetime64[ms]`, times `datetime64[us, UTC]`, lists
            Python's, JSON text.

        Raises:
            InvalidError: A filter, a column or the statement is wrong.
            NotFoundError: There is no such table.
        """
        return self._running.call(
            lambda c: c.read(what, filters, parameters=parameters, columns=columns, sort=sort)
        )

    def get(self, table: str, key: Key) -> Row:
        """One row.

        Raises:
            NotFoundError: There is none with this key.
        """
        return self._running.call(lambda c: c.get(table, key))

    def count(self, table: str, filters: Filters | None = None) -> int:
        """Number of rows, as `delete` wants it confirmed."""
        return self._running.call(lambda c: c.count(table, filters))

    def write(self, table: str, rows: Rows) -> int:
        """Insert rows, all or none.

        Args:
            table: Its name.
            rows: A DataFrame, a mapping by column, or several. What is missing (None, NaN, NaT, NA) is null; columns
                with a default may be left out. Times have a time zone. A DataFrame travels as Arrow, as do more than
                1,000 mappings.

        Returns:
            Number of rows.

        Raises:
            ConflictError: One of them is there already.
            ForbiddenError: The role may not, or only the graph writes this table.
            InvalidError: A value is not allowed, or refers to nothing that is there.
            UnavailableError: It is not known whether they were written.
        """
        return self._running.call(lambda c: c.write(table, rows))

    def upsert(self, table: str, rows: Rows) -> int:
        """Insert rows, and put those whose key is there already in the place of the old ones, all or none.

        A column that is left out is then null or its default, as in a new row; `update` changes single columns.

        Args:
            table: Its name.
            rows: As for `write`; no key twice.

        Returns:
            Number of rows.

        Raises:
            ConflictError: Another column that must be unique has one of the values already.
            InvalidError: As for `write`.
            UnavailableError: As for `write`.
        """
        return self._running.call(lambda c: c.upsert(table, rows))

    def update(self, table: str, key: Key, changes: Mapping[str, Any], *, if_match: str | None = None) -> Row:
        """Change columns of one row.

        The row's version is always compared, so that nobody's change is lost unseen: with the one given, or with the
        one read right before. To change what you looked at, hand on what you looked at:
        `db.update("titles", "tm1", {"imdb_votes": row["imdb_votes"] + 1}, if_match=row.etag)`.

        Args:
            table: Its name.
            key: Of the row.
            changes: New values by column, none of the key's.
            if_match: The row's `etag` as it was read; `*` for whatever is there.

        Returns:
            The row as it is now.

        Raises:
            ConflictError: Somebody changed it since; nothing was done.
            NotFoundError: There is none with this key.
            InvalidError: A value is not allowed.
        """
        return self._running.call(lambda c: c.update(table, key, changes, if_match=if_match))

    def delete(
        self,
        table: str,
        key: Key | None = None,
        *,
        filters: Filters | None = None,
        expected: int | None = None,
        if_match: str | None = None,
    ) -> int:
        """Delete the row of a key, or all rows of some filters.

        Args:
            table: Its name.
            key: Of one row.
            filters: Of many; never empty.
            expected: How many rows they match; if there are more or fewer, nothing is deleted.
            if_match: With a key: the row's `etag` as it was read.

        Returns:
            Number of rows deleted.

        Raises:
            NotFoundError: There is no row with this key.
            ConflictError: There are more or fewer than expected, something else needs one of them, or the row was
                changed since.
        """
        return self._running.call(
            lambda c: c.delete(table, key, filters=filters, expected=expected, if_match=if_match)
        )

    def recommend(
        self, user_id: int, scenario: str | None = None, n: int = 10, **filters: Any
    ) -> pd.DataFrame:
        """What a user should see next, the best first; nothing that the user has rated or seen.

        Args:
            user_id: Of MovieLens, or of a scenario.
            scenario: The scenario of a fabricated user.
            n: Rows at most.
            filters: `genre` (a word, or a list for any of them), `year_min`, `year_max`, `kind` (`movie` or `show`),
                `exclude` (ids), `recommender` (`ranking_model`, `popular_movies`, for a fabricated user also the name
                under which others wrote theirs), `diversity` (0 to 1: the higher, the less like each other; 100 rows at
                most then).

        Returns:
            Columns rank, movie_id, title_id, title, year, genres, kind, score, predicted_rating, recommender,
            model_version, reason; null where there is none.

        Raises:
            NotFoundError: There is no such user.
            InvalidError: A filter is wrong.
        """
        return self._running.call(lambda c: c.recommend(user_id, scenario, n, **filters))

    def recommend_for(self, ratings: Any, n: int = 10, **filters: Any) -> pd.DataFrame:
        """What somebody with these ratings should see next, as `recommend` gives it.

        Args:
            ratings: movie_id -> rating from 0.5 to 5, pairs of both, or a DataFrame with the columns `movie_id` and
                `rating`.
            n: Rows at most.
            filters: As for `recommend`.

        Raises:
            InvalidError: A rating or a filter is wrong.
        """
        return self._running.call(lambda c: c.recommend_for(ratings, n, **filters))

    def similar(self, movie_id: int, n: int = 10, **filters: Any) -> pd.DataFrame:
        """Movies that are like one, as `recommend` gives them, the most alike first.

        Raises:
            NotFoundError: There is no such movie.
        """
        return self._running.call(lambda c: c.similar(movie_id, n, **filters))

    def popular(self, n: int = 10, **filters: Any) -> pd.DataFrame:
        """What to show to whom nothing is known of, as `recommend` gives it."""
        return self._running.call(lambda c: c.popular(n, **filters))

    def rate(self, user_id: int, movie_id: int, rating: float) -> Row:
        """Keep a rating that a user of MovieLens, or a new one, gives now; the next recommendations know it.

        Args:
            user_id: The user.
            movie_id: The movie.
            rating: 0.5 to 5 stars; takes the place of an earlier one.

        Raises:
            InvalidError: The rating is not allowed.
        """
        return self._running.call(lambda c: c.rate(user_id, movie_id, rating))

    def simulate(
        self,
        name: str,
        *,
        users: int | None = None,
        days: int | None = None,
        seed: int | None = None,
        **parameters: Any,
    ) -> Simulated:
        """Draw a scenario of fabricated users and viewings of the catalogue's titles, and write it.

        Drawn in this process, the same for the same parameters, titles and genres. Users are one request, viewings
        another, each of which is done as a whole or not at all: in between readers may see users without viewings.
        Where the viewings are refused, or this call is interrupted, the users are deleted again, with all that hangs on
        them; should that fail too, the error has a note that says so. Only a process that is killed in between leaves
        users without viewings.

        Args:
            name: A scenario's name that no row has yet.
            users: How many.
            days: Length of the period.
            seed: Of everything random.
            parameters: Any other of `SimulationParameters`.

        Returns:
            What was written.

        Raises:
            ConflictError: The scenario has users.
            InvalidError: A parameter is wrong.
            NotFoundError: There are no titles.
        """
        return self._running.call(lambda c: c.simulate(name, users=users, days=days, seed=seed, **parameters))
