"""One row as the API gives it."""

from __future__ import annotations

from typing import Any


class Row(dict[str, Any]):
    """A row by column name, with the version that it was read in.

    Values are as JSON has them: days and times as ISO 8601 text, missing ones None.

    Attributes:
        etag: Hand it on as `if_match` to change or delete the row only if nobody else has changed it since.
    """

    def __init__(self, values: dict[str, Any], etag: str) -> None:
        super().__init__(values)
        self.etag = etag
