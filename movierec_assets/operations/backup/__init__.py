"""Back up the database, with the versions of the lake that belong to it, and bring both back together.

A backup is a folder: `database.dump` (every schema of the project, Dagster's and Optuna's storage too, as one moment
had it), and `backup.json`, which names the version of each table and model of the lake at that moment, with checksums.
The lake's files are not copied: each version of a table stays in the lake until `movierec prune` takes it.

Guarantees: a backup that was not finished is no folder of that name; nothing of a restore happens before all is
verified; the database changes in one transaction; a restore that was interrupted is finished or refused, never gone on
from.
"""

from movierec_assets.operations.backup.making import back_up
from movierec_assets.operations.backup.manifest import BackupError, Manifest
from movierec_assets.operations.backup.restoring import restore, verify

__all__ = ["BackupError", "Manifest", "back_up", "restore", "verify"]
