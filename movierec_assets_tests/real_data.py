"""Where the real data sets lie: beside the checkout, or where `MOVIEREC_TEST_DATA` says."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def folder_of(dataset: str, names: Iterable[str]) -> Path:
    """The folder of a data set, in which all those files are; the test skips where one is missing."""
    above = os.environ.get("MOVIEREC_TEST_DATA")
    folder = (Path(above) if above else CHECKOUT.parent / "shared" / "data") / dataset
    if missing := [name for name in names if not (folder / name).is_file()]:
        pytest.skip(
            f"{folder} has no {', '.join(missing)}: "
            "set MOVIEREC_TEST_DATA to the folder that holds the folders movielens and netflix"
        )
    return folder
