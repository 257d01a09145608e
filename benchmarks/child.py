"""One whole run in a process of its own: says on stdout, as JSON lines, when each step starts and ends."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, replace


def say(**facts: object) -> None:
    sys.stdout.write(json.dumps({**facts, "at": time.monotonic()}) + "\n")
    sys.stdout.flush()


def main() -> None:
    from movierec_assets.automation.progress import NAME, progress_logger
    from movierec_assets.cli.session import walking
    from movierec_assets.definitions import build_defs
    from movierec_assets.resources.engine import connect
    from movierec_assets.settings import load_settings

    settings = load_settings()
    say(step="start of the engine", phase="started")
    # The engine's server is shared by all sessions of the process: from here on it runs.
    connect(settings.engine, s3="s3://" in settings.lake_uri).stop()
    say(step="start of the engine", phase="finished")

    def told(step: str, phase: str) -> None:
        say(step=step, phase=phase)

    with walking(settings, None, force=False, quiet=True) as walk:
        definitions = build_defs(settings, loggers={NAME: progress_logger(told)})
        report = replace(walk, definitions=definitions).go()
        steps: dict[str, list[str]] = {}
        for key, asset in walk.graph.assets.items():
            steps.setdefault(asset.step, []).append(key.to_user_string())
    say(steps=steps, outcomes=[asdict(o) for o in report.outcomes])


main()
