"""Let a view follow its storage table when the registry's columns changed; grants on the view stay."""

from __future__ import annotations

from movierec_assets.publication.layout import VIEW_LOCK, Layout, PublicationError, literal
from movierec_assets.publication.load_transaction import LoadTransaction

LOCK_SECONDS = 10

_COLUMNS = """
SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
WHERE attrelid = to_regclass({}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_STORAGE = """
SELECT DISTINCT used.relname::text AS storage FROM pg_rewrite r
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class used ON used.oid = d.refobjid AND used.relname <> 'current'
WHERE r.ev_class = to_regclass({0}) AND used.oid <> r.ev_class
"""
_DEPENDENTS = """
SELECT DISTINCT r.ev_class::regclass::text AS dependent FROM pg_depend d
JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass({0}) AND r.ev_class <> d.refobjid
"""
_GRANTS = """
WITH granted AS (
    SELECT g.*, '' AS columns FROM pg_class v, aclexplode(v.relacl) g WHERE v.oid = to_regclass({0})
    UNION ALL
    SELECT g.*, format('(%I)', c.attname) FROM pg_attribute c, aclexplode(c.attacl) g
    WHERE c.attrelid = to_regclass({0}) AND c.attname = ANY({2})
)
SELECT format(
    'GRANT %s %s ON {1} TO %s %s', privilege_type, columns,
    CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
    CASE WHEN is_grantable THEN 'WITH GRANT OPTION' ELSE '' END
) AS statement FROM granted
"""


def show_storage(transaction: LoadTransaction, layout: Layout) -> None:
    """Make the view read the layout's storage table, where it reads another one or is missing.

    Columns that are new at the end need no more than a replacement; else the view is made anew and its grants are
    given again. Statements that are reading the view then hold this up, for at most 10 s.

    Raises:
        PublicationError: Other views depend on this one and on columns that change.
    """
    view = literal(layout.view)
    if transaction.query(_STORAGE.format(view)) == [(layout.storage,)]:
        return
    transaction.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    transaction.query(f"SELECT pg_advisory_xact_lock_shared(hashtextextended({literal(VIEW_LOCK)}, 0))::text")
    old = transaction.query(_COLUMNS.format(view))
    new = transaction.query(_COLUMNS.format(literal(f'publication."{layout.storage}"')))[1:]
    grants: list[str] = []
    if old and new[: len(old)] != old:
        if dependents := transaction.query(_DEPENDENTS.format(view)):
            names = ", ".join(str(name) for (name,) in dependents)
            raise PublicationError(
                f"the columns of {layout.table.published_as} change, and {names} depend on them: drop these views, "
                "publish again, then make them anew; what was live stays live"
            )
        kept = "ARRAY[" + ", ".join(map(literal, layout.column_names)) + "]"
        grants = [
            str(statement) for (statement,) in transaction.query(_GRANTS.format(view, layout.view, kept))
        ]
        transaction.execute(f"DROP VIEW {layout.view}")
    for statement in (layout.create_view(), *layout.describe_view(), *grants):
        transaction.execute(statement)
