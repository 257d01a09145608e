"""Rows on stdout: a table for people, or CSV for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table as RichTable

from movierec_assets.cli.app import out

Csv = Annotated[
    bool,
    typer.Option(
        "--csv",
        help="Print CSV instead of a table: every value as it is, lists as JSON. A spreadsheet takes text that begins "
        "with =, +, - or @ for a formula: import such columns as text.",
    ),
]


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], as_csv: bool) -> None:
    """Rows on stdout; null is the empty text."""
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(value) for value in row] for row in rows)
        return
    shown = RichTable(*columns, box=None, pad_edge=False)
    for row in rows:
        shown.add_row(*map(_text, row))
    out.print(shown)


def counted(number: int) -> str:
    """So many rows, in words."""
    return f"{number:,} row{'' if number == 1 else 's'}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
