"""Dagster's side of the lake: stores what an asset produced, loads what a consumer's annotation asks for."""

# No `from __future__ import annotations`: Dagster must see the type of a resource dependency itself.
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg

from movierec_assets.io_managers.errors import LakeRefusedError
from movierec_assets.io_managers.lake import Lake, LakeTable, Written
from movierec_assets.landing.s3_faults import ATTEMPTS
from movierec_assets.resources.engine import Engine
from movierec_assets.resources.turns import Turns

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.io_managers.lake import Data

PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 80


@dataclass(frozen=True)
class LakeOutput:
    """What an asset hands to the lake: the data, its content hash, and when the work on it began (monotonic s)."""

    data: "Data"
    content_hash: str
    started: float = field(default_factory=time.monotonic)


def storage_options() -> dict[str, str]:
    """Delta Lake's options for S3, from the standard `AWS_*` variables; no secret is copied."""
    import os

    options = {"aws_conditional_put": "etag", "max_retries": str(ATTEMPTS - 1)}
    if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        options["AWS_ALLOW_HTTP"] = "true"
    return options


@contextmanager
def refused_once() -> Iterator[None]:
    """Has Dagster try nothing again that the lake's store refuses."""
    try:
        yield
    except LakeRefusedError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


class LakeIOManager(dg.ConfigurableIOManager):
    """Delta tables on disk or S3.

    An input annotated as `LakeTable` gets a handle, as a Spark, pandas or Polars `DataFrame` or a `pyarrow.Table` the
    rows; without an annotation, a Spark DataFrame. An input's metadata `{"version": n}` loads an older version.
    """

    uri: str
    engine: dg.ResourceDependency[Engine]
    turns: dg.ResourceDependency[Turns]

    @property
    def lake(self) -> Lake:
        """The lake itself."""
        return Lake(self.uri, storage_options(), lambda: self.engine.spark_session)

    @property
    def native(self) -> bool:
        """Whether the engine runs in this process; see `Engine.native`."""
        return self.engine.native

    @refused_once()
    def handle_output(self, context: dg.OutputContext, obj: LakeOutput) -> None:
        """Write, unless the content is what the table holds already."""
        self._write(context, obj)

    def _write(self, context: dg.OutputContext, obj: LakeOutput) -> Written:
        name = context.asset_key.path[-1]
        written = self.lake.write(name, obj.data, obj.content_hash)
        context.add_output_metadata(self._describe(name, written, obj.started))
        context.log.info(
            f"{name}: version {written.version} {'written' if written.changed else 'kept, content unchanged'}"
        )
        return written

    @refused_once()
    def load_input(self, context: dg.InputContext) -> Any:
        """Load as the annotation asks.

        Raises:
            TypeError: The annotation is of no supported type; the message names those that are.
        """
        name, lake = context.asset_key.path[-1], self.lake
        version = (context.definition_metadata or {}).get("version")
        return load_as(
            # The version of now, so that all that the consumer reads is of one version.
            lake.open(name, lake.delta(name, version).version()),
            context.dagster_type.typing_type,
            context.name,
        )

    def _describe(self, name: str, written: Written, started: float) -> dict[str, Any]:
        return {
            "dagster/row_count": written.rows,
            "dagster/uri": self.lake.table_uri(name),
            "size": dg.MetadataValue.int(written.bytes),
            "lake_version": written.version,
            "new_version": written.changed,
            "seconds": round(time.monotonic() - started, 3),
            "preview": dg.MetadataValue.md(preview(self.lake.open(name).arrow(limit=PREVIEW_ROWS))),
        }


def load_as(table: LakeTable, annotation: Any, parameter: str) -> Any:
    """The table in the type that a consumer's parameter is annotated with."""
    if annotation is LakeTable:
        return table
    kind = f"{getattr(annotation, '__module__', '').partition('.')[0]}.{getattr(annotation, '__name__', annotation)}"
    loaders: dict[str, Callable[[], Any]] = {
        "pyspark.DataFrame": table.spark,
        "pandas.DataFrame": table.pandas,
        "pyarrow.Table": table.arrow,
        "polars.DataFrame": table.polars,
    }
    if annotation is Any:
        return table.spark()
    if kind not in loaders:
        raise TypeError(
            f"parameter {parameter!r} is annotated {kind}, which the lake cannot give; "
            f"annotate it as LakeTable, {', '.join(loaders)}"
        )
    return loaders[kind]()


def preview(rows: "pa.Table") -> str:
    """A Markdown table of a few rows; long cells are cut, line breaks and bars escaped."""

    def cell(value: Any) -> str:
        text = "" if value is None else str(value)
        text = text if len(text) <= PREVIEW_CHARACTERS else text[: PREVIEW_CHARACTERS - 1] + "…"
        return text.replace("|", "\\|").replace("\r", " ").replace("\n", " ")

    head = [rows.column_names, ["---"] * rows.num_columns]
    body = [[cell(v) for v in row.values()] for row in rows.to_pylist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in head + body)
