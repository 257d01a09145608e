"""The `movierec` command. Results go to stdout, progress and messages to stderr; heavy imports wait until needed."""

from movierec_assets.cli.app import app, main

__all__ = ["app", "main"]
