"""Who may do what in the database: `grant` makes PostgreSQL agree with `movierec_assets.schema.roles`.

Belongs here: roles, their rights, settings and passwords, and working as one of them. Does not: which rights there
are, which the registry says; how the server is reached.
"""

from movierec_assets.access.assuming import assume
from movierec_assets.access.granting import AccessError, grant

__all__ = ["AccessError", "assume", "grant"]
