"""`movierec run` and `movierec replay`: materialise what is stale and say what came of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable
from rich.text import Text

from movierec_assets.cli.app import app, fail, out, say, settings

if TYPE_CHECKING:
    from movierec_assets.automation.walk import Report
    from movierec_assets.settings import Settings

STATUS_STYLE = {"materialised": "green", "fresh": "dim", "failed": "bold red", "skipped": "yellow"}


@app.command()
def run(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print each stale asset and its cause; land and make nothing.")
    ] = False,
    select: Annotated[
        list[str] | None,
        typer.Option(help="Only these assets: names, or Dagster's selection syntax (`als_model+`)."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Materialise the selection whether stale or not.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout instead.")] = False,
) -> None:
    """Materialise what is stale, in order; a second run does nothing."""
    began = time.monotonic()
    from movierec_assets.cli.persisting import persistently
    from movierec_assets.cli.session import walking

    chosen = settings()
    if dry_run:
        with walking(chosen, select, force, quiet=as_json, look_only=True) as walk:
            _print_plan({k.to_user_string(): v for k, v in walk.plan().items()}, as_json)
        return

    def walked() -> Report:
        with walking(chosen, select, force, quiet=as_json) as walk:
            return walk.go()

    report = persistently(walked)
    report.seconds = time.monotonic() - began
    if as_json:
        out.print_json(json.dumps(report.as_json()))
    else:
        _print_summary(report)
        _print_sample(chosen, report)
    if not report.ok:
        # The table is above the sample, which shows what is live all the same.
        failed = [o.asset for o in report.outcomes if o.status == "failed"]
        fail(f"failed: {', '.join(failed)}; what was published before stays live")


def _print_plan(plan: dict[str, str], as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps({"stale": [{"asset": k, "cause": v} for k, v in plan.items()]}))
        return
    if not plan:
        say("nothing is stale")
        return
    shown = RichTable("stale asset", "cause", box=None, pad_edge=False)
    for asset, cause in plan.items():
        shown.add_row(asset, cause)
    out.print(shown)


def _print_summary(report: Report) -> None:
    from movierec_assets.automation.walk import NOT_LANDED

    shown = RichTable(box=None, pad_edge=False)
    shown.add_column("asset", no_wrap=True)
    shown.add_column("rows", justify="right")
    shown.add_column("seconds", justify="right")
    shown.add_column("status", no_wrap=True)
    shown.add_column("why", overflow="fold")
    # A line on stderr has said of which dataset nothing has landed.
    outcomes = [o for o in report.outcomes if o.cause != NOT_LANDED]
    for o in outcomes:
        rows = "" if o.rows is None else f"{o.rows:,}"
        seconds = "" if o.seconds is None else f"{o.seconds:.2f}"
        shown.add_row(o.asset, rows, seconds, Text(o.status, STATUS_STYLE[o.status]), o.cause)
    out.print(shown)
    counts = {s: sum(o.status == s for o in outcomes) for s in STATUS_STYLE}
    said = ", ".join(f"{n} {status}" for status, n in counts.items() if n)
    out.print(f"{said}; {report.seconds:.1f} s")


def _print_sample(chosen: Settings, report: Report) -> None:
    if not any(o.status in ("materialised", "failed") for o in report.outcomes):
        return
    from movierec_assets.cli.sample import sample_of_users
    from movierec_assets.runtime import open_lake

    for user, liked, recommended in sample_of_users(open_lake(chosen)):
        out.print(f"\nuser {user}", style="bold")
        out.print(f"  liked        {liked}\n  recommended  {recommended}")


@app.command()
def replay(
    source: Annotated[str | None, typer.Argument(help="Only this source, e.g. ratings.")] = None,
) -> None:
    """Take quarantined rows in again, after a rule or a file was mended."""
    from movierec_assets.cli.inspect import quarantined_by_source
    from movierec_assets.cli.session import walking
    from movierec_assets.runtime import open_lake

    chosen = settings()
    lake = open_lake(chosen)
    before = {k: n for k, n in quarantined_by_source(lake, source).items() if n}
    if not before:
        say("quarantine is empty: nothing to replay")
        return
    names = " or ".join(f"key:{layer}_{s}" for s in before for layer in ("raw", "cleaned", "quarantine"))
    with walking(chosen, [names], force=True) as walk:
        report = walk.go()
    with walking(chosen, None, force=False) as walk:
        rest = walk.go()
    after = quarantined_by_source(lake, source)
    shown = RichTable("source", "was in quarantine", "is in quarantine", box=None, pad_edge=False)
    for name, count in before.items():
        shown.add_row(name, f"{count:,}", f"{after.get(name, 0):,}")
    out.print(shown)
    failed = [o for o in (*report.outcomes, *rest.outcomes) if o.status == "failed"]
    for outcome in failed:
        say(f"{outcome.asset}: {outcome.cause}")
    if failed:
        fail(f"{len(failed)} assets failed")
