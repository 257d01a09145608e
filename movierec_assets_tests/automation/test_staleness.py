"""Staleness on a small graph, from the records of real materialisations.

file → raw → kept, rejected (one step) → features, model → report
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import pytest

from movierec_assets.automation.conditions import automated
from movierec_assets.automation.staleness import DATA_VERSION_TAG, Graph, Staleness, recorded

EVERYTHING = ["raw", "kept", "rejected", "features", "model", "report"]


@dataclass
class World:
    """What the assets contain, and their code and parameters, now."""

    instance: dg.DagsterInstance
    content: dict[str, str] = field(default_factory=lambda: dict.fromkeys(EVERYTHING, "a"))
    code: dict[str, str] = field(default_factory=lambda: dict.fromkeys(EVERYTHING, "1"))
    rank: int = 10
    features_reads: tuple[str, ...] = ("kept",)
    broken: set[str] = field(default_factory=set)
    lost: dict[str, str] = field(default_factory=dict)

    def definitions(self) -> list[dg.AssetsDefinition | dg.AssetSpec]:
        def asset(
            name: str, deps: tuple[str, ...], parameters: dict[str, Any] | None = None
        ) -> dg.AssetsDefinition:
            metadata = {"parameters": parameters} if parameters else {}

            @dg.asset(name=name, deps=deps, code_version=self.code[name], metadata=metadata)
            def made() -> dg.MaterializeResult[None]:
                if name in self.broken:
                    raise dg.Failure("broken")
                recorded = {k: dg.MetadataValue.json(v) for k, v in metadata.items()}
                return dg.MaterializeResult(
                    data_version=dg.DataVersion(self.content[name]), metadata=recorded
                )

            return made

        @dg.multi_asset(
            specs=[dg.AssetSpec(n, deps=["raw"], code_version=self.code[n]) for n in ("kept", "rejected")]
        )
        def clean() -> Iterator[dg.MaterializeResult[None]]:
            for name in ("kept", "rejected"):
                yield dg.MaterializeResult(name, data_version=dg.DataVersion(self.content[name]))

        # Downstream first, so that nothing rests on the order of definitions.
        return [
            asset("report", ("features", "model")),
            asset("model", ("kept",), {"rank": self.rank}),
            asset("features", self.features_reads),
            clean,
            asset("raw", ("file",)),
            dg.AssetSpec("file"),
        ]

    def staleness(self) -> Staleness:
        def lost(versions: Mapping[str, str | None]) -> dict[str, str]:
            return {
                name: f"version {versions[name]} {how}" for name, how in self.lost.items() if name in versions
            }

        return Staleness(Graph.of(self.definitions()), self.instance, lost)

    def observe(self, content: str) -> None:
        observation = dg.AssetObservation("file", tags={DATA_VERSION_TAG: content})
        self.instance.report_runless_asset_event(observation)

    def materialise(self, *names: str) -> None:
        dg.materialize(self.definitions(), instance=self.instance, selection=names, raise_on_error=False)

    def certain(self) -> dict[str, str]:
        return {k.to_user_string(): cause for k, cause in self.staleness().certain().items()}

    def causes(self) -> dict[str, str]:
        return {k.to_user_string(): cause for k, cause in self.staleness().causes().items()}


@pytest.fixture
def empty() -> Iterator[World]:
    with dg.DagsterInstance.ephemeral() as instance:
        world = World(instance)
        world.observe("a")
        yield world


@pytest.fixture
def world(empty: World) -> World:
    empty.materialise(*EVERYTHING)
    return empty


def test_what_was_never_materialised_is_materialised_at_once_and_upstream_first(empty: World) -> None:
    assert empty.certain() == dict.fromkeys(EVERYTHING, "never materialised")
    assert list(empty.certain()) == [k.to_user_string() for k in Graph.of(empty.definitions()).assets]
    order = list(empty.certain())
    assert order.index("raw") < order.index("kept") < order.index("model") < order.index("report")


def test_after_everything_was_materialised_nothing_is_stale(world: World) -> None:
    assert world.causes() == world.certain() == {}


def test_unchanged_upstream_content_requests_nothing(world: World) -> None:
    world.observe("a")
    world.materialise("raw", "kept", "rejected")
    assert world.causes() == {}


def test_changed_file_makes_only_its_reader_certain_and_everything_behind_it_possible(world: World) -> None:
    world.observe("b")
    assert world.certain() == {"raw": "file changed"}
    assert world.causes() == {
        "raw": "file changed",
        "kept": "if raw changes",
        "rejected": "if raw changes",
        "features": "if kept changes",
        "model": "if kept changes",
        "report": "if features changes",
    }


def test_rebuilt_to_equal_content_ends_the_walk(world: World) -> None:
    world.observe("b")
    world.materialise("raw")
    assert world.causes() == {}


def test_changed_content_makes_its_direct_readers_stale(world: World) -> None:
    world.observe("b")
    world.content["raw"] = "b"
    world.materialise("raw")
    assert world.certain() == {"kept": "raw changed", "rejected": "raw changed"}


def test_output_that_nobody_reads_makes_nothing_stale_when_it_changes(world: World) -> None:
    world.content |= {"raw": "b", "rejected": "b"}
    world.materialise("raw", "kept", "rejected")
    assert world.causes() == {}


def test_lost_content_is_made_again_with_its_cause_whatever_its_inputs(world: World) -> None:
    world.lost = {"kept": "is gone"}
    assert world.certain() == {"kept": "version a is gone", "rejected": "version a is gone"}
    world.code["kept"] = "2"
    assert world.certain()["kept"] == "its code changed"


def test_what_was_never_made_is_not_lost(empty: World) -> None:
    empty.lost = {"kept": "is gone"}
    assert empty.certain() == dict.fromkeys(EVERYTHING, "never materialised")


def test_content_that_comes_back_makes_its_readers_stale_again(world: World) -> None:
    for content in ("b", "a"):
        world.content["kept"] = content
        world.materialise("kept", "rejected")
        assert world.certain() == {"features": "kept changed", "model": "kept changed"}
        world.materialise("features", "model", "report")
        assert world.causes() == {}


def test_changed_parameter_makes_its_asset_stale_and_says_from_what_to_what(world: World) -> None:
    world.rank = 20
    assert world.certain() == {"model": "parameter changed: rank 10 → 20"}
    assert world.causes() == {"model": "parameter changed: rank 10 → 20", "report": "if model changes"}
    world.rank = 10
    assert world.causes() == {}


def test_changed_code_version_makes_its_asset_stale(world: World) -> None:
    world.code["features"] = "2"
    assert world.certain() == {"features": "its code changed"}


def test_new_input_makes_its_reader_stale(world: World) -> None:
    world.features_reads = ("kept", "rejected")
    assert world.certain() == {"features": "rejected is a new input"}


def test_asset_behind_a_stale_input_waits_even_if_stale_of_itself(world: World) -> None:
    world.observe("b")
    world.rank = 20
    assert world.certain() == {"raw": "file changed"}
    assert world.causes()["model"] == "parameter changed: rank 10 → 20"


def test_assets_stale_of_themselves_one_above_the_other_go_together(world: World) -> None:
    world.observe("b")
    world.code |= {"kept": "2", "rejected": "2"}
    assert world.certain() == {
        "raw": "file changed",
        "kept": "its code changed",
        "rejected": "its code changed",
    }


def test_what_one_step_makes_is_materialised_together(world: World) -> None:
    world.code["rejected"] = "2"
    assert world.certain() == {"kept": "its code changed", "rejected": "its code changed"}


def test_failed_materialisation_leaves_its_asset_stale(world: World) -> None:
    world.rank, world.broken = 20, {"model"}
    world.materialise("model")
    assert world.certain() == {"model": "parameter changed: rank 10 → 20"}


def test_only_the_selected_are_certain(world: World) -> None:
    world.rank = 20
    world.code["features"] = "2"
    assert set(world.staleness().certain([dg.AssetKey("features")])) == {dg.AssetKey("features")}


def test_record_holds_what_the_materialisation_was_made_of(world: World) -> None:
    record = recorded(world.instance, dg.AssetKey("model"))
    assert record is not None
    assert (record.data_version, record.code_version) == ("a", "1")
    assert (record.inputs, record.parameters) == ({"kept": "a"}, {"rank": 10})


def test_descendants_are_the_keys_and_all_that_depends_on_them(world: World) -> None:
    graph = Graph.of(world.definitions())
    found = {k.to_user_string() for k in graph.descendants([dg.AssetKey("kept")])}
    assert found == {"kept", "features", "model", "report"}


def test_what_is_made_on_demand_is_never_stale_and_holds_nothing_back() -> None:
    @dg.asset(metadata={"on_demand": "movierec tune"}, deps=["raw"])
    def search() -> None: ...

    @dg.asset(deps=["raw"])
    def kept() -> None: ...

    @dg.asset
    def raw() -> None: ...

    graph = Graph.of([search, kept, raw])
    assert [key.to_user_string() for key in graph.assets] == ["raw", "kept"]
    with dg.DagsterInstance.ephemeral() as instance:
        assert [k.to_user_string() for k in Staleness(graph, instance).certain(wait=True)] == ["raw", "kept"]
    policies = {
        s.key.to_user_string(): s
        for d in automated([search, kept, raw], lambda versions: {})
        for s in d.specs
    }
    assert [name for name, spec in policies.items() if spec.automation_condition is None] == ["search"]
