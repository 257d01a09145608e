"""`movierec scenario make|list|report|drop`: named scenarios of the simulation, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from movierec_assets.cli.app import app, fail, progress, say, settings
from movierec_assets.cli.printing import Csv, print_rows
from movierec_assets.runtime import open_runtime

commands = typer.Typer(help="Fabricated users and viewings in PostgreSQL.", no_args_is_help=True)
app.add_typer(commands, name="scenario")

Name = Annotated[str, typer.Argument(help="Scenario's name.")]


@commands.command()
def make(
    name: Name,
    users: Annotated[int | None, typer.Option(help="Users at the end of the period.")] = None,
    days: Annotated[int | None, typer.Option(help="Length of the period.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Any parameter, as NAME=VALUE; may be given again.")
    ] = None,
) -> None:
    """Simulate a scenario; one of that name is replaced, equal parameters do nothing."""
    chosen = settings()
    given: dict[str, Any] = {"users": users, "days": days, "seed": seed}
    parameters = chosen.simulation.to_json() | {k: v for k, v in given.items() if v is not None}
    parameters |= dict(map(_assignment, set_ or []))
    from movierec_assets.curated import scenarios
    from movierec_assets.domain.simulation.parameters import SimulationParameterError, SimulationParameters

    columns = (TextColumn("sessions"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with progress(*columns) as shown:
        task = shown.add_task("sessions", total=None)
        try:
            done = scenarios.load(
                open_runtime(chosen).database,
                name,
                SimulationParameters.from_json(parameters),
                lambda n, total: shown.update(task, completed=n, total=total),
            )
        except SimulationParameterError as error:
            fail(str(error))
    what, made = "made" if done.made else "was there already", done.scenario
    say(f"scenario {name} {what}: {made.users:,} users, {made.sessions:,} sessions")


@commands.command("list")
def list_(as_csv: Csv = False) -> None:
    """List the scenarios; those without days, seed and time are rows that people added."""
    from movierec_assets.curated.held import hand_made, scenarios

    database = open_runtime(settings()).database
    rows: list[tuple[Any, ...]] = [
        (s.name, s.users, s.sessions, s.parameters.get("days"), s.parameters.get("seed"), s.made_at)
        for s in scenarios(database)
    ]
    rows += [(s.name, s.users, s.sessions, None, None, None) for s in hand_made(database)]
    print_rows(["scenario", "users", "sessions", "days", "seed", "made at"], sorted(rows), as_csv)


@commands.command()
def report(
    name: Name,
    as_csv: Csv = False,
    plots: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write figures and plots there, as an HTML page.")
    ] = None,
) -> None:
    """Print what a scenario was asked for beside what came out."""
    from movierec_assets.curated.held import scenario

    found = scenario(open_runtime(settings()).database, name)
    columns = ["what", "asked", "got", "relative_difference"]
    print_rows(columns, [[row[c] for c in columns] for row in found.fidelity or ()], as_csv)
    if plots:
        from movierec_assets.assets.fidelity import page

        plots.write_text(page(found), encoding="utf-8")
        say(f"plots: {plots}")


@commands.command()
def drop(name: Name) -> None:
    """Drop a scenario with its users and viewings."""
    from movierec_assets.curated import scenarios

    scenarios.drop(open_runtime(settings()).database, name)
    say(f"scenario {name} dropped")


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        fail(f"--set {text!r}: must be NAME=VALUE, such as popularity_exponent=1.1")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
