"""The command line's frame: the Typer application, its consoles, and how errors reach a person."""

from __future__ import annotations

import difflib
import gc
import logging
import os
import sys
import warnings
from collections.abc import Collection
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress, ProgressColumn
from rich.text import Text

from movierec_assets.settings import Settings, SettingsError, load_settings

app = typer.Typer(
    name="movierec",
    help="From MovieLens files to published recommendations.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
# Most of what is printed is other people's text, in which `[b]` and `:cat:` are no markup.
_AS_IT_IS: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False}
# A file or a pipe has no width to wrap at.
out = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 10_000, **_AS_IT_IS)
err = Console(stderr=True, **_AS_IT_IS)


def settings() -> Settings:
    """The settings of this process; a wrong one ends the command with the reason."""
    try:
        return load_settings()
    except SettingsError as error:
        fail(str(error))


def fail(message: str, code: int = 1) -> NoReturn:
    """End the command with a message on stderr."""
    _print_error(message)
    raise typer.Exit(code)


def meant(name: str, there: Collection[str]) -> str:
    """The end of a message about a name that does not exist: those like it, or all."""
    close = difflib.get_close_matches(name, there)
    return f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(there)}"


def progress(*columns: ProgressColumn, quiet: bool = False) -> Progress:
    """A progress display on stderr that is gone at the end; where it cannot be redrawn there is none."""
    return Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal)


def say(message: str) -> None:
    """One line on stderr."""
    err.print(message, soft_wrap=True)


def _print_error(message: str) -> None:
    err.print(Text.assemble(("error", "bold red"), " ", message), soft_wrap=True)


def main() -> None:
    """Run the command that the arguments say."""
    # They register their commands.
    from movierec_assets.cli import (  # noqa: F401
        api,
        backup,
        benchmark,
        doctor,
        grant,
        init,
        inspect,
        key,
        land,
        metrics,
        migrate,
        prune,
        publication,
        run,
        scenario,
        serve,
        show,
        tune,
    )

    _quiet()
    # A command makes some hundred thousand objects that live as long as it: looked through at Python's usual pace, they
    # cost it a tenth of its time.
    gc.set_threshold(50_000, 20, 50)
    try:
        app()
    except Exception as error:
        # The project's own errors are written for the person at the keyboard; any other shows its trace.
        if not type(error).__module__.startswith("movierec_assets."):
            raise
        _print_error(str(error))
        sys.exit(1)


def _quiet() -> None:
    """Keep other libraries' remarks off the terminal; `MOVIEREC_DEBUG=1` shows them."""
    if os.environ.get("MOVIEREC_DEBUG"):
        return
    os.environ.setdefault("RUST_LOG", "error")
    warnings.filterwarnings("ignore", module="dagster")
    logging.getLogger("dagster").setLevel(logging.ERROR)
