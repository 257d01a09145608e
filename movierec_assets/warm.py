"""What the first command of a new environment would wait for, done ahead: `python -m movierec_assets.warm`.

An installed package is compiled to bytecode when it is first imported, and so are the recommender's kernels to machine
code. Belongs here: names of what a run imports. Does not: work that depends on settings or data.
"""

from __future__ import annotations

from importlib import import_module

MODULES = (
    "adbc_driver_postgresql.dbapi",
    "alembic.command",
    "dagster_postgres",
    "deltalake",
    "movierec_assets.cli.land",
    "movierec_assets.cli.run",
    "movierec_assets.cli.sample",
    "movierec_assets.cli.session",
    "movierec_assets.definitions",
    "movierec_assets.domain.recommender.direction_kernels",
    "movierec_assets.domain.recommender.explain_kernels",
    "movierec_assets.domain.recommender.index_kernels",
    "movierec_assets.domain.recommender.kernels",
    "movierec_assets.domain.recommender.knn_kernels",
    "movierec_assets.domain.recommender.top_kernels",
    "movierec_assets.domain.ingest",
    "pandas",
    "psycopg2",
    "pyarrow.dataset",
    "pygal",
    "pysail.spark",
    "pyspark.sql.connect.session",
)


def main() -> None:
    """Import them all."""
    for name in MODULES:
        import_module(name)


if __name__ == "__main__":
    main()
