"""Why an asset is stale, from its last materialisation's own records. Public Dagster API only.

A materialisation records its code version, the data version of every input and (as metadata) its parameters. An asset
is stale when it has none, when one of these is no longer what the definitions and the inputs say now, or when its
content is no longer where it was put. Data versions are content hashes, so a rebuilt but equal input makes nothing
stale.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import dagster as dg

from movierec_assets.assets.spec import ON_DEMAND, OPTIONAL

CODE_VERSION_TAG = "dagster/code_version"
DATA_VERSION_TAG = "dagster/data_version"
INPUT_TAG_PREFIX = "dagster/input_data_version/"
PARAMETERS = "parameters"


Lost = Callable[[Mapping[str, str | None]], Mapping[str, str]]
"""Finds, among assets with the data version that each had last, those whose content is no longer where it belongs; with
the cause, by the asset's name."""


@dataclass(frozen=True)
class Declared:
    """What the definitions say of an asset now.

    Attributes:
        key: The asset.
        code_version: As declared.
        parameters: Its parameters as the settings have them.
        upstream: Direct inputs.
        optional: Those of them without which it can be made.
        together: Assets that the same step makes, itself included.
        step: Name of that step.
    """

    key: dg.AssetKey
    code_version: str | None
    parameters: Mapping[str, Any]
    upstream: frozenset[dg.AssetKey]
    optional: frozenset[dg.AssetKey] = field(default_factory=frozenset)
    together: frozenset[dg.AssetKey] = field(default_factory=frozenset)
    step: str = ""


@dataclass(frozen=True)
class Graph:
    """Every asset that can be stale, upstream first, and the external sources.

    Attributes:
        assets: In topological order; without those that are made on demand only.
        sources: External assets; their data versions come from observations.
        definitions: What the graph was read from.
    """

    assets: Mapping[dg.AssetKey, Declared]
    sources: frozenset[dg.AssetKey]
    definitions: tuple[dg.AssetsDefinition | dg.AssetSpec, ...]

    @classmethod
    def of(cls, assets: Iterable[dg.AssetsDefinition | dg.AssetSpec]) -> Graph:
        """Read the graph from asset definitions."""
        declared: dict[dg.AssetKey, Declared] = {}
        sources: set[dg.AssetKey] = set()
        definitions = tuple(assets)
        for definition in definitions:
            if isinstance(definition, dg.AssetSpec):
                sources.add(definition.key)
                continue
            for spec in definition.specs:
                if ON_DEMAND in spec.metadata:
                    continue
                declared[spec.key] = Declared(
                    spec.key,
                    spec.code_version,
                    spec.metadata.get(PARAMETERS, {}),
                    frozenset(dep.asset_key for dep in spec.deps),
                    frozenset(map(dg.AssetKey, spec.metadata.get(OPTIONAL, ()))),
                    frozenset(definition.keys),
                    definition.op.name,
                )
        return cls(_upstream_first(declared), frozenset(sources), definitions)

    def descendants(self, keys: Iterable[dg.AssetKey]) -> set[dg.AssetKey]:
        """The keys themselves and everything that cannot be made without them."""
        found = set(keys)
        for key, asset in self.assets.items():
            if (asset.upstream - asset.optional) & found:
                found.add(key)
        return found


def _upstream_first(declared: dict[dg.AssetKey, Declared]) -> dict[dg.AssetKey, Declared]:
    ordered: dict[dg.AssetKey, Declared] = {}

    def visit(key: dg.AssetKey) -> None:
        if key in ordered or key not in declared:
            return
        for upstream in sorted(declared[key].upstream):
            visit(upstream)
        ordered[key] = declared[key]

    for key in declared:
        visit(key)
    return ordered


@dataclass(frozen=True)
class Recorded:
    """What the last materialisation of an asset (or observation of a source) recorded."""

    data_version: str | None
    code_version: str | None
    inputs: Mapping[str, str]
    parameters: Mapping[str, Any]
    metadata: Mapping[str, Any]
    run_id: str | None


def recorded(instance: dg.DagsterInstance, key: dg.AssetKey, *, source: bool = False) -> Recorded | None:
    """The last record of an asset; None where it was never materialised (a source: never observed)."""
    if source:
        records = instance.fetch_observations(key, limit=1).records
        if not records:
            return None
        observation = records[0].asset_observation
        assert observation is not None
        return Recorded(observation.tags.get(DATA_VERSION_TAG), None, {}, {}, {}, records[0].run_id)
    event = instance.get_latest_materialization_event(key)
    if event is None or event.asset_materialization is None:
        return None
    tags = event.asset_materialization.tags or {}
    metadata: dict[str, Any] = {
        name: value.value for name, value in event.asset_materialization.metadata.items()
    }
    return Recorded(
        tags.get(DATA_VERSION_TAG),
        tags.get(CODE_VERSION_TAG),
        {k.removeprefix(INPUT_TAG_PREFIX): v for k, v in tags.items() if k.startswith(INPUT_TAG_PREFIX)},
        metadata.get(PARAMETERS, {}),
        metadata,
        event.run_id,
    )


