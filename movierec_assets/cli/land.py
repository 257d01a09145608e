"""`movierec land`: put a dataset into the landing zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn

from movierec_assets.cli.app import app, fail, out, progress, say, settings

if TYPE_CHECKING:
    from movierec_assets.landing.report import Landed
    from movierec_assets.landing.report import Progress as Told
    from movierec_assets.runtime import Runtime

DEFAULT_SET = "ml-latest-small"
DEFAULT_TIMEOUT_SECONDS = 1.0


@app.command()
def land(
    what: Annotated[
        str,
        typer.Argument(
            help="A folder, zip or file; ml-latest-small, ml-latest, ml-25m or ml-32m; or sample, which generates "
            "MovieLens- and Netflix-shaped files."
        ),
    ],
    ratings: Annotated[
        str, typer.Option(help="Ratings in the sample, e.g. 32e6; all else grows with them.")
    ] = "100000",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sample.")] = 0,
) -> None:
    """Put a dataset into the landing zone."""
    from movierec_assets.landing.land import land as land_it
    from movierec_assets.landing.zone import open_zone

    chosen = settings()
    with told() as progress:
        landed = land_it(
            open_zone(chosen.landing_uri),
            what,
            downloads=chosen.home / "downloads",
            ratings=_whole_number(ratings),
            seed=seed,
            progress=progress,
            tell=say,
        )
    _report(landed)


def land_default(runtime: Runtime) -> None:
    """What `movierec run` lands when nothing has: ml-latest-small if it can be had at once, else the sample."""
    from movierec_assets.landing.land import land as land_it
    from movierec_assets.landing.recognise import LandError

    downloads = runtime.settings.home / "downloads"
    try:
        land_it(runtime.zone, DEFAULT_SET, downloads=downloads, connect_timeout=DEFAULT_TIMEOUT_SECONDS)
        say(f"the landing zone was empty: landed {DEFAULT_SET} from GroupLens")
    except LandError as error:
        land_it(runtime.zone, "sample", downloads=downloads)
        say(
            f"the landing zone was empty and {DEFAULT_SET} cannot be had ({error}): landed the sample instead"
        )


@contextmanager
def told() -> Iterator[Told]:
    """A progress display on stderr, one line a file."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with progress(*columns) as shown:
        tasks = {}

        def tell(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(name, total=total)
            shown.update(tasks[name], completed=done, total=total)

        yield tell


def _whole_number(text: str) -> int:
    try:
        number = float(text)
        if number != int(number) or number < 1:
            raise ValueError
    except (ValueError, OverflowError):
        fail(f"--ratings {text!r}: must be a whole number above 0, such as 100000 or 32e6")
    return int(number)


def _report(landed: list[Landed]) -> None:
    for file in landed:
        out.print(f"{file.key}  {file.size:,} bytes  {'landed' if file.changed else 'was there already'}")
