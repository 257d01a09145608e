"""`movierec doctor`: looks at every part that the system stands on and says what is wrong and what to do.

Belongs here: looks that change nothing that stays. Does not: repairs; each finding names the command that is one.
"""

from movierec_assets.operations.doctor.examining import examine
from movierec_assets.operations.doctor.findings import Finding

__all__ = ["Finding", "examine"]
