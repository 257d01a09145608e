"""The daemon's policy: materialise what is stale, with the walker's own rule, so both cut off at equal content.

Dagster's `eager()` re-runs descendants when an upstream run produced equal data, and `data_version_changed()` is an
edge that a failed run loses. This condition is a level: true as long as the asset is stale and nothing stale is above
it that could still turn out equal.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from typing import Any

import dagster as dg

from movierec_assets.automation.staleness import Graph, Lost, Staleness

RETRY_AFTER = datetime.timedelta(hours=1)


class Stale(dg.AutomationCondition[dg.AssetKey]):
    """True when the asset can and must be materialised now.

    The same situation (code, parameters, inputs, lost content) is requested once, and once more each hour while it
    lasts: a run that fails for good does not loop, and one that failed for a passing reason is not lost.
    """

    def __init__(self, graph: Graph, landed: set[dg.AssetKey], lost: Lost) -> None:
        self._graph = graph
        self._landed = landed
        self._lost = lost
        self._evaluation: tuple[Any, Staleness] | None = None

    @property
    def description(self) -> str:
        """What the UI shows."""
        return "stale: code, parameters or an input's content changed or its own is lost, and every input is final"

    def evaluate(self, context: dg.AutomationContext[dg.AssetKey]) -> dg.AutomationResult[dg.AssetKey]:
        """Ask the staleness rule, and skip what was requested already."""
        key, before = context.key, context.cursor
        if context.candidate_subset.is_empty or key not in self._requestable(context):
            return dg.AutomationResult(context, context.get_empty_subset(), cursor=before)
        now = context.evaluation_time
        situation = self._situation(context, key)
        if before is not None:
            requested, _, at = before.partition(" ")
            # Either way: a clock that was set back must not put off what failed until it has caught up.
            if requested == situation and abs(now - datetime.datetime.fromisoformat(at)) < RETRY_AFTER:
                return dg.AutomationResult(context, context.get_empty_subset(), cursor=before)
        return dg.AutomationResult(context, context.candidate_subset, cursor=f"{situation} {now.isoformat()}")

    def _requestable(self, context: dg.AutomationContext[dg.AssetKey]) -> dict[dg.AssetKey, str]:
        staleness = self._staleness(context)
        # The landing sensor starts these for what is new in their files; anything else is for this condition to see.
        left = {key for key in self._landed if staleness.only_inputs_changed(key)}
        return staleness.certain(set(self._graph.assets) - left, wait=True)

    def _staleness(self, context: dg.AutomationContext[dg.AssetKey]) -> Staleness:
        tick = (context.evaluation_id, context.evaluation_time)
        if self._evaluation is None or self._evaluation[0] != tick:
            self._evaluation = (tick, Staleness(self._graph, context.asset_graph_view.instance, self._lost))
        return self._evaluation[1]

    def _situation(self, context: dg.AutomationContext[dg.AssetKey], key: dg.AssetKey) -> str:
        staleness, declared = self._staleness(context), self._graph.assets[key]
        inputs = [
            (k.to_user_string(), r.data_version if (r := staleness.record(k)) else None)
            for k in sorted(declared.upstream)
        ]
        facts = (declared.code_version, sorted(declared.parameters.items()), inputs, staleness.lost(key))
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def automated(
    definitions: Iterable[dg.AssetsDefinition | dg.AssetSpec], lost: Lost
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Give every asset but the sources the policy.

    Args:
        definitions: Assets and sources.
        lost: Finds the assets whose content is not where it belongs.
    """
    graph = Graph.of(definitions)
    landed = {key for key, asset in graph.assets.items() if asset.upstream & graph.sources}
    condition = (
        ~dg.AutomationCondition.in_progress()
        & ~dg.AutomationCondition.any_deps_in_progress()
        & Stale(graph, landed, lost)
    )

    def with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
        if spec.key not in graph.assets:
            return spec
        return spec.replace_attributes(automation_condition=condition)

    return list(dg.map_asset_specs(with_policy, graph.definitions))
