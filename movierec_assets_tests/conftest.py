"""Fixtures of all tests, and an environment that the developer's own settings do not reach."""

from __future__ import annotations

import os

import pytest

# Tables are as wide as the terminal, which is asked for when the command line is imported; workers of xdist have one.
os.environ["COLUMNS"] = "300"

from movierec_assets.settings import Settings

WHOLE = ("movierec_assets_tests", "faults", "operations", "publication")
"""Folders whose files take minutes."""

pytest_plugins = [
    "movierec_assets_tests.databases",
    "movierec_assets_tests.engines",
    "movierec_assets_tests.movielens_files",
    "movierec_assets_tests.catalogue_files",
    "movierec_assets_tests.homes",
    "movierec_assets_tests.s3",
]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("MOVIEREC_") and not n.startswith("MOVIEREC_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the whole come first: with several processes, whichever file is long must not be the last to begin."""
    items.sort(key=lambda item: not item.path.parent.name.endswith(WHOLE))
