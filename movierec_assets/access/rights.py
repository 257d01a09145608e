"""Rights as PostgreSQL has them and as the registry declares them, and the statements between the two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.schema.roles import ROLES, SCHEMAS

if TYPE_CHECKING:
    import psycopg

_OBJECTS = """
SELECT 'DATABASE' AS kind, '' AS schema, datname::text AS plain, quote_ident(datname) AS name, '' AS columns,
    coalesce(datacl, acldefault('d', datdba)) AS acl
FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT 'SCHEMA', nspname, nspname, quote_ident(nspname), '', nspacl FROM pg_namespace
UNION ALL
SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname,
    format('%%I.%%I', nspname, relname), '', relacl
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND nspname !~ '^pg_(toast|temp)'
UNION ALL
SELECT 'TABLE', nspname, relname, format('%%I.%%I', nspname, relname), format(' (%%I)', attname), attacl
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
WHERE attacl IS NOT NULL
UNION ALL
SELECT 'ROUTINE', '', proname, oid::regprocedure::text, '', proacl FROM pg_proc WHERE proacl IS NOT NULL
UNION ALL
SELECT CASE defaclobjtype WHEN 'r' THEN 'TABLES' ELSE 'SEQUENCES' END, coalesce(nspname, ''), '',
    coalesce(quote_ident(nspname), ''), '', defaclacl
FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace
WHERE defaclrole = current_user::regrole AND defaclobjtype IN ('r', 'S')
"""
# What PostgreSQL or an extension gives to everybody elsewhere stays.
_FOUND = """
WITH object AS ({objects}), grantee AS (
    SELECT oid, rolname::text AS who FROM pg_roles WHERE rolname = ANY(%(roles)s)
    UNION ALL SELECT 0, 'PUBLIC'
)
SELECT kind, name, who, privilege_type || columns, is_grantable
FROM object CROSS JOIN LATERAL aclexplode(acl) g JOIN grantee ON grantee.oid = g.grantee
WHERE who <> 'PUBLIC' OR schema = ANY(%(schemas)s)
OR (kind, privilege_type) = ('DATABASE', 'TEMPORARY') OR (kind, schema, privilege_type) = ('SCHEMA', 'public', 'CREATE')
OR (kind, schema) IN (('TABLES', ''), ('SEQUENCES', ''))
"""
_NAMED = """
SELECT kind, schema, plain, name FROM ({objects}) object
WHERE columns = '' AND (kind = 'DATABASE' OR kind IN ('TABLE', 'SEQUENCE') AND schema = ANY(%(schemas)s))
"""


@dataclass(frozen=True, order=True)
class Right:
    """One right of one role on one thing.

    Attributes:
        kind: DATABASE, SCHEMA, TABLE (or view), SEQUENCE, ROUTINE; TABLES or SEQUENCES for those made later.
        name: Its name, quoted; for later things their schema's, empty for all schemas.
        grantee: The role, or PUBLIC.
        privilege: Such as `SELECT`, or `SELECT (title)` on a column.
        grantable: Whether the role may pass it on.
    """

    kind: str
    name: str
    grantee: str
    privilege: str
    grantable: bool = False


def found_rights(connection: psycopg.Connection) -> set[Right]:
    """What the declared roles have anywhere in this database, and what everybody has that would add to it."""
    parameters = {"roles": list(ROLES), "schemas": list(SCHEMAS)}
    return {Right(*row) for row in connection.execute(_FOUND.format(objects=_OBJECTS).encode(), parameters)}


def declared_rights(connection: psycopg.Connection) -> set[Right]:
    """What the registry says, for the tables, views and sequences that there are and for later ones."""
    rights = set()
    things = connection.execute(
        _NAMED.format(objects=_OBJECTS).encode(), {"schemas": list(SCHEMAS)}
    ).fetchall()
    for role in ROLES.values():
        for kind, schema, plain, name in things:
            if kind == "DATABASE":
                privileges: Iterable[str] = ["CONNECT"] + ["TEMPORARY"] * role.temporary_tables
            elif kind == "TABLE":
                privileges = role.may(schema, plain)
            else:
                privileges = _of_sequences(role.rights.get(schema, ()))
            rights |= {Right(kind, name, role.name, privilege) for privilege in privileges}
        rights |= {Right("SCHEMA", schema, role.name, "USAGE") for schema in role.schemas}
        for schema, privileges in role.rights.items():
            rights |= {Right("TABLES", schema, role.name, p) for p in privileges}
            rights |= {Right("SEQUENCES", schema, role.name, p) for p in _of_sequences(privileges)}
    return rights


def _of_sequences(rights: tuple[str, ...]) -> list[str]:
    return ["USAGE"] if "INSERT" in rights else []


def statements(found: set[Right], declared: set[Right]) -> list[str]:
    """What makes the declared rights of those that were found; none where they are the same."""
    return [*_each("REVOKE", found - declared), *_each("GRANT", declared - found)]


def _each(verb: str, rights: set[Right]) -> list[str]:
    together = defaultdict(list)
    for right in sorted(rights):
        together[right.kind, right.name, right.grantee].append(right.privilege)
    return [_statement(verb, *key, ", ".join(privileges)) for key, privileges in together.items()]


def _statement(verb: str, kind: str, name: str, grantee: str, privileges: str) -> str:
    # Whoever got a right from the role loses it with the role.
    to = f"TO {grantee}" if verb == "GRANT" else f"FROM {grantee} CASCADE"
    if kind in ("TABLES", "SEQUENCES"):
        where = f"IN SCHEMA {name} " if name else ""
        return f"ALTER DEFAULT PRIVILEGES {where}{verb} {privileges} ON {kind} {to}"
    return f"{verb} {privileges} ON {kind} {name} {to}"
