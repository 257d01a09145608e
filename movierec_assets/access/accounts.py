"""The roles themselves: that they exist, what they may be, their settings in this database, and what they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.access.verifiers import password_statement
from movierec_assets.schema.roles import ROLES, SCHEMAS, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

_ATTRIBUTES = """
SELECT rolcanlogin, rolinherit, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls
FROM pg_roles WHERE rolname = %s
"""
_POWERS = ("SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS")
_SETTINGS = """
SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
WHERE d.datname = current_database() AND s.setrole = %s::regrole
"""
_MEMBERSHIPS = """
SELECT r.rolname::text, m.rolname::text, format('REVOKE %%I FROM %%I', r.rolname, m.rolname) FROM pg_auth_members
JOIN pg_roles r ON r.oid = roleid JOIN pg_roles m ON m.oid = member WHERE m.rolname = ANY(%s) ORDER BY 1, 2
"""
_OWNED = """
SELECT format('ALTER %%s %%I.%%I OWNER TO %%I', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
    WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname, current_user)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_roles o ON o.oid = relowner
WHERE rolname = ANY(%(roles)s) AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND nspname !~ '^pg_(toast|temp)'
UNION ALL
SELECT format('ALTER SCHEMA %%I OWNER TO %%I', nspname, current_user)
FROM pg_namespace JOIN pg_roles o ON o.oid = nspowner
WHERE rolname = ANY(%(roles)s) AND (nspname = ANY(%(schemas)s) OR nspname !~ '^pg_')
ORDER BY 1
"""


def account_statements(
    connection: psycopg.Connection, passwords: Mapping[str, str], *, trusted_socket: bool
) -> list[str]:
    """What makes the roles as declared; none where they are.

    Args:
        connection: The owner's.
        passwords: Role -> password, of those that have one.
        trusted_socket: Whether the server lets in whoever reaches its socket, so that a role without a password can
            log in there and nowhere else.
    """
    needed = []
    for role in ROLES.values():
        password = passwords.get(role.name, "")
        needed += _attributes(connection, role, login=bool(password) or trusted_socket)
        needed += password_statement(connection, role.name, password)
        needed += _settings(connection, role)
        needed += _for_owner(connection, role)
    needed += _becoming(connection)
    return needed + undeclared_powers(connection)


def undeclared_powers(connection: psycopg.Connection) -> list[str]:
    """What takes back roles that ours were made members of, and things that they own."""
    names = list(ROLES)
    memberships = [
        statement
        for role, member, statement in connection.execute(_MEMBERSHIPS, [names])
        if role not in ROLES[member].becomes
    ]
    owned = connection.execute(_OWNED, {"roles": names, "schemas": list(SCHEMAS)}).fetchall()
    return [*memberships, *(statement for (statement,) in owned)]


def _attributes(connection: psycopg.Connection, role: Role, *, login: bool) -> list[str]:
    found = connection.execute(_ATTRIBUTES, [role.name]).fetchone()
    word = "LOGIN" if login else "NOLOGIN"
    # Who may become others has nothing of theirs before.
    inherits = "NOINHERIT" if role.becomes else "INHERIT"
    if found is None:
        return [f"CREATE ROLE {role.name} {word} {inherits}"]
    can_login, does_inherit, *powers = found
    wrong = [f"NO{power}" for power, has in zip(_POWERS, powers, strict=True) if has]
    wrong += [word] * (can_login != login) + [inherits] * (does_inherit == bool(role.becomes))
    return [f"ALTER ROLE {role.name} {' '.join(wrong)}"] if wrong else []


def _settings(connection: psycopg.Connection, role: Role) -> list[str]:
    found = None
    if connection.execute("SELECT to_regrole(%s) IS NOT NULL", [role.name]).fetchone() == (True,):
        found = connection.execute(_SETTINGS, [role.name]).fetchone()
    settings = role.settings()
    if found is not None and sorted(found[0]) == sorted(f"{k}={v}" for k, v in settings.items()):
        return []
    row = connection.execute("SELECT quote_ident(current_database())").fetchone()
    here = f"ALTER ROLE {role.name} IN DATABASE {row[0] if row else ''}"
    return [f"{here} RESET ALL", *(f"{here} SET {name} TO {_value(v)}" for name, v in settings.items())]


def _becoming(connection: psycopg.Connection) -> list[str]:
    found = {(role, member) for role, member, _ in connection.execute(_MEMBERSHIPS, [list(ROLES)])}
    how = " WITH INHERIT FALSE, SET TRUE" if connection.info.server_version >= 160000 else ""
    return [
        f"GRANT {other} TO {role.name}{how}"
        for role in ROLES.values()
        for other in role.becomes
        if (other, role.name) not in found
    ]


def _value(value: str) -> str:
    return ", ".join(f"'{part}'" for part in value.split(", "))


def _for_owner(connection: psycopg.Connection, role: Role) -> list[str]:
    """The owner may work as each role (`movierec sql --as`), which a superuser may anyway."""
    modern = connection.info.server_version >= 160000
    may = "SET" if modern else "MEMBER"
    found = connection.execute(
        "SELECT pg_has_role(current_user, oid, %s) FROM pg_roles WHERE rolname = %s", [may, role.name]
    ).fetchone()
    row = connection.execute(
        "SELECT rolsuper, quote_ident(rolname) FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    superuser, user = row or (False, "")
    if found == (True,) or superuser:
        return []
    return [f"GRANT {role.name} TO {user}{' WITH INHERIT FALSE, SET TRUE' if modern else ''}"]
