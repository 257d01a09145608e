"""The registry: what every dataset is made of. Engine schemas, DDL, checks and documents come from here.

Belongs here: names, types, units, nullability, keys, rules, descriptions. Does not: any I/O, Dagster or SQL text.
"""

from movierec_assets.schema.files import LANDING_FILES
from movierec_assets.schema.model import Column, LandingFile, Table
from movierec_assets.schema.roles import ROLES, Role
from movierec_assets.schema.tables import QUARANTINE_COLUMNS, TABLES, table

__all__ = [
    "LANDING_FILES",
    "QUARANTINE_COLUMNS",
    "ROLES",
    "TABLES",
    "Column",
    "LandingFile",
    "Role",
    "Table",
    "table",
]
