"""What the benchmark makes of the events and samples of a run."""

from __future__ import annotations

from benchmarks.measure import Measured, per_step
from benchmarks.per_asset import table

EVENTS = [
    {"step": "start", "phase": "started", "at": 10.0},
    {"step": "start", "phase": "finished", "at": 12.0},
    {"step": "clean_x", "phase": "started", "at": 12.5},
    {"step": "clean_x", "phase": "finished", "at": 13.0},
    {"step": "quick", "phase": "started", "at": 13.01},
    {"step": "quick", "phase": "finished", "at": 13.02},
    {
        "steps": {"clean_x": ["cleaned_x", "quarantine_x"], "quick": ["quick"]},
        "outcomes": [
            {"asset": "cleaned_x", "rows": 1000},
            {"asset": "quarantine_x", "rows": 2},
            {"asset": "quick", "rows": None},
        ],
    },
]
SAMPLES = [(10.5, 3_000_000), (11.0, 5_000_000), (12.2, 9_000_000), (12.7, 6_000_000), (13.1, 7_000_000)]


def rounded(found: list[Measured]) -> list[tuple[str, tuple[str, ...], float, int, int]]:
    return [(m.step, m.assets, round(m.seconds, 6), m.peak_bytes, m.rows) for m in found]


def test_each_step_has_its_time_and_the_largest_sample_taken_while_it_ran() -> None:
    assert rounded(per_step(EVENTS, SAMPLES)) == [
        ("start", (), 2.0, 5_000_000, 0),
        ("clean_x", ("cleaned_x", "quarantine_x"), 0.5, 6_000_000, 1002),
        # Shorter than the sampling interval: the sample nearest to its end.
        ("quick", ("quick",), 0.01, 7_000_000, 0),
    ]


def test_the_table_compares_the_last_engine_with_the_first() -> None:
    first = [Measured("start", (), 2.0, 100_000_000, 0), Measured("a", ("a",), 1.0, 200_000_000, 1234)]
    last = [Measured("start", (), 8.0, 150_000_000, 0), Measured("a", ("a",), 4.5, 500_000_000, 1234)]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table({"embedded": first, "local[2]": last}).splitlines()
    ]
    assert lines[0][:6] == ["made", "rows", "s embedded", "MB embedded", "s local[2]", "MB local[2]"]
    assert lines[2] == ["start", "", "2.00", "100", "8.00", "150", "4.0", "1.5"]
    assert lines[3] == ["a", "1,234", "1.00", "200", "4.50", "500", "4.5", "2.5"]
    assert lines[4] == ["sum of seconds, largest memory", "", "3.00", "200", "12.50", "500", "4.2", "2.5"]
