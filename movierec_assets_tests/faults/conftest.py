"""What the kills share: the report, the contents of undisturbed runs, and an S3 server to be killed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from movierec_assets_tests.faults import plan
from movierec_assets_tests.faults.contents import Contents, clean_contents, variant
from movierec_assets_tests.faults.report import Report
from movierec_assets_tests.homes import _folder
from movierec_assets_tests.s3 import S3Process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from movierec_assets_tests.homes import Home

VARIANTS = 4 if plan.LONG else 2


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """What all kills came to, printed at the end."""
    report = Report()
    yield report
    if report.faults:
        report.keep()


@pytest.fixture
def chance() -> random.Random:
    """Decides what happens, by the seed that is printed."""
    print(f"MOVIEREC_TEST_SEED={plan.SEED}")  # noqa: T201
    return random.Random(plan.SEED)


@pytest.fixture(scope="session")
def clean(_ready_tiny: Home) -> list[Contents]:
    """What undisturbed runs on the embedded profile give, by variant of the landing files."""
    found = []
    for number in range(VARIANTS):
        with _folder() as folder:
            found.append(clean_contents(_ready_tiny.copy(folder / "home"), variant(number)))
    for name in ("cleaned_ratings", "quarantine_ratings", "als_model", "recommendations"):
        assert len({contents.lake[name] for contents in found}) == len(found), (
            f"{name} tells no variants apart"
        )
    return found


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Process | None]:
    """A server whose objects outlive it; None where only moto's is there, which keeps them in memory."""
    process = S3Process(tmp_path)
    if process.server.program == "moto":
        yield None
        return
    for name, value in process.server.environment.items():
        monkeypatch.setenv(name, value)
    process.start()
    yield process
    process.end()
