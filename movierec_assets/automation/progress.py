"""Dagster's events as they happen, told to callbacks: the only logger of a run started from the command line."""

from __future__ import annotations

import logging
from collections.abc import Callable

import dagster as dg

from movierec_assets.assets.spec import ADVANCE

NAME = "progress"

Progress = Callable[[str, str], None]
"""Called with a step's name and `started`, `finished` or `failed`."""
Advance = Callable[[int, int, str], None]
"""Called with how much of a step is done, of how much, and a line about it."""


class _Forward(logging.Handler):
    def __init__(self, progress: Progress, advance: Advance | None) -> None:
        super().__init__()
        self._progress = progress
        self._advance = advance

    def emit(self, record: logging.LogRecord) -> None:
        """Forward the start and end of steps and how far they are, drop the rest."""
        if self._advance is not None and (at := getattr(record, ADVANCE, None)):
            self._advance(*at)
        event = getattr(record, "dagster_event", None)
        if not isinstance(event, dg.DagsterEvent) or event.step_key is None:
            return
        if event.is_step_start:
            self._progress(event.step_key, "started")
        elif event.is_step_success:
            self._progress(event.step_key, "finished")
        elif event.is_step_failure:
            self._progress(event.step_key, "failed")


def progress_logger(progress: Progress, advance: Advance | None = None) -> dg.LoggerDefinition:
    """A logger definition that forwards to the callbacks."""

    @dg.logger
    def forward(init_context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger(NAME)
        logger.addHandler(_Forward(progress, advance))
        return logger

    return forward
