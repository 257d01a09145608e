"""What a person is told of a wrong setting: the variable, what was given without its secrets, and what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

PREFIX = "MOVIEREC_"
KINDS = {int: "a whole number", int | None: "a whole number", float: "a number", bool: "`true` or `false`"}
UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}


def variable(path: Iterable[str]) -> str:
    """The environment variable of a setting: `("als", "rank")` -> `MOVIEREC_ALS__RANK`."""
    return PREFIX + "__".join(path).upper()


def redacted(text: str) -> str:
    """The text of a URI without the user and password before its host, and without its tokens."""
    text = re.sub(r"(?<=://).*@", "***@", text)
    return re.sub(r"(?i)((?:token|password|secret|key)[^=;&]*=)[^;&\s]+", r"\1***", text)


def unknown_variable(given: Iterable[str], known: Iterable[str]) -> str | None:
    """What to say of the first variable that is no setting, which would silently leave a default in force."""
    settings = sorted(known)
    for name in sorted(n.upper() for n in given):
        if name.startswith(PREFIX) and not name.startswith("MOVIEREC_TEST_") and name not in settings:
            close = difflib.get_close_matches(name, settings, 1)
            meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(settings)}"
            return f"{name} is not a setting; {meant}"
    return None


def explain(error: Mapping[str, Any], fields: Mapping[tuple[str, ...], FieldInfo]) -> str:
    """One of pydantic's errors in a person's words.

    Args:
        error: As `ValidationError.errors()` lists it.
        fields: Every setting by its path.
    """
    path = tuple(str(part) for part in error["loc"])
    reason = str(error["msg"]).removeprefix("Value error, ")
    if not path:
        return reason
    if error["type"] in UNKNOWN:
        there = ", ".join(variable(p) for p in fields if p[:-1] == path[:-1])
        return f"{variable(path)} is not a setting; there are {there}"
    if error["type"] != "value_error":
        reason = f"must be {_allowed(path, fields)}"
    given = (
        "" if path[0] in ("database_url", "passwords") else f", was given {redacted(repr(error['input']))}"
    )
    return f"{variable(path)}: {reason}{given}"


def explain_unreadable(error: Exception) -> str:
    """What to say of a value that is no JSON where only JSON will do."""
    found = re.search(r'field "(\w+)"', str(error))
    name = variable([found[1]]) if found else PREFIX
    doc = getattr(error.__cause__, "doc", "")
    given = "" if name == f"{PREFIX}PASSWORDS" else f", was given {redacted(repr(doc))}"
    return f"{name}: must be {_json_object(name)}{given}"


def _json_object(name: str) -> str:
    if name in (f"{PREFIX}ALS", f"{PREFIX}RANKING"):
        return (
            f'a JSON object such as `{{"rank": 20}}`, or left out and its parts set as {name}__RANK and so on'
        )
    if name in (first := {f"{PREFIX}PASSWORDS": "ANALYST_READER", f"{PREFIX}API": "RATE_LIMIT"}):
        return f"left out and its parts set as {name}__{first[name]} and so on"
    return 'a JSON object such as `{"users": 20000, "popularity_exponent": 1.1}`'


def _allowed(path: tuple[str, ...], fields: Mapping[tuple[str, ...], FieldInfo]) -> str:
    if path not in fields or path == ("simulation",):
        return _json_object(variable(path[:1]))
    field = fields[path]
    if get_origin(field.annotation) is Literal:
        *others, last = (repr(choice) for choice in get_args(field.annotation))
        return f"{', '.join(others)} or {last}"
    bounds = {
        name: getattr(rule, name)
        for rule in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if hasattr(rule, name)
    }
    kind = KINDS.get(field.annotation, "text")  # type: ignore[arg-type]
    most = bounds.get("le", bounds["lt"] - 1 if "lt" in bounds else None)
    if most is not None:
        return f"{kind} from {bounds['ge']} to {most}"
    if "gt" in bounds:
        return f"{kind} above {bounds['gt']}"
    return f"{kind}, {bounds['ge']} or more" if "ge" in bounds else kind
