"""When assets are stale and what starts runs: one staleness rule for the walker, the daemon and the dry run."""

REFRESH_JOB = "refresh"
LANDED_JOB = "landed"
TUNE_JOB = "tune"