class Staleness:
    """Staleness of a whole graph at one moment; each asset's record is read once."""

    def __init__(self, graph: Graph, instance: dg.DagsterInstance, lost: Lost = lambda versions: {}) -> None:
        self.graph = graph
        self._instance = instance
        self._find_lost = lost
        self._records: dict[dg.AssetKey, Recorded | None] = {}

    @cached_property
    def _lost(self) -> Mapping[str, str]:
        records = {key.path[-1]: self.record(key) for key in self.graph.assets}
        return self._find_lost({name: last.data_version for name, last in records.items() if last})

    def record(self, key: dg.AssetKey) -> Recorded | None:
        """The last record of an asset or source."""
        if key not in self._records:
            self._records[key] = recorded(self._instance, key, source=key in self.graph.sources)
        return self._records[key]

    def lost(self, key: dg.AssetKey) -> str | None:
        """How the asset's content is no longer where it was put, or None."""
        return self._lost.get(key.path[-1])

    def cause(self, key: dg.AssetKey) -> str | None:
        """Why the asset is stale of itself, or None; whether an input is stale is not asked here."""
        return self._own_cause(key) or self._input_cause(key)

    def only_inputs_changed(self, key: dg.AssetKey) -> bool:
        """Whether the asset is stale of itself through its inputs and nothing else; so is one never materialised."""
        if self.record(key) is None:
            return True
        return self._own_cause(key) is None and self._input_cause(key) is not None

    def _own_cause(self, key: dg.AssetKey) -> str | None:
        declared, last = self.graph.assets[key], self.record(key)
        if last is None:
            return "never materialised"
        if last.code_version != declared.code_version:
            return "its code changed"
        if last.parameters != declared.parameters:
            return f"parameter changed: {_difference(last.parameters, declared.parameters)}"
        return self.lost(key)

    def _input_cause(self, key: dg.AssetKey) -> str | None:
        declared, last = self.graph.assets[key], self.record(key)
        assert last is not None
        for upstream in sorted(declared.upstream):
            now, then = self.record(upstream), last.inputs.get(upstream.to_user_string())
            if now is not None and now.data_version != then:
                name = upstream.to_user_string()
                return f"{name} changed" if then is not None else f"{name} is a new input"
        return None

    def causes(self) -> dict[dg.AssetKey, str]:
        """Every asset that is stale or has a stale input, with the cause, upstream first.

        An asset behind a stale input may turn out fresh, when that input's new content equals the old.
        """
        found: dict[dg.AssetKey, str] = {}
        for key, asset in self.graph.assets.items():
            if cause := self.cause(key):
                found[key] = cause
            elif behind := [k for k in sorted(asset.upstream) if k in found]:
                found[key] = f"if {behind[0].to_user_string()} changes"
        return found

    def certain(
        self, among: Iterable[dg.AssetKey] | None = None, *, wait: bool = False
    ) -> dict[dg.AssetKey, str]:
        """The assets that can be materialised now, with the cause, upstream first.

        Those that are stale of themselves and all of whose inputs are fresh or in this set too.

        Args:
            among: Only these; default all.
            wait: Whether a stale asset that is not among these holds back what is below it.
        """
        allowed = set(self.graph.assets) if among is None else set(among)
        found: dict[dg.AssetKey, str] = {}
        waiting: set[dg.AssetKey] = set()
        for key, asset in self.graph.assets.items():
            cause = self.cause(key)
            if (asset.upstream - asset.optional) & waiting:
                waiting.add(key)
            elif cause and key in allowed:
                found[key] = cause
            elif asset.upstream & set(found) or (cause and wait):
                waiting.add(key)
        return self._whole_steps(found)

    def _whole_steps(self, found: dict[dg.AssetKey, str]) -> dict[dg.AssetKey, str]:
        whole = dict(found)
        for key, cause in found.items():
            for sibling in self.graph.assets[key].together:
                whole.setdefault(sibling, cause)
        return {key: whole[key] for key in self.graph.assets if key in whole}


def _difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = sorted(n for n in {*then, *now} if then.get(n) != now.get(n))
    return ", ".join(f"{n} {json.dumps(then.get(n))} → {json.dumps(now.get(n))}" for n in names)
