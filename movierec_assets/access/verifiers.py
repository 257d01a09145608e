"""Passwords as PostgreSQL keeps them, SCRAM verifiers (RFC 5802, RFC 7677), so that none is ever sent or logged."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

_VERIFIER = re.compile(r"SCRAM-SHA-256\$(\d+):([^$]+)\$[^:]+:(.+)")


def password_statement(connection: psycopg.Connection, role: str, password: str) -> list[str]:
    """What gives the role that password, or takes its password away where the text is empty.

    None where the stored verifier is known to fit. Only a superuser can see it: for others a password is set anew each
    time, and one that is no longer set stays stored for a role that cannot log in.
    """
    may_see = connection.execute("SELECT has_table_privilege('pg_authid', 'SELECT')").fetchone() == (True,)
    if may_see:
        row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role]).fetchone()
        stored = row[0] if row else None
        if fits(stored, password) if password else stored is None:
            return []
    if not password:
        return [f"ALTER ROLE {role} PASSWORD NULL"] if may_see else []
    made = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return [f"ALTER ROLE {role} PASSWORD '{made.decode()}'"]


def fits(verifier: str | None, password: str) -> bool:
    """Whether a stored verifier is this password's.

    A password outside ASCII may be called unfit though it fits, as the standard prepares its characters.
    """
    parts = _VERIFIER.fullmatch(verifier or "")
    if parts is None:
        return False
    iterations, salt, server_key = parts.groups()
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), int(iterations))
    return hmac.compare_digest(hmac.digest(salted, b"Server Key", "sha256"), b64decode(server_key))
