"""From a raw table to the rows that are kept and those that are not, by the rules of the registry.

Every row gets the first rule that it breaks, or none: unreadable, then each column's rules in order, then the dataset's
own, then the key.
Kept and quarantined rows are two views on that one classification, so their sum is the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from movierec_assets.schema import QUARANTINE_COLUMNS, LandingFile

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

RULE = "_rule"
# Spelled out, as `\s`, `\d` and `$` mean other characters in Java's expressions than in Rust's.
BLANK = " \t\n\x0b\f\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
BLANK_ENDS = rf"\A[{BLANK}]+|[{BLANK}]+\z"


def classify(raw: DataFrame, file: LandingFile, further: Sequence[Column] = ()) -> DataFrame:
    """Add `_rule` to each row of a raw table: the first rule that it breaks, null for a row to keep.

    Args:
        raw: `raw_<source>`.
        file: Its landing file.
        further: Rules of the dataset's own, each the rule's name where a row breaks it, else null; asked after those
            of the columns and before the key.

    Returns:
        The same rows with `_rule`.
    """
    return without_repeats(classify_each(raw, file, further), file)


def classify_each(raw: DataFrame, file: LandingFile, further: Sequence[Column] = ()) -> DataFrame:
    """`classify` but for the key: what each row tells by itself."""
    from pyspark.sql import functions as F  # noqa: N812

    return raw.withColumn(RULE, F.coalesce(*_row_rules(file), *further, F.lit(None).cast("string")))


def without_repeats(ruled: DataFrame, file: LandingFile) -> DataFrame:
    """The rest of `classify`: a rule for each good row whose key another one has too.

    The one with the largest `latest_by` stays good; of several such the last line.

    Args:
        ruled: Rows with `_rule`, as `classify_each` gives them.
        file: Their landing file.
    """
    from pyspark.sql import functions as F  # noqa: N812

    losers = _superseded(ruled.where(F.col(RULE).isNull()), file)
    why = "superseded by line " if file.latest_by else "duplicate of line "
    repeated = F.concat(F.lit(why), F.col("_winner").cast("string"))
    joined = ruled.join(losers, F.col("_line") == F.col("_loser"), "left")
    return joined.withColumn(RULE, F.coalesce(RULE, repeated)).drop("_loser", "_winner")


def _superseded(good: DataFrame, file: LandingFile) -> DataFrame:
    """Lines of good rows that lose against another of the same key, `_loser`, and the line that wins, `_winner`.

    Rows are ordered within a key only where it repeats: a window over every key costs ten times the grouping.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    same = [f"_key_{name}" for name in file.key]
    nullable = {c.name for c in file.columns if c.nullable}
    # A null equals no null in a join; a key's text is never empty, as the file's empty text is null.
    values = [F.coalesce(name, F.lit("")) if name in nullable else F.col(name) for name in file.key]
    keys = [value.alias(alias) for value, alias in zip(values, same, strict=True)]
    repeated = good.groupBy(*keys).agg(F.count(F.lit(1)).alias("_times")).where(F.col("_times") > 1)
    is_same = reduce(and_, (value == F.col(alias) for value, alias in zip(values, same, strict=True)))
    latest = [file.latest_by] if file.latest_by else []
    contenders = good.select("_line", *file.key, *latest).join(repeated, is_same)
    order = Window.partitionBy(*same).orderBy(*(F.desc_nulls_last(name) for name in latest), F.desc("_line"))
    ranked = contenders.select(F.col("_line").alias("_loser"), F.first("_line").over(order).alias("_winner"))
    return ranked.where(F.col("_loser") != F.col("_winner"))


def quarantined(classified: DataFrame, file: LandingFile) -> DataFrame:
    """The other rows as table `quarantine_<source>`."""
    from pyspark.sql import functions as F  # noqa: N812

    values = {
        "source": F.lit(file.source),
        "file": F.col("_file"),
        "line": F.col("_line"),
        "rule": F.col(RULE),
        "text": F.col("_text"),
    }
    rejected = classified.where(F.col(RULE).isNotNull())
    return rejected.select(*(values[c.name].alias(c.name) for c in QUARANTINE_COLUMNS))


def commonest_rule(classified: DataFrame) -> tuple[str, int]:
    """The rule that most rows break, and how many; rules that differ in numbers, ids and quoted values only are one.

    Args:
        classified: Rows with `_rule`, at least one of which breaks a rule.

    Returns:
        Of one rule in several wordings, and of equally common rules, the one first in the alphabet.
    """
    from pyspark.sql import functions as F  # noqa: N812

    alike = F.regexp_replace(RULE, "'.*'|t[ms][0-9]+|[0-9]+", "")
    broken = classified.where(F.col(RULE).isNotNull()).groupBy(alike.alias("_alike"))
    counted = broken.agg(F.count(F.lit(1)).alias("_rows"), F.min(RULE).alias("_first"))
    row = counted.orderBy(F.desc("_rows"), "_first").first()
    assert row
    return row["_first"], row["_rows"]


def _row_rules(file: LandingFile) -> Iterator[Column]:
    """For each rule its name where a row breaks it, else null; in order of precedence."""
    from pyspark.sql import functions as F  # noqa: N812

    yield F.when(F.col("_error").isNotNull(), F.concat(F.lit("unreadable: "), F.col("_error")))
    for c in file.columns:
        value = F.col(c.name)
        if not c.nullable:
            yield F.when(value.isNull(), F.lit(f"{c.name}: null"))
        if c.blank_is_null:
            yield F.when(~value.rlike(f"[^{BLANK}]"), F.lit(f"{c.name}: blank"))
        if c.minimum is not None:
            yield F.when(value < F.lit(c.minimum), F.lit(f"{c.name}: below {c.minimum:.15g}"))
        if c.maximum is not None:
            yield F.when(value > F.lit(c.maximum), F.lit(f"{c.name}: above {c.maximum:.15g}"))
        if c.pattern is not None:
            broken = f"is not {c.meaning}" if c.meaning else f"does not match {c.pattern}"
            yield F.when(~value.rlike(rf"\A(?:{c.pattern})\z"), F.lit(f"{c.name}: {broken}"))
        for what, pattern in c.forbidden or ():
            yield F.when(value.rlike(rf"\A(?:{pattern})\z"), F.lit(f"{c.name}: is {what}"))
        if c.whole:
            yield F.when(value != F.floor(value), F.lit(f"{c.name}: not a whole number"))
