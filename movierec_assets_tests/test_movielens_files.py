"""The tiny set is what its description says; expected results elsewhere rest on it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from movierec_assets.schema import LANDING_FILES

if TYPE_CHECKING:
    from pathlib import Path


def test_the_tiny_set_has_the_registrys_columns_and_crlf_lines(tiny_movielens: Path) -> None:
    counts = {}
    for file in (LANDING_FILES[source] for source in ("movies", "ratings", "tags", "links")):
        content = (tiny_movielens / file.name).read_bytes()
        assert content.count(b"\n") == content.count(b"\r\n")
        header, *rows = csv.reader(content.decode().splitlines())
        assert header == [c.name for c in file.columns]
        counts[file.source] = len(rows)
    assert counts == {"movies": 8, "ratings": 22, "tags": 4, "links": 8}
