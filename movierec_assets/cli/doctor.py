"""`movierec doctor`: what works, what does not, and what to do."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from movierec_assets.cli.app import app, fail, out, say

STYLE = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}


@app.command()
def doctor(
    api: Annotated[
        str, typer.Option(help="Address of the web API, where one is meant to run.")
    ] = "http://127.0.0.1:8000",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout instead.")] = False,
) -> None:
    """Look at every part and say what to do; the exit status is 1 where something does not work."""
    if not api.startswith(("http://", "https://")):
        fail(f"--api {api!r}: must be `http://host:port`")
    from movierec_assets.operations.doctor import examine

    findings = []
    for found in examine(api):
        findings.append(found)
        if not as_json:
            line = Text.assemble((f"{found.state:<8}", STYLE[found.state]), f"{found.part}: {found.said}")
            out.print(line, soft_wrap=True)
            if found.remedy:
                out.print(f"          {found.remedy}", soft_wrap=True)
    counts: Counter[str] = Counter(found.state for found in findings)
    if as_json:
        out.print_json(json.dumps({"ok": not counts["failed"], "findings": [asdict(f) for f in findings]}))
    else:
        say(", ".join(f"{counts[state]} {state}" for state in STYLE if counts[state]))
    if counts["failed"]:
        raise typer.Exit(1)
