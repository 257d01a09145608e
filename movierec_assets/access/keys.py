"""Keys of the web API: who they belong to, as which role they work, until when. Only their digests are kept.

A key is 256 random bits, so that a plain SHA-256 of it cannot be turned back and needs neither salt nor stretching.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from movierec_assets.schema.roles import ROLES

if TYPE_CHECKING:
    import psycopg

KEY_ROLES = ROLES["movierec_login"].becomes
"""Roles that a key may have."""
PREFIX = "movierec_"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")


class KeyRefusedError(Exception):
    """A key cannot be made or revoked; the message says why."""


@dataclass(frozen=True)
class Key:
    """One key, without the key itself.

    Attributes:
        name: Whose it is.
        role: Role of the database that it works as.
        created_at: When it was made.
        expires_at: From when on it is refused; None for never.
        revoked_at: When it was revoked; None where it was not.
    """

    name: str
    role: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def valid(self, now: datetime) -> bool:
        """Whether it is accepted at that moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def digest(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def create(
    connection: psycopg.Connection, name: str, role: str, days: int | None, *, now: datetime | None = None
) -> str:
    """Make a key. It is told here, and never again.

    Args:
        connection: The owner's; the table exists.
        name: Whose it is; also a name that a revoked key had.
        role: One of `KEY_ROLES`.
        days: How long it is accepted; None for ever.
        now: The moment it begins; the present if left out.

    Raises:
        KeyRefusedError: The name or the role is none, or somebody has a key of that name.
    """
    if not NAME.fullmatch(name):
        raise KeyRefusedError(
            f"name {name!r}: must be 1 to 50 of a-z, 0-9, _ and -, beginning with a letter or digit"
        )
    if role not in KEY_ROLES:
        raise KeyRefusedError(f"role {role!r}: a key may have one of {', '.join(KEY_ROLES)}")
    key = PREFIX + secrets.token_urlsafe(32)
    begins = now or datetime.now(UTC)
    expires = None if days is None else begins + timedelta(days=days)
    made = connection.execute(
        "INSERT INTO access.keys (name, digest, role, created_at, expires_at) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, role = excluded.role, revoked_at = NULL,"
        " created_at = excluded.created_at, expires_at = excluded.expires_at WHERE keys.revoked_at IS NOT NULL",
        (name, digest(key), role, begins, expires),
    )
    if not made.rowcount:
        raise KeyRefusedError(f"there is a key {name} already; revoke it first, or take another name")
    return key


def keys(connection: psycopg.Connection) -> list[Key]:
    """All keys by name, those that are no longer accepted too."""
    rows = connection.execute(
        "SELECT name, role, created_at, expires_at, revoked_at FROM access.keys ORDER BY name"
    )
    return [Key(*row) for row in rows]


def revoke(connection: psycopg.Connection, name: str) -> None:
    """Have a key refused from now on.

    Raises:
        KeyRefusedError: There is no such key, or it is revoked already.
    """
    done = connection.execute(
        "UPDATE access.keys SET revoked_at = now() WHERE name = %s AND revoked_at IS NULL", (name,)
    )
    if not done.rowcount:
        there = ", ".join(k.name for k in keys(connection) if k.revoked_at is None)
        raise KeyRefusedError(f"there is no key {name} that is not revoked; there are {there or 'none'}")
