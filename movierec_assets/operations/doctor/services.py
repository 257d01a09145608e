"""What computes and what answers: the engine with its Java, and the web API."""

from __future__ import annotations

import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from movierec_assets.operations.doctor.findings import Finding
from movierec_assets.settings_errors import redacted

if TYPE_CHECKING:
    from movierec_assets.settings import Settings

SECONDS = 5


def engine(settings: Settings) -> Iterator[Finding]:
    """That it starts and counts; where it is Apache Spark in this machine, its Java too."""
    from movierec_assets.resources.engine import open_session
    from movierec_assets.resources.java import java_home

    if settings.engine.startswith("local["):
        with tempfile.TemporaryDirectory() as folder:
            java = java_home(Path(folder))
            yield Finding("Java", "ok", "the wheel's" if str(java) == folder else str(java))
    with open_session(settings.engine) as session:
        counted = session.range(3).count()
    if counted == 3:
        yield Finding("engine", "ok", f"{redacted(settings.engine)} starts and counts")
    else:
        yield Finding("engine", "failed", f"{redacted(settings.engine)} counts {counted} of 3 rows")


def api(address: str) -> Iterator[Finding]:
    """Whether the web API at that address can answer requests, where one listens."""
    url = f"{address.rstrip('/')}/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS):  # noqa: S310  http or https, as the command checks
            yield Finding("web API", "ok", f"{address} answers")
    except urllib.error.HTTPError as error:
        remedy = "its log says why; the findings on the database above may too"
        yield Finding("web API", "failed", f"{url} answers {error.code}", remedy)
    except OSError:
        yield Finding("web API", "skipped", f"none at {address}; `movierec up` or `movierec api` starts one")
