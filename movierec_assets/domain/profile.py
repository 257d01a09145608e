"""One aggregate query over a table: how many rows, a hash of its content, and how many rows break each rule.

The hash does not depend on the order of rows and is the same on every engine: each row is hashed with xxHash64 over an
unambiguous text of its values, and the hashes are summed twice (a sum and an exclusive or), with the count beside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.schema import Column, Table

if TYPE_CHECKING:
    from pyspark.sql import Column as Expression
    from pyspark.sql import DataFrame

HALF = 1 << 32
ROW_HASH = "_row_hash"


@dataclass(frozen=True)
class Profile:
    """What one pass over a table tells.

    Attributes:
        rows: Number of rows.
        content_hash: Equal for equal content (columns, types and rows, in any order): 64 hexadecimal digits.
        violations: Rule (`null:userId`, `below:rating`, `above:rating`, `pattern:imdbId`, `duplicate_key`) -> rows
            that break it; 0 where none does.
    """

    rows: int
    content_hash: str
    violations: dict[str, int]


def profile(data: DataFrame, table: Table) -> Profile:
    """Profile a table that has the registry's columns."""
    from pyspark.sql import functions as F  # noqa: N812

    # A column of its own: used three times below, the engine would compute the expression three times.
    hashed = data.withColumn(ROW_HASH, F.xxhash64(*[part for c in table.columns for part in _hashed(c)]))
    row_hash = F.col(ROW_HASH)
    # Summed in halves: 64-bit sums of 32-bit numbers cannot overflow below four billion rows.
    low, high = F.pmod(row_hash, F.lit(HALF)), F.shiftrightunsigned(row_hash, 32)
    rules = dict(_rules(table))
    facts = [
        F.count(F.lit(1)).alias("rows"),
        F.coalesce(F.sum(low), F.lit(0)).alias("low"),
        F.coalesce(F.sum(high), F.lit(0)).alias("high"),
        F.coalesce(F.bit_xor(row_hash), F.lit(0)).alias("mixed"),
        *(
            F.coalesce(F.sum(rule.cast("bigint")), F.lit(0)).alias(f"r{i}")
            for i, rule in enumerate(rules.values())
        ),
        # Equal keys have equal hashes, so as many hashes as rows prove that no key repeats.
        F.count_distinct(F.xxhash64(*table.key) if table.key else F.lit(0)).alias("keys"),
    ]
    row = hashed.agg(*facts).collect()[0]
    violations = {name: int(row[f"r{i}"]) for i, name in enumerate(rules)}
    if table.key:
        proven = row["keys"] == row["rows"]
        keys = row["rows"] if proven else data.select(*table.key).distinct().count()
        violations["duplicate_key"] = int(row["rows"]) - int(keys)
    text = repr((table.fingerprint(), row["rows"], row["low"], row["high"], row["mixed"]))
    return Profile(int(row["rows"]), hashlib.sha256(text.encode()).hexdigest(), violations)


def schema_differences(data: DataFrame, table: Table) -> list[str]:
    """How the columns and types differ from the registry's; empty where they do not."""
    expected = {c.name: c.spark_type for c in table.columns}
    names = [name for name, _ in data.dtypes]
    found = dict(data.dtypes)
    differences = [f"{name} is missing" for name in expected if name not in found]
    differences += [f"{name} is not in the registry" for name in found if name not in expected]
    differences += [
        f"{name} is {found[name]} instead of {expected[name]}"
        for name in expected
        if name in found and found[name] != expected[name]
    ]
    if not differences and names != list(expected):
        differences.append(f"the columns are {', '.join(names)} instead of {', '.join(expected)}")
    return differences


def _hashed(column: Column) -> Iterator[Expression]:
    """A column's part in the row hash; null, the empty text and the empty list are told apart."""
    from pyspark.sql import functions as F  # noqa: N812

    value = F.col(column.name)
    yield value.isNull()
    if column.type == "list<string>":
        # Each element with its length, so that no element's own characters can look like a border.
        marked = F.transform(
            value,
            lambda e: F.concat(F.coalesce(F.length(e), F.lit(-1)), F.lit(":"), F.coalesce(e, F.lit(""))),
        )
        yield F.coalesce(F.concat_ws("", marked), F.lit(""))
    elif column.element_type:
        # The hash of a list leaves out its nulls and where it ends.
        yield F.size(value)
        yield F.transform(value, lambda e: e.isNull())
        yield value
    elif column.type == "string":
        yield F.coalesce(value, F.lit(""))
    else:
        yield F.coalesce(value, F.lit(0).cast(column.spark_type))


def _rules(table: Table) -> Iterator[tuple[str, Expression]]:
    from pyspark.sql import functions as F  # noqa: N812

    for c in table.columns:
        value = F.col(c.name)
        if not c.nullable:
            yield f"null:{c.name}", value.isNull()
        if c.minimum is not None:
            yield f"below:{c.name}", F.coalesce(value < F.lit(c.minimum), F.lit(False))
        if c.maximum is not None:
            yield f"above:{c.name}", F.coalesce(value > F.lit(c.maximum), F.lit(False))
        if c.pattern is not None:
            yield f"pattern:{c.name}", F.coalesce(~value.rlike(rf"\A(?:{c.pattern})\z"), F.lit(False))
