"""One walk from the command line: everything opened, the landing zone looked at, progress shown, all closed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from movierec_assets.cli.app import progress, say
from movierec_assets.cli.interrupt import ending_at_once
from movierec_assets.cli.selection import selection
from movierec_assets.runtime import Runtime, open_runtime

if TYPE_CHECKING:
    import dagster as dg
    import psycopg

    from movierec_assets.automation.progress import Progress
    from movierec_assets.automation.sources import Landed
    from movierec_assets.automation.staleness import Graph
    from movierec_assets.automation.walk import Walk
    from movierec_assets.settings import Settings


@contextmanager
def walking(
    chosen: Settings, select: list[str] | None, force: bool, *, quiet: bool = False, look_only: bool = False
) -> Iterator[Walk]:
    """A walk ready to go; only one at a time on one database, and Ctrl-C ends it at once.

    Args:
        chosen: The settings.
        select: As `selection` takes it.
        force: Whether all that is selected counts as stale.
        quiet: Whether to show no progress.
        look_only: Whether the walk is only to be asked for its plan; nothing is landed and no turn awaited then.
    """
    with (
        ending_at_once(lambda: stop_database_after_exit(chosen)),
        _walk(chosen, select, force, quiet, look_only) as walk,
    ):
        yield walk


def stop_database_after_exit(chosen: Settings) -> None:
    """Let the embedded database, where it is used, end after this process."""
    if chosen.embedded_database:
        from movierec_assets.resources.embedded_postgres import stop_embedded_after_exit

        stop_embedded_after_exit(chosen.home)


@contextmanager
def _walk(
    chosen: Settings, select: list[str] | None, force: bool, quiet: bool, look_only: bool
) -> Iterator[Walk]:
    runtime = open_runtime(chosen)
    from movierec_assets.automation.progress import NAME, progress_logger
    from movierec_assets.automation.sources import settle
    from movierec_assets.automation.staleness import Graph
    from movierec_assets.automation.walk import Walk
    from movierec_assets.definitions import build_assets, build_defs
    from movierec_assets.instance import open_instance
    from movierec_assets.io_managers.inventory import lost
    from movierec_assets.resources.connection import explained
    from movierec_assets.resources.turns import bury_dead_runs, take_turn

    graph = Graph.of(build_assets(chosen, runtime.database))
    # Before anything is landed or waited for: it may be misspelt.
    selected = selection(graph, select)
    with (
        explained(runtime.database),
        open_instance(chosen, runtime.database) as instance,
        runtime.database.connect(autocommit=True) as connection,
        _shown(quiet) as tell,
    ):
        if not look_only:
            take_turn(connection, say)
            bury_dead_runs(instance, connection)
        landed = _look(runtime, connection, land=not look_only)
        _observe(instance, landed)
        yield Walk(
            definitions=build_defs(chosen, loggers={NAME: progress_logger(tell)}),
            graph=graph,
            instance=instance,
            selected=selected,
            lost=partial(lost, chosen.lake_uri, runtime.database),
            absent=_absent(graph, landed),
            force=force,
            loggers={NAME: {}},
        )
        settle(connection, instance)


def _look(runtime: Runtime, connection: psycopg.Connection, *, land: bool) -> Landed:
    from movierec_assets.automation.sources import look
    from movierec_assets.cli.land import land_default
    from movierec_assets.migrations import upgrade

    upgrade(connection)
    landed = look(connection, runtime.zone)
    if not any(landed.sources) and land:
        land_default(runtime)
        landed = look(connection, runtime.zone)
    if not any(landed.sources):
        say("nothing has landed yet: `movierec run` lands a dataset, `movierec land` one of your choice")
        return landed
    for dataset in landed.absent:
        say(f"{dataset}: nothing has landed, skipped")
    for message in landed.incomplete.values():
        say(message)
    return landed


def _observe(instance: dg.DagsterInstance, landed: Landed) -> None:
    from movierec_assets.automation.sources import observations

    for observation in observations(instance, landed):
        instance.report_runless_asset_event(observation)


def _absent(graph: Graph, landed: Landed) -> dict[dg.AssetKey, str]:
    from movierec_assets.assets.landing import source_key
    from movierec_assets.automation.walk import NOT_LANDED
    from movierec_assets.schema import LANDING_FILES

    missing = [f for f in LANDING_FILES.values() if f.dataset in landed.absent]
    keys = graph.descendants(source_key(f) for f in missing)
    return dict.fromkeys(keys, NOT_LANDED)


@contextmanager
def _shown(quiet: bool) -> Iterator[Progress]:
    steps: dict[str, TaskID] = {}
    shown = progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), quiet=quiet)

    def report(step: str, phase: str) -> None:
        if phase == "started":
            steps[step] = shown.add_task(step)
        elif step in steps:
            shown.remove_task(steps.pop(step))

    with shown:
        yield report
