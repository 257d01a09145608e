"""What every lake asset declares, drawn from the registry: description, group, schema, lineage, checks, version."""

from __future__ import annotations

from typing import Any

import dagster as dg

from movierec_assets.checks.generated import check_specs
from movierec_assets.schema import Table, table

OWNER = "team:movierec"
OPTIONAL = "optional_inputs"
"""Metadata of an asset that names inputs without which it can be made."""
ON_DEMAND = "on_demand"
"""Metadata of an asset that never counts as stale: the command that makes it."""
ADVANCE = "advance"
"""Attribute of a log line that tells how far a step is: how much is done, of how much, and the line itself."""
POOL = "graph"
"""Pool of every asset: dagster.yaml lets one run of it go at a time."""
NETWORK_RETRIES = dg.RetryPolicy(max_retries=3, delay=0.5, backoff=dg.Backoff.EXPONENTIAL)


def lake_spec(name: str, code_version: str, kinds: set[str]) -> dict[str, Any]:
    """Arguments of `dg.asset` for a table of the registry.

    Args:
        name: Table and asset.
        code_version: Version of the code that makes it; the registry's own fingerprint is added.
        kinds: What it is made and stored with, for the UI.
    """
    declared = table(name)
    return {
        "name": name,
        **_common(declared, code_version, kinds),
        "retry_policy": NETWORK_RETRIES,
        "pool": POOL,
        "check_specs": check_specs(declared),
        "io_manager_key": "lake",
    }


def lake_out(name: str, code_version: str, kinds: set[str]) -> dg.AssetOut:
    """The same for one output of a `dg.multi_asset`; its checks are declared on the multi-asset."""
    return dg.AssetOut(
        **{k: v for k, v in _common(table(name), code_version, kinds).items() if k != "group"},
        io_manager_key="lake",
    )


def _common(declared: Table, code_version: str, kinds: set[str]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"dagster/column_schema": column_schema(declared)}
    if declared.lineage:
        metadata["dagster/column_lineage"] = column_lineage(declared)
    if declared.published_as:
        metadata["published_as"] = declared.published_as
    if declared.on_demand:
        metadata[ON_DEMAND] = declared.on_demand
    return {
        "description": declared.description,
        "group_name": declared.layer,
        "kinds": kinds,
        "owners": [OWNER],
        "code_version": f"{code_version}-{declared.fingerprint()}",
        "metadata": metadata,
    }


def column_schema(declared: Table) -> dg.TableSchema:
    """Columns, types, descriptions with units and constraints, as the UI shows them."""
    columns = []
    for c in declared.columns:
        rules = [
            f">= {c.minimum:.15g}" if c.minimum is not None else "",
            f"<= {c.maximum:.15g}" if c.maximum is not None else "",
        ]
        columns.append(
            dg.TableColumn(
                c.name,
                c.type,
                f"{c.description} Unit: {c.unit}." if c.unit else c.description,
                dg.TableColumnConstraints(
                    nullable=c.nullable,
                    unique=declared.key == (c.name,),
                    other=[r for r in (*rules, f"matches {c.pattern}" if c.pattern else "") if r],
                ),
            )
        )
    return dg.TableSchema(columns)


def column_lineage(declared: Table) -> dg.TableColumnLineage:
    """Which upstream columns each column is made of."""
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(dg.AssetKey(upstream), source) for upstream, source in sources]
            for column, sources in declared.lineage.items()
        }
    )
