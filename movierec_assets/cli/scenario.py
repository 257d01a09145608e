"""`movierec scenario make|list|report|drop`: named scenarios of the simulation, side by side."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from movierec_assets.cli.app import app, err, fail, say, settings
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
    with Progress(*columns, console=err, transient=True) as shown:
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
    what = "made" if done.tally else "was there already"
    say(f"scenario {name} {what}: {done.users:,} users, {done.sessions:,} sessions")


@commands.command("list")
def list_(as_csv: Csv = False) -> None:
    """List the scenarios."""
    from movierec_assets.curated import scenarios

    found = scenarios.scenarios(open_runtime(settings()).database)
    print_rows(
        ["scenario", "users", "sessions", "days", "seed", "made at"],
        [(s.name, s.users, s.sessions, s.parameters["days"], s.parameters["seed"], s.made_at) for s in found],
        as_csv,
    )


@commands.command()
def report(name: Name, as_csv: Csv = False) -> None:
    """Print what a scenario was asked for beside what came out."""
    from movierec_assets.curated import scenarios

    found = {s.name: s for s in scenarios.scenarios(open_runtime(settings()).database)}
    if name not in found:
        fail(f"no scenario {name!r}; there are {', '.join(found) or 'none'}")
    columns = ["what", "asked", "got", "relative_difference"]
    print_rows(columns, [[row[c] for c in columns] for row in found[name].fidelity], as_csv)


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
