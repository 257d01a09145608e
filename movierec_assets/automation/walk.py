"""`movierec run`: walks the graph, materialises what is stale, and asks again after each step.

What is certainly stale runs together in one Dagster run; then staleness is asked anew, so that an upstream asset whose
new content equals the old stops the walk there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from movierec_assets.automation import REFRESH_JOB
from movierec_assets.automation.staleness import Graph, Lost, Staleness
from movierec_assets.resources.turns import WALK_TAG

NOT_LANDED = "its dataset has not landed"
OWN = re.compile(r"movierec_assets\.[\w.]+: ")
"""How the message of an error of this project begins."""


@dataclass
class Outcome:
    """What became of one asset.

    Attributes:
        asset: Name.
        status: `materialised`, `fresh`, `failed` or `skipped`.
        rows: Rows it has now, where it has rows.
        seconds: Time its last materialisation took, where it was materialised now.
        cause: Why it was materialised, failed or skipped.
    """

    asset: str
    status: str
    rows: int | None = None
    seconds: float | None = None
    cause: str = ""


@dataclass
class Report:
    """What a walk did, one outcome an asset, upstream first."""

    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return all(o.status != "failed" for o in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """The object that `movierec run --json` prints."""
        return {"ok": self.ok, "seconds": round(self.seconds, 2), "assets": [vars(o) for o in self.outcomes]}


@dataclass
class Walk:
    """One walk over the graph.

    Attributes:
        definitions: The application.
        graph: Its assets.
        instance: Dagster's instance.
        selected: Assets that may be materialised.
        absent: Assets that are skipped, with the reason, such as `NOT_LANDED`.
        lost: Finds the assets whose content is not where it belongs.
        force: Whether every selected asset counts as stale.
        loggers: Configuration of the runs' loggers.
    """

    definitions: dg.Definitions
    graph: Graph
    instance: dg.DagsterInstance
    selected: set[dg.AssetKey]
    lost: Lost
    absent: dict[dg.AssetKey, str] = field(default_factory=dict)
    force: bool = False
    loggers: dict[str, Any] = field(default_factory=dict)

    def plan(self) -> dict[dg.AssetKey, str]:
        """Each stale asset with its cause, upstream first, without doing anything."""
        if self.force:
            return {key: "forced" for key in self.graph.assets if key in self._open()}
        return {key: cause for key, cause in self._staleness().causes().items() if key in self._open()}

    def go(self) -> Report:
        """Materialise what is stale and report on every selected asset."""
        began = time.monotonic()
        outcomes: dict[dg.AssetKey, Outcome] = {}
        forced = self._open() if self.force else set()
        staleness = self._staleness()
        while batch := self._next(staleness, forced, outcomes):
            self._materialise(batch, outcomes)
            forced -= set(batch)
            staleness = self._staleness()
        report = Report(
            [
                self._outcome(key, staleness, outcomes)
                for key in self.graph.assets
                if key in self.selected | set(outcomes)
            ]
        )
        report.seconds = time.monotonic() - began
        return report

    def _staleness(self) -> Staleness:
        return Staleness(self.graph, self.instance, self.lost)

    def _open(self) -> set[dg.AssetKey]:
        return self.selected - set(self.absent)

    def _next(
        self, staleness: Staleness, forced: set[dg.AssetKey], outcomes: dict[dg.AssetKey, Outcome]
    ) -> dict[dg.AssetKey, str]:
        if forced:
            return {key: "forced" for key in self.graph.assets if key in forced}
        blocked = self.graph.descendants(k for k, o in outcomes.items() if o.status == "failed")
        return staleness.certain(self._open() - blocked)

    def _materialise(self, batch: dict[dg.AssetKey, str], outcomes: dict[dg.AssetKey, Outcome]) -> None:
        job = self.definitions.resolve_job_def(REFRESH_JOB)
        result = job.execute_in_process(
            instance=self.instance,
            asset_selection=list(batch),
            run_config={"loggers": self.loggers},
            # No retry by the daemon, whose definitions do not know the logger; the next walk goes on from here.
            tags={WALK_TAG: "1", "dagster/max_retries": "0"},
            raise_on_error=False,
        )
        done = {e.asset_key: e for e in result.all_events if e.is_step_materialization and e.asset_key}
        errors = self._errors(result.all_events)
        for key, cause in batch.items():
            name = key.to_user_string()
            if key in done and key not in errors:
                outcomes[key] = Outcome(name, "materialised", cause=cause)
            elif key in errors or not result.success:
                above = self.graph.assets[key].upstream & {
                    k for k, o in outcomes.items() if o.status in ("failed", "skipped")
                }
                if key in errors or not above:
                    outcomes[key] = Outcome(name, "failed", cause=errors.get(key, "its run failed"))
                else:
                    outcomes[key] = Outcome(name, "skipped", cause=f"{min(above).to_user_string()} failed")

    def _errors(self, events: Iterable[dg.DagsterEvent]) -> dict[dg.AssetKey, str]:
        by_step = {asset.step: asset.together for asset in self.graph.assets.values()}
        found: dict[dg.AssetKey, str] = {}
        for event in events:
            if event.is_step_failure and event.step_key in by_step:
                for key in by_step[event.step_key]:  # type: ignore[index]
                    found[key] = why_failed(event)
        return found

    def _outcome(
        self, key: dg.AssetKey, staleness: Staleness, outcomes: dict[dg.AssetKey, Outcome]
    ) -> Outcome:
        name = key.to_user_string()
        if key in self.absent:
            return Outcome(name, "skipped", cause=self.absent[key])
        outcome = outcomes.get(key)
        if outcome is None:
            failed = {k for k, o in outcomes.items() if o.status == "failed"}
            if key in self.graph.descendants(failed):
                return Outcome(name, "skipped", cause=f"{min(failed).to_user_string()} failed")
            outcome = Outcome(name, "fresh")
        record = staleness.record(key)
        if record is not None and outcome.status in ("fresh", "materialised"):
            outcome.rows = record.metadata.get("dagster/row_count")
            if outcome.status == "materialised":
                outcome.seconds = record.metadata.get("seconds")
        return outcome


def why_failed(event: dg.DagsterEvent) -> str:
    """Why a step failed."""
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    error = data.error
    # The project's own errors are written for people, to whom their class says nothing, nor what they come from.
    while error is not None and error.cause is not None and not OWN.match(error.message):
        error = error.cause
    return OWN.sub("", error.message.strip()) if error is not None else "failed without a message"
