"""A file of rows of which none can be kept is refused: it is another file than it should be, not an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from movierec_assets.domain.cleaning import commonest_rule

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from movierec_assets.schema import LandingFile

NAME = "some_rows_kept"


def kept_spec(asset: str) -> dg.AssetCheckSpec:
    """The blocking check on a cleaned table."""
    return dg.AssetCheckSpec(
        NAME, asset=asset, description="Of a file that has rows some are kept.", blocking=True
    )


def kept_result(
    asset: str, file: LandingFile, classified: DataFrame, counts: dict[str, int]
) -> dg.AssetCheckResult:
    """Look at the counts `before` and `kept`; where none is kept, also at why.

    Args:
        asset: The cleaned table.
        file: Its landing file.
        classified: The file's rows with their rules.
        counts: Rows.
    """
    passed = counts["kept"] > 0 or counts["before"] == 0
    said = None
    if not passed:
        rule, rows = commonest_rule(classified)
        said = (
            f"none of the {counts['before']:,} rows of {file.path} can be kept, {rows:,} of them as `{rule}`; "
            "what was there before stays: land a mended file"
        )
    return dg.AssetCheckResult(
        passed=passed,
        asset_key=dg.AssetKey(asset),
        check_name=NAME,
        metadata={k: counts[k] for k in ("before", "kept")},
        description=said,
    )
