"""What an evaluation must show before anything of the model is published: no leak, and a model worth publishing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import dagster as dg

from movierec_assets.domain.recommender.gate import MODEL
from movierec_assets.domain.recommender.protocols import PROTOCOLS

if TYPE_CHECKING:
    from movierec_assets.domain.recommender.gate import Verdict
    from movierec_assets.domain.recommender.leakage import Leakage
    from movierec_assets.io_managers.lake import LakeTable

NO_LEAK = "no_leak"
GATE = "beats_popularity"
CHECKS = {
    NO_LEAK: "No held-out rating was trained on; cut by time, no training rating is later than a held-out one.",
    GATE: "By nDCG the ranking model beats popularity and does not fall behind the live model.",
}


def evaluation_specs(asset: str) -> list[dg.AssetCheckSpec]:
    """The checks, all blocking."""
    return [
        dg.AssetCheckSpec(name, asset=asset, description=text, blocking=True) for name, text in CHECKS.items()
    ]


def leakage_result(asset: str, leaks: Mapping[str, Leakage]) -> dg.AssetCheckResult:
    """Look at what each protocol's split leaks.

    Args:
        asset: Asset that the result belongs to.
        leaks: By protocol.
    """
    rows = {
        f"{name}: {kind}": count
        for name, found in leaks.items()
        for kind, count, counts in (
            ("trained on and held out", found.repeated_rows, True),
            ("trained on, later than a held-out one", found.later_rows, PROTOCOLS[name].by_time),
        )
        if counts
    }
    broken = {what: count for what, count in rows.items() if count}
    return dg.AssetCheckResult(
        passed=not broken,
        asset_key=dg.AssetKey(asset),
        check_name=NO_LEAK,
        metadata=dict(rows),
        description="; ".join(f"{count} ratings {what}" for what, count in broken.items()) or None,
    )


def gate_result(asset: str, verdict: Verdict, version: str, accepted: str) -> dg.AssetCheckResult:
    """The gate's verdict as a check; where nothing could be judged it passes with a warning.

    Args:
        asset: Asset that the result belongs to.
        verdict: Of the gate.
        version: Version of the ranking model.
        accepted: Version that somebody publishes whatever the verdict is; its failure is a warning.
    """
    said, severity = verdict.reason, dg.AssetCheckSeverity.ERROR
    if not verdict.judged:
        severity = dg.AssetCheckSeverity.WARN
    elif not verdict.passed and version == accepted:
        said, severity = f"{said}; accepted by MOVIEREC_ACCEPTED_MODEL", dg.AssetCheckSeverity.WARN
    elif not verdict.passed:
        said = (
            f"{said}. What was published stays live. Train another: raise MOVIEREC_RANKING__RANK or"
            " MOVIEREC_RANKING__MAX_ITER, or go back to their defaults. To publish this very model all the same, set"
            f" MOVIEREC_ACCEPTED_MODEL={version} and run again"
        )
    return dg.AssetCheckResult(
        passed=verdict.passed,
        asset_key=dg.AssetKey(asset),
        check_name=GATE,
        severity=severity,
        metadata={**verdict.figures, "model_version": version},
        description=said,
    )


def stop_unless_evaluated(evaluation: LakeTable, version: str) -> None:
    """Let nothing be published of a ranking model that its evaluation has not let pass, whoever asked for it.

    A refused evaluation is not written, so the table names the last model that passed; without rows there was nothing
    to judge by.

    Args:
        evaluation: `model_evaluation`.
        version: Version of the ranking model.

    Raises:
        dg.Failure: The evaluation is of another model.
    """
    versions = evaluation.arrow(["recommender", "model_version"]).to_pylist()
    passed = {row["model_version"] for row in versions if row["recommender"] == MODEL}
    if passed - {version}:
        raise dg.Failure(
            f"{MODEL} {version} has not passed model_evaluation; the last that did is {', '.join(sorted(passed))}."
            " What was published stays live. `movierec run` evaluates it first",
            allow_retries=False,
        )
