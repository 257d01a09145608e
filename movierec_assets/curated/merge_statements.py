# ruff: noqa: S608  every name in these statements comes from the registry
"""The SQL of a merge: the live table, the rows that the graph brought last (`base`), the new ones (`incoming`)."""

from __future__ import annotations

from collections.abc import Iterable

from movierec_assets.curated.ddl import GONE, LOADED
from movierec_assets.publication.layout import quoted
from movierec_assets.schema import Table, table

INCOMING = "incoming"


class MergeStatements:
    """The merge's statements for one table; every name in them comes from the registry."""

    def __init__(self, declared: Table) -> None:
        self._table = declared
        schema, _, name = str(declared.published_as).partition(".")
        self._live, self._base = f"{schema}.{quoted(name)}", f"{LOADED}.{quoted(name)}"
        self._columns, self._key = declared.column_names, declared.key
        self._values = [name for name in self._columns if name not in self._key]

    def stage(self) -> bytes:
        """Makes the table that the new rows are copied into."""
        return f"CREATE TEMP TABLE {INCOMING} (LIKE {self._live}) ON COMMIT DROP".encode()

    def dropped(self) -> str:
        """Selects, as `live`, the rows that the graph no longer has and that nobody edited."""
        return f"SELECT {_list(self._key, 'live')} FROM {self._live} live, {self._base} base WHERE {self._dropped()}"

    def needed_before(self) -> str:
        """Selects, as `live`, the rows that an earlier merge left because they were needed, and that nobody edited."""
        return (
            f"SELECT {_list(self._key, 'live')} FROM {self._live} live, {self._base} base"
            f" WHERE {self._same('live', 'base')} AND {self._equal('live', 'base')} AND base.{GONE}"
        )

    def forget_needed(self) -> bytes:
        """Forgets those of them that are not in the live table."""
        return (
            f"DELETE FROM {self._base} base WHERE base.{GONE}"
            f" AND NOT EXISTS (SELECT FROM {self._live} live WHERE {self._same('live', 'base')})"
        ).encode()

    def update(self) -> bytes:
        """Brings changed values to rows, column by column and only where nobody edited them."""
        merged = {
            c: f"CASE WHEN live.{c} IS NOT DISTINCT FROM base.{c} THEN new.{c} ELSE live.{c} END"
            for c in map(quoted, self._values)
        }
        changes = " OR ".join(f"live.{c} IS DISTINCT FROM ({value})" for c, value in merged.items())
        if not merged:
            # A table that is all key has rows that come and go, and none that change.
            return f"UPDATE {self._live} SET {quoted(self._key[0])} = {quoted(self._key[0])} WHERE false".encode()
        return (
            f"UPDATE {self._live} live SET {', '.join(f'{c} = {value}' for c, value in merged.items())}"
            f" FROM {self._base} base, {INCOMING} new"
            f" WHERE {self._same('live', 'base')} AND {self._same('new', 'base')} AND ({changes})"
        ).encode()

    def insert(self) -> bytes:
        """Inserts rows that the graph did not have before and that nobody has added."""
        return (
            f"INSERT INTO {self._live} ({_list(self._columns)}) SELECT {_list(self._columns, 'new')}"
            f" FROM {INCOMING} new WHERE NOT EXISTS"
            f" (SELECT FROM {self._base} base WHERE {self._same('new', 'base')} AND NOT base.{GONE})"
            f"{self._parents('new')}"
            " ON CONFLICT DO NOTHING"
        ).encode()

    def count_kept(self) -> bytes:
        """Counts live rows that the graph no longer has, or has otherwise."""
        differs = f"NOT ({self._equal('live', 'new')})"
        return (
            f"SELECT (SELECT count(*) FROM {self._live} live JOIN {self._base} base ON {self._same('live', 'base')}"
            f" WHERE {self._gone('base')}) + (SELECT count(*) FROM {self._live} live JOIN {INCOMING} new"
            f" ON {self._same('live', 'new')} WHERE {differs})"
        ).encode()

    def remember(self) -> bytes:
        """Makes the new rows those that the graph brought last."""
        # A row that stays because it is needed remains the graph's own, for a later merge to delete.
        return (
            f"DELETE FROM {self._base} base WHERE NOT EXISTS (SELECT FROM {self._live} live WHERE {self._dropped()});"
            f" UPDATE {self._base} SET {GONE} = true;"
            f" INSERT INTO {self._base} ({_list(self._columns)})"
            f" SELECT {_list(self._columns)} FROM {INCOMING}"
        ).encode()

    def _same(self, a: str, b: str) -> str:
        return " AND ".join(f"{a}.{k} = {b}.{k}" for k in map(quoted, self._key))

    def _equal(self, a: str, b: str) -> str:
        return f"ROW({_list(self._columns, a)}) IS NOT DISTINCT FROM ROW({_list(self._columns, b)})"

    def _dropped(self) -> str:
        return f"{self._same('live', 'base')} AND {self._equal('live', 'base')} AND {self._gone('base')}"

    def _gone(self, base: str) -> str:
        return f"NOT EXISTS (SELECT FROM {INCOMING} new WHERE {self._same('new', base)})"

    def _parents(self, new: str) -> str:
        """The rows that it points at are there; people may have deleted them."""
        found = ""
        for reference in self._table.foreign_keys:
            other = table(reference.table)
            met = " AND ".join(
                f"p.{quoted(key)} = {new}.{quoted(mine)}"
                for mine, key in zip(reference.columns, other.key, strict=True)
            )
            found += f" AND EXISTS (SELECT FROM {other.published_as} p WHERE {met})"
        return found


def _list(columns: Iterable[str], alias: str = "") -> str:
    return ", ".join(f"{alias}.{quoted(c)}" if alias else quoted(c) for c in columns)
