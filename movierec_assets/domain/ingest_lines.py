"""One line of a landing file, read with care: what it says, or why it cannot be read.

This is the definition of what a readable line is; the fast parser in `ingest_chunk` must never differ from it.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from movierec_assets.schema import Column, LandingFile

BOM = b"\xef\xbb\xbf"
MAX_LINE = 1 << 20
"""Longest line in bytes that is read."""
KEPT_OF_OVERLONG = 4096
"""Bytes of a longer line that are kept as its text."""

# RFC 4180; a field that does not begin with a quote may hold quotes, as `csv` and Arrow read it too.
FIELD = re.compile(r'(?:"((?:[^"]++|"")*+)"|([^",][^,]*+|))(?=(,|\Z))', re.DOTALL)
WHOLE = re.compile(r"[ \t]*[+-]?0*([0-9]*)[ \t]*")
DECIMAL = re.compile(r"[ \t]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t]*")
BITS = {"int32": 32, "int64": 64}


class Line(NamedTuple):
    """A record: its values in the order of the columns (all None where there is an error), its text, its error."""

    values: list[Any]
    text: str
    error: str | None


def read_line(line: bytes, file: LandingFile) -> Line:
    """Read one line, given without its line end. No bytes make it fail."""
    nothing: list[Any] = [None] * len(file.columns)
    if len(line) > MAX_LINE:
        start = shown(line[:KEPT_OF_OVERLONG])
        return Line(nothing, start, f"line longer than {MAX_LINE} bytes; only its beginning is kept")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return Line(nothing, shown(line), f"not UTF-8 at byte {error.start + 1}")
    if "\0" in text:
        return Line(nothing, shown(line), "a NUL character inside the line")
    if "\r" in text:
        return Line(nothing, text, "a carriage return inside the line")
    fields = split_fields(text)
    if isinstance(fields, str):
        return Line(nothing, text, fields)
    if len(fields) != len(file.columns):
        return Line(nothing, text, f"{len(fields)} fields instead of {len(file.columns)}")
    try:
        return Line([_value(f, c) for f, c in zip(fields, file.columns, strict=True)], text, None)
    except ValueError as error:
        return Line(nothing, text, str(error))


def shown(line: bytes) -> str:
    """Any bytes as a text that every store takes; PostgreSQL takes no NUL."""
    return line.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def split_fields(text: str) -> list[str] | str:
    """The fields of a line, or the reason why they cannot be told apart."""
    fields, at = [], 0
    while found := FIELD.match(text, at):
        quoted, plain, comma = found.groups()
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
        if not comma:
            return fields
        at = found.end() + 1
    quote_closes = re.compile(r'"(?:[^"]++|"")*+"', re.DOTALL).match(text, at)
    return "text after a closing quote" if quote_closes else "unclosed quote"


def _value(field: str, column: Column) -> Any:
    if not field:
        return None
    if column.type == "string":
        return field
    if column.type in BITS:
        return _whole_number(field, column)
    number = float(field) if DECIMAL.fullmatch(field) else math.nan
    if not math.isfinite(number):
        raise ValueError(f"{column.name}: {_shown(field)} is not a number")
    return number


def _whole_number(field: str, column: Column) -> int:
    found = WHOLE.fullmatch(field)
    if not found or not any(c.isdigit() for c in field):
        raise ValueError(f"{column.name}: {_shown(field)} is not a whole number")
    limit = 1 << (BITS[column.type] - 1)
    # Python refuses to convert very many digits.
    number = int(field) if len(found[1]) < 20 else limit + 1
    if not -limit <= number < limit:
        raise ValueError(f"{column.name}: {_shown(field)} is outside {column.type}")
    return number


def _shown(field: str) -> str:
    return repr(field if len(field) <= 60 else field[:57] + "…")
