"""The `movierec` command. Results go to stdout, progress and messages to stderr; heavy imports wait until needed."""

from movierec_assets.cli.app import app, main
from movierec_assets.cli.leaving import leaving_at_once

__all__ = ["app", "main", "script"]


def script() -> None:
    """The program `movierec`."""
    leaving_at_once(main)
