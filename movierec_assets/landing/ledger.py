"""The ledger of the landing zone: which version of each file was seen, and what became of it. In PostgreSQL.

A file is its content: the ledger reads a file again only when the zone gives it another etag or size, and
calls it changed only when its SHA-256 differs. States go `seen` -> `loading` -> `loaded` or `failed`; new
content goes back to `seen`, a file that is gone is `deleted`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from movierec_assets.landing.zone import LandingChanged, LandingMissing

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

    from movierec_assets.landing.zone import LandingObject, LandingZone

State = Literal["seen", "loading", "loaded", "failed", "deleted"]
STATES: tuple[State, ...] = get_args(State)

LOCK = "ledger.files"
"""Names the advisory lock under which one process at a time writes down a look at the zone."""


@dataclass(frozen=True)
class Entry:
    """One file in the ledger.

    Attributes:
        key: In the zone.
        etag: Of the version seen last.
        size: In bytes.
        content_hash: SHA-256 of that version.
        state: What became of it.
        first_seen: When the key was first seen.
        changed_at: When this content arrived; content that comes back after other content arrives anew.
        run_id: The run that took it in, if one began to.
        error: Why that failed.
    """

    key: str
    etag: str
    size: int
    content_hash: str
    state: State
    first_seen: datetime
    changed_at: datetime
    run_id: str | None
    error: str | None


@dataclass(frozen=True)
class Changes:
    """What a look at the zone found, as keys in order.

    Attributes:
        new: Not in the ledger before, or back after a deletion.
        changed: Other content.
        touched: Written again with the same content.
        deleted: Gone.
        unchanged: The same etag and size; not read.
        unsettled: Changed while they were read; left for the next look.
    """

    new: list[str]
    changed: list[str]
    touched: list[str]
    deleted: list[str]
    unchanged: list[str]
    unsettled: list[str]


def reconcile(conn: psycopg.Connection, zone: LandingZone) -> Changes:
    """Bring the ledger in step with the zone; reads only files with a new etag or size.

    Each file is written down as soon as it is read, so a look that is cut short is gone on with by the next. Of two
    looks at once the first to write a file down counts; the other one leaves it for its next look.

    Raises:
        LandingError: The zone can not be listed or read.
    """
    changes = Changes([], [], [], [], [], [])
    known = {entry.key: entry for entry in entries(conn)}
    listed = zone.list()
    for found in listed:
        before = known.get(found.key)
        there = before if before and before.state != "deleted" else None
        if there and (there.etag, there.size) == (found.etag, found.size):
            changes.unchanged.append(found.key)
            continue
        try:
            content = zone.content_hash(found.key, found.etag)
        except (LandingChanged, LandingMissing):
            changes.unsettled.append(found.key)
            continue
        with conn.transaction():
            if not _still(conn, found.key, before):
                changes.unsettled.append(found.key)
                continue
            _record(conn, found, content)
        if there is None:
            changes.new.append(found.key)
        else:
            (changes.touched if there.content_hash == content else changes.changed).append(found.key)
    present = {found.key for found in listed}
    for key, entry in known.items():
        if entry.state != "deleted" and key not in present:
            with conn.transaction():
                if _still(conn, key, entry):
                    _forget(conn, key)
                    changes.deleted.append(key)
    return changes


def _still(conn: psycopg.Connection, key: str, seen: Entry | None) -> bool:
    """Whether the version written down is the one that was seen; nobody else changes it before the commit."""
    conn.execute("select pg_advisory_xact_lock(hashtext(%s))", (LOCK,))
    row = conn.execute(
        "select etag, size, state = 'deleted' from ledger.files where key = %s", (key,)
    ).fetchone()
    return row == (seen and (seen.etag, seen.size, seen.state == "deleted"))


def _forget(conn: psycopg.Connection, key: str) -> None:
    conn.execute(
        "update ledger.files set state = 'deleted', changed_at = clock_timestamp(), run_id = null, error = null"
        " where key = %s",
        (key,),
    )


def content_hash(conn: psycopg.Connection, zone: LandingZone, key: str) -> str:
    """SHA-256 of the file as it is now, read only if the ledger does not know this etag and size.

    Raises:
        LandingMissing: There is no such file.
        LandingChanged: It was replaced while it was read.
    """
    found = zone.stat(key)
    with conn.transaction():
        known = conn.execute(
            "select content_hash from ledger.files"
            " where (key, etag, size) = (%s, %s, %s) and state <> 'deleted'",
            (key, found.etag, found.size),
        ).fetchone()
    if known:
        return str(known[0])
    content = zone.content_hash(key, found.etag)
    with conn.transaction():
        _record(conn, found, content)
    return content


def mark(
    conn: psycopg.Connection,
    key: str,
    content: str,
    state: Literal["seen", "loading", "loaded", "failed"],
    *,
    run_id: str | None = None,
    error: str | None = None,
) -> bool:
    """Write down what became of a version of a file.

    Returns:
        False where the ledger holds other content by now, or the file is gone: nothing was written then, and
        the new content stays `seen`.
    """
    with conn.transaction():
        written = conn.execute(
            "update ledger.files set state = %s, run_id = %s, error = %s"
            " where key = %s and content_hash = %s and state <> 'deleted'",
            (state, run_id, error, key, content),
        )
        return written.rowcount == 1


def entries(conn: psycopg.Connection, states: Sequence[State] = STATES) -> list[Entry]:
    """The files in these states, ordered by key."""
    with conn.transaction():
        return _select(conn, states)


def contents(conn: psycopg.Connection) -> dict[str, str]:
    """Content hash by key, of every file that is there."""
    present = [state for state in STATES if state != "deleted"]
    return {entry.key: entry.content_hash for entry in entries(conn, present)}


def _select(conn: psycopg.Connection, states: Sequence[State]) -> list[Entry]:
    rows = conn.execute(
        "select key, etag, size, content_hash, state, first_seen, changed_at, run_id, error from ledger.files"
        ' where state = any(%s) order by key collate "C"',
        (list(states),),
    )
    return [Entry(*row) for row in rows.fetchall()]


def _record(conn: psycopg.Connection, found: LandingObject, content: str) -> None:
    """The version seen last. Equal content keeps its state; other content, or one back again, is `seen`."""
    conn.execute(
        """
        insert into ledger.files (key, etag, size, content_hash, state)
        values (%s, %s, %s, %s, 'seen')
        on conflict (key) do update set etag = excluded.etag, size = excluded.size
        """,
        (found.key, found.etag, found.size, content),
    )
    conn.execute(
        """
        update ledger.files set content_hash = %(content)s, state = 'seen', changed_at = clock_timestamp(),
            run_id = null, error = null
        where key = %(key)s and (content_hash <> %(content)s or state = 'deleted')
        """,
        {"key": found.key, "content": content},
    )
