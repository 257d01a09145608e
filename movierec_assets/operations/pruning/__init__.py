"""Give room back: old snapshots, old versions of the lake, old runs. Each part says what goes and how many bytes.

Belongs here: what is kept, and why. Does not: what a store cannot miss, which its own library decides (Delta's vacuum,
Dagster's deletion of a run).
"""

from movierec_assets.operations.pruning.parts import Gone, prune

__all__ = ["Gone", "prune"]
