"""What Alembic loads to write the statements of an upgrade; see `upgrading`. Alembic wants its work at import."""

from alembic import context

from movierec_assets.migrations.upgrading import SCHEMA

context.configure(
    dialect_name="postgresql",
    # Otherwise percent signs would be doubled, as for a driver that puts parameters in.
    dialect_opts={"paramstyle": "named"},
    version_table_schema=SCHEMA,
    # The caller's transaction holds the whole upgrade.
    transactional_ddl=False,
)
context.run_migrations()
