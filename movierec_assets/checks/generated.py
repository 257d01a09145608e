"""Blocking checks that follow from the registry: columns and types, nulls, ranges, keys.

They run inside the asset's own step, on the one aggregate query that also gives the content hash, before anything is
written: a failed check leaves the live version as it was.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from movierec_assets.domain.profile import Profile, profile, schema_differences
from movierec_assets.io_managers.lake_io_manager import LakeOutput
from movierec_assets.schema import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CHECKS = {
    "columns_and_types": "Columns and their types are those of the registry.",
    "nulls": "Columns that must not be null are not.",
    "ranges": "Values lie in their range and match their pattern.",
    "keys": "No two rows share a key.",
}
RULES = {"nulls": ("null",), "ranges": ("below", "above", "pattern"), "keys": ("duplicate_key",)}


def check_specs(declared: Table) -> list[dg.AssetCheckSpec]:
    """The generated checks of a table, all blocking."""
    return [
        dg.AssetCheckSpec(name, asset=declared.name, description=text, blocking=True)
        for name, text in CHECKS.items()
    ]


@dataclass(frozen=True)
class Examined:
    """A table that was looked at and not yet written.

    Attributes:
        table: What it should be.
        data: Its rows.
        differences: How its columns differ from the registry's; then there are no facts.
        facts: Rows, content hash and broken rules, from one pass over the rows.
        started: When the look began (monotonic s).
    """

    table: Table
    data: "DataFrame"
    differences: list[str]
    facts: Profile | None
    started: float

    @property
    def rows(self) -> int:
        """Number of rows; 0 where the columns are wrong."""
        return self.facts.rows if self.facts else 0


def examine(declared: Table, data: "DataFrame") -> Examined:
    """Look at a table, in one pass over its rows."""
    started = time.monotonic()
    differences = schema_differences(data, declared)
    facts = None if differences else profile(data, declared)
    return Examined(declared, data, differences, facts, started)


def hand_over(
    examined: Examined, extra: list[dg.AssetCheckResult] | None = None, metadata: dict[str, Any] | None = None
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[LakeOutput]]:
    """What an asset yields: the results of its checks and, if none failed, its rows for the lake.

    Args:
        examined: The table.
        extra: Results of checks that the asset made itself; a failed one of severity ERROR stops it too.
        metadata: Of the materialisation.

    Raises:
        dg.Failure: A check failed; nothing is written.
    """
    results = [*registry_results(examined), *(extra or [])]
    yield from results
    stop_if_failed(results)
    assert examined.facts is not None
    version = examined.facts.content_hash
    yield dg.MaterializeResult(
        asset_key=dg.AssetKey(examined.table.name),
        value=LakeOutput(examined.data, version, examined.started),
        data_version=dg.DataVersion(version),
        metadata=metadata,
    )


def registry_results(examined: Examined) -> Iterator[dg.AssetCheckResult]:
    """One result per generated check; with wrong columns all fail."""
    key, facts, differences = dg.AssetKey(examined.table.name), examined.facts, examined.differences
    yield dg.AssetCheckResult(
        passed=not differences,
        asset_key=key,
        check_name="columns_and_types",
        description="; ".join(differences) or None,
    )
    for check, rules in RULES.items():
        broken = {
            k: v for k, v in (facts.violations if facts else {}).items() if v and k.partition(":")[0] in rules
        }
        yield dg.AssetCheckResult(
            passed=facts is not None and not broken,
            asset_key=key,
            check_name=check,
            metadata=dict(broken),
            description="; ".join(f"{n} rows break {rule}" for rule, n in broken.items()) or None,
        )


def stop_if_failed(results: list[dg.AssetCheckResult]) -> None:
    """Raise when a check of severity ERROR failed.

    Raises:
        dg.Failure: Names table, check and how many rows.
    """
    failed = [r for r in results if not r.passed and r.severity == dg.AssetCheckSeverity.ERROR]
    if failed:
        reasons = "; ".join(
            f"{r.asset_key.to_user_string() if r.asset_key else ''}.{r.check_name}: {r.description}"
            for r in failed
        )
        raise dg.Failure(f"nothing was written, a blocking check failed: {reasons}", allow_retries=False)
