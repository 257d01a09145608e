"""Dagster's side of the model store: MLlib's ALSModel layout below `models/` of the lake."""

# No `from __future__ import annotations`: Dagster must see the type of a resource dependency itself.

import time
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import dagster as dg

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.mllib import from_mllib
from movierec_assets.domain.recommender.spark_model import SparkModel
from movierec_assets.io_managers.errors import reaching
from movierec_assets.io_managers.factors import FactorStore, factor_rows
from movierec_assets.io_managers.filesystem import filesystem
from movierec_assets.io_managers.lake_io_manager import preview, refused_once
from movierec_assets.resources.turns import Turns

if TYPE_CHECKING:
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import SparkSession


PREVIEW_ROWS = 3
"""Of users and of movies."""
FLOAT_BYTES = 4


@dataclass(frozen=True)
class FactorsOutput:
    """What a model asset hands to the store: the model, and when the work on it began (monotonic s)."""

    model: AlsModel | SparkModel
    started: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class StoredModel:
    """The current version of a model, read when and as its consumer wants.

    Attributes:
        store: All its versions.
        uri: Folder of the store, as the engine names it.
        version: The version.
    """

    store: FactorStore
    uri: str
    version: str

    def native(self) -> AlsModel:
        """In this process."""
        with reaching(self.uri):
            return self.store.read(self.version)

    def movies(self) -> AlsModel:
        """In this process, without users: the movies of a model fit any one machine, and so do its parameters."""
        with reaching(self.uri):
            return self.store.read(self.version, users=False)

    def mllib(self, session: "SparkSession") -> "ALSModel":
        """On Apache Spark."""
        from pyspark.ml.recommendation import ALSModel

        session.active()
        return ALSModel.load(f"{self.uri}/{self.version}")


def model_store(lake_uri: str, name: str) -> tuple[FactorStore, str]:
    """All versions of a model of the lake, and the URI of their folder."""
    uri = f"{lake_uri.rstrip('/')}/models/{name}"
    return FactorStore(*filesystem(uri)), uri


class FactorsIOManager(dg.ConfigurableIOManager):
    """Models of the lake; the current version's number is its content hash."""

    uri: str
    turns: dg.ResourceDependency[Turns]

    @refused_once()
    def handle_output(self, context: dg.OutputContext, obj: FactorsOutput) -> None:
        """Write the model and make it the current one; an equal one is not written again."""
        store, uri = model_store(self.uri, context.asset_key.path[-1])
        with reaching(uri):
            version = store.write(obj.model, uri)
        context.add_output_metadata(
            {
                "dagster/uri": f"{uri}/{version}",
                "dagster/row_count": obj.model.users + obj.model.movies,
                "size": (obj.model.users + obj.model.movies) * obj.model.params.rank * FLOAT_BYTES,
                "seconds": round(time.monotonic() - obj.started, 3),
                "preview": dg.MetadataValue.md(_preview(obj.model)),
            }
        )

    @refused_once()
    def load_input(self, context: dg.InputContext) -> Any:
        """A handle on the current version.

        Raises:
            ModelNotFoundError: The asset was never materialised.
        """
        store, uri = model_store(self.uri, context.asset_key.path[-1])
        with reaching(uri):
            return StoredModel(store, uri, store.current() or store.read().version)


def _preview(shown: AlsModel | SparkModel) -> str:
    """The first users and the first movies."""
    import pyarrow as pa

    model = from_mllib(shown.model, shown.params, PREVIEW_ROWS) if isinstance(shown, SparkModel) else shown
    rows = [row for at in (0, model.users) for row in islice(factor_rows(model), at, at + PREVIEW_ROWS)]
    return preview(
        pa.Table.from_pylist([dict(zip(("side", "id", "factors"), row, strict=True)) for row in rows])
    )
