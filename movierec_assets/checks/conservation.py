"""No row is lost: rows in the file = rows kept + rows in quarantine."""

from __future__ import annotations

import dagster as dg

NAME = "row_conservation"


def conservation_spec(asset: str) -> dg.AssetCheckSpec:
    """The blocking check on a cleaned table."""
    return dg.AssetCheckSpec(
        NAME, asset=asset, description="Rows in the file = rows kept + rows in quarantine.", blocking=True
    )


def conservation_result(asset: str, counts: dict[str, int]) -> dg.AssetCheckResult:
    """Compare the counts `before`, `kept` and `quarantined`."""
    lost = counts["before"] - counts["kept"] - counts["quarantined"]
    return dg.AssetCheckResult(
        passed=lost == 0,
        asset_key=dg.AssetKey(asset),
        check_name=NAME,
        metadata={**counts},
        description=None
        if lost == 0
        else f"{lost} of {counts['before']} rows are neither kept nor in quarantine",
    )
