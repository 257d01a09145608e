"""Fixtures of all tests, and an environment that the developer's own settings do not reach."""

from __future__ import annotations

import os

import pytest

from movierec_assets.settings import Settings

pytest_plugins = [
    "movierec_assets_tests.databases",
    "movierec_assets_tests.engines",
    "movierec_assets_tests.movielens_files",
    "movierec_assets_tests.catalogue_files",
    "movierec_assets_tests.homes",
    "movierec_assets_tests.s3",
]


LONGEST = ("test_up.py", "test_other_parts.py", "test_readme.py", "test_faults.py", "test_kills.py")
"""Files that run first: one of them left to the end would run alone, the other processes being done."""


def pytest_configure() -> None:
    """Take away the width that readline tells the processes of pytest-xdist: tests say their own."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, the others in their order."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("MOVIEREC_") and not n.startswith("MOVIEREC_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)
