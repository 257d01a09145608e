"""Optuna's storage in the project's PostgreSQL: what a search has tried outlives the process that tried it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from movierec_assets.resources.database import Database

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import RDBStorage

SCHEMA = "tuning"


@dataclass(frozen=True)
class Studies:
    """The searches of one database."""

    storage: RDBStorage

    def open(self, name: str, direction: Literal["maximize", "minimize"]) -> Study:
        """The study of that name, made if there is none.

        Args:
            name: Of the study.
            direction: Of what is better.
        """
        import optuna

        return optuna.create_study(
            storage=self.storage, study_name=name, direction=direction, load_if_exists=True
        )

    def existing(self, name: str) -> Study | None:
        """The study of that name, if there is one."""
        import optuna

        if name not in optuna.get_all_study_names(self.storage):
            return None
        return optuna.load_study(study_name=name, storage=self.storage)


@contextmanager
def open_studies(database: Database) -> Iterator[Studies]:
    """The searches of a database, their tables made if missing; connections are closed at the end.

    Optuna's heartbeat is not used: `resources.turns` lets one run at a time on a database, by a lock that ends with the
    process, so that a trial which a search finds unfinished is nobody's, and no period of grace has to pass.

    Raises:
        DatabaseError: There is no connection to be had.
    """
    import optuna

    # What it remarks on each study would stand among the command's own lines.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(
        database.sqlalchemy_url(SCHEMA), engine_kwargs={"pool_pre_ping": True}
    )
    try:
        yield Studies(storage)
    finally:
        storage.remove_session()
        storage.engine.dispose()
