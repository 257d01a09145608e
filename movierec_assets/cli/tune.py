"""`movierec tune`: search for better parameters of a model and say whether they are worth taking."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from movierec_assets.cli.app import app, fail, out, progress, say, settings
from movierec_assets.cli.interrupt import ending_at_once
from movierec_assets.cli.printing import print_rows
from movierec_assets.cli.session import stop_database_after_exit
from movierec_assets.runtime import Runtime, open_runtime

if TYPE_CHECKING:
    from movierec_assets.automation.progress import Advance

BEST_SHOWN = 5
GO_ON = "stopped; finished trials are kept, and the same command goes on after them"


@app.command()
def tune(
    model: Annotated[str, typer.Option(help="ranking_model or als_model.")] = "ranking_model",
    trials: Annotated[
        int, typer.Option(min=1, max=10_000, help="Trials in all, those of before counted.")
    ] = 30,
    timeout: Annotated[
        int | None, typer.Option(min=1, help="Seconds after which no trial begins; default no end.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout instead.")] = False,
) -> None:
    """Search for better parameters of a model; stopped, it goes on from there."""
    began = time.monotonic()
    from movierec_assets.domain.recommender.search_space import SEARCHED

    if model not in SEARCHED:
        fail(f"--model {model!r}: there are {', '.join(SEARCHED)}")
    runtime = open_runtime(settings())
    _refuse_without_ratings(runtime)
    config = {"model": model, "trials": trials, "timeout_seconds": timeout}
    with ending_at_once(lambda: stop_database_after_exit(runtime.settings), GO_ON):
        told = _searched(runtime, config, quiet=as_json)
    found = runtime.lake.open("model_search").arrow().sort_by("number").to_pylist()
    rows = [row for row in found if row["study"] == told["study"]]
    if as_json:
        names = ("study", "new_trials", "conclusion")
        facts = {
            "model": model,
            **{name: told[name] for name in names},
            "settings": told["settings_to_adopt"],
        }
        out.print_json(json.dumps({**facts, "trials": rows}))
        return
    label = SEARCHED[model].metric.label
    _print_best(rows, label, highest_first=SEARCHED[model].metric.direction == "maximize")
    out.print(f"\n{told['conclusion']}")
    if told["settings_to_adopt"]:
        out.print("\nthe best trial's settings, for .env:")
        for name, value in told["settings_to_adopt"].items():
            out.print(f"{name}={value}")
    states = Counter(row["state"] for row in rows)
    say(
        f"{states['complete'] + states['pruned']:,} trials, {states['pruned']:,} of them given up early,"
        f" {told['new_trials']:,} new; {time.monotonic() - began:.1f} s"
    )


def _refuse_without_ratings(runtime: Runtime) -> None:
    if all(runtime.lake.exists(name) for name in ("cleaned_ratings", "cleaned_movies")):
        return
    lacking = "no cleaned ratings in the lake yet" if runtime.zone.list() else "nothing has landed yet"
    fail(f"{lacking}, so that there is nothing to search on: run `movierec run` first")


def _searched(runtime: Runtime, config: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    from movierec_assets.automation.progress import NAME, progress_logger
    from movierec_assets.automation.tuning import tune as search
    from movierec_assets.definitions import build_defs
    from movierec_assets.instance import open_instance
    from movierec_assets.resources.turns import bury_dead_runs, take_turn

    with (
        open_instance(runtime.settings, runtime.database) as instance,
        runtime.database.connect(autocommit=True) as connection,
        _shown(quiet) as advance,
    ):
        take_turn(connection, say)
        bury_dead_runs(instance, connection)
        logger = progress_logger(lambda step, phase: None, advance)
        definitions = build_defs(runtime.settings, loggers={NAME: logger})
        return search(definitions, instance, config, {NAME: {}})


@contextmanager
def _shown(quiet: bool) -> Iterator[Advance]:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with progress(*columns, quiet=quiet) as shown:
        task = shown.add_task("first trial", total=None)
        yield lambda done, wanted, words: shown.update(task, completed=done, total=wanted, description=words)


def _print_best(rows: list[dict[str, Any]], label: str, *, highest_first: bool) -> None:
    """The best trials and the current settings, the best first."""
    ranked = sorted(
        (row for row in rows if row["state"] == "complete"),
        key=lambda row: (-row["value"] if highest_first else row["value"], row["number"]),
    )
    shown = [row for place, row in enumerate(ranked) if place < BEST_SHOWN or row["is_default"]]
    parameters = [
        name
        for name in ("rank", "max_iter", "reg_param", "alpha", "nonnegative")
        if ranked[0][name] is not None
    ]
    print_rows(
        ["trial", *parameters, f"{label}, validation", f"{label}, test", "seconds", ""],
        (
            (
                row["number"],
                *(f"{row[p]:.4g}" if isinstance(row[p], float) else row[p] for p in parameters),
                f"{row['value']:.4f}",
                _with_interval(row),
                f"{row['seconds']:.2f}",
                ", ".join(what for what, is_so in _marks(row) if is_so),
            )
            for row in shown
        ),
        as_csv=False,
    )


def _marks(row: dict[str, Any]) -> tuple[tuple[str, bool], ...]:
    return ("best", row["is_best"]), ("current settings", row["is_default"])


def _with_interval(row: dict[str, Any]) -> str:
    if row["test_value"] is None:
        return ""
    return f"{row['test_value']:.4f} ({row['test_low']:.4f}-{row['test_high']:.4f})"
