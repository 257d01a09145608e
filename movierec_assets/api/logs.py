"""Structured logs: a line of JSON per event on stderr, with the number of the request that it belongs to."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_JSON = json.JSONEncoder(default=repr).encode
_straight = False


def _written(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # There is a line for each request, and the standard library's way to stderr takes longer than all else of it.
    if not _straight:
        return event
    sys.stderr.write(_JSON(event) + "\n")
    raise structlog.DropEvent


# Whoever runs the application within a process of theirs, as the Python client does, has it log as their own logging
# says: structlog's default would print every request.
log: Any = structlog.wrap_logger(
    logging.getLogger("movierec.api"),
    processors=[
        structlog.stdlib.filter_by_level,
        *SHARED,
        structlog.processors.format_exc_info,
        _written,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
).bind()


def configure() -> None:
    """Have all that this process logs written as JSON, uvicorn's own remarks too."""
    global _straight
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=SHARED,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True
    # One line per request is this project's own, with its number and its caller.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    _straight = True
