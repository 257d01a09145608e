"""Secrets out of files, as Docker, Kubernetes and systemd hand them over: `MOVIEREC_DATABASE_URL_FILE=FILE`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from movierec_assets.settings_errors import variable

SUFFIX = "_FILE"


def file_variable(path: Iterable[str]) -> str:
    """The variable that names a setting's file: `("database_url",)` -> `MOVIEREC_DATABASE_URL_FILE`."""
    return variable(path) + SUFFIX


def from_files(given: Mapping[str, str | None], secrets: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """The values of the settings that a file is named for, without blanks and line ends around them.

    Args:
        given: The environment and `.env`.
        secrets: Paths of the settings that may lie in files.

    Raises:
        ValueError: A file cannot be read, or the variable is set beside it; the message names both, never the value.
    """
    values: dict[str, Any] = {}
    for path in secrets:
        name, file = file_variable(path), given.get(file_variable(path))
        if not file:
            continue
        if given.get(variable(path)):
            raise ValueError(f"{variable(path)} and {name} are both set: unset one")
        try:
            text = Path(file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text"
            raise ValueError(
                f"{name}: must be a file that can be read, was given '{file}' ({reason})"
            ) from None
        place = values
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = text
    return values
