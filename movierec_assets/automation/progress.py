"""Dagster's events as they happen, told to a callback: the only logger of a run started from the command line."""

from __future__ import annotations

import logging
from collections.abc import Callable

import dagster as dg

NAME = "progress"

Progress = Callable[[str, str], None]
"""Called with a step's name and `started`, `finished` or `failed`."""


class _Forward(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """Forward the start and end of steps, drop the rest."""
        event = getattr(record, "dagster_event", None)
        if not isinstance(event, dg.DagsterEvent) or event.step_key is None:
            return
        if event.is_step_start:
            self._progress(event.step_key, "started")
        elif event.is_step_success:
            self._progress(event.step_key, "finished")
        elif event.is_step_failure:
            self._progress(event.step_key, "failed")


def progress_logger(progress: Progress) -> dg.LoggerDefinition:
    """A logger definition that forwards to the callback."""

    @dg.logger
    def forward(init_context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger(NAME)
        logger.addHandler(_Forward(progress))
        return logger

    return forward
