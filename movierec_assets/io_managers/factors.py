"""Models on disk or S3 in MLlib's own ALSModel layout, with versions and one pointer to the current one.

    models/<asset>/<version>/metadata/part-00000     MLlib's metadata, one JSON line
                             movierec.json           parameters and training loss
                             userFactors/, itemFactors/   Parquet: id int, features array<float>
                             _SUCCESS                written last: without it the folder does not count
    models/<asset>/CURRENT                           the current version

`pyspark.ml.recommendation.ALSModel.load` reads a version's folder.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.mllib import factor_arrays
from movierec_assets.domain.recommender.params import AlsParams, RankingParams, params_of
from movierec_assets.domain.recommender.spark_model import SparkModel
from movierec_assets.io_managers.filesystem import read_file, write_file

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyarrow.fs import FileSystem

MLLIB_CLASS = "org.apache.spark.ml.recommendation.ALSModel"
MLLIB_VERSION = "4.2.1"
"""The Spark release whose layout is written; MLlib reads those of its own and of older major versions."""


class ModelNotFoundError(LookupError):
    """There is no such model, or not all of it; the message says where and what there is."""


def write_model(model: AlsModel, filesystem: FileSystem, path: str) -> None:
    """Write a model in MLlib's layout. A reader sees all of it or nothing.

    Args:
        model: The model.
        filesystem: pyarrow's file system.
        path: The model's folder.

    Raises:
        ValueError: An id does not fit MLlib's 32-bit integers.
    """
    version, cold = model.version, model.params.cold_start_strategy
    metadata = {
        "class": MLLIB_CLASS,
        # MLlib wants a time; a fixed one keeps equal models equal to the byte.
        "timestamp": 0,
        "sparkVersion": MLLIB_VERSION,
        "uid": f"ALS_{version}",
        "paramMap": {"userCol": "userId", "itemCol": "movieId", "coldStartStrategy": cold, "blockSize": 4096},
        "defaultParamMap": {
            "userCol": "user",
            "itemCol": "item",
            "predictionCol": "prediction",
            "coldStartStrategy": "nan",
            "blockSize": 4096,
        },
        "rank": model.params.rank,
    }
    users = _parquet("user", model.user_ids, model.user_factors)
    items = _parquet("item", model.item_ids, model.item_factors)
    for name, content in (
        ("userFactors/part-00000.parquet", users),
        ("itemFactors/part-00000.parquet", items),
        ("metadata/part-00000", json.dumps(metadata).encode() + b"\n"),
    ):
        write_file(filesystem, f"{path}/{name}", content)
    _complete(model, filesystem, path)


def write_spark_model(model: SparkModel, uri: str, filesystem: FileSystem, path: str) -> None:
    """Have MLlib write a model from its executors, over what an interrupted writing left.

    Args:
        model: The model.
        uri: Of the model's folder, as the engine names it.
        filesystem: pyarrow's file system.
        path: The same folder in it.
    """
    model.model.write().overwrite().save(uri)
    _complete(model, filesystem, path)


def _complete(model: AlsModel | SparkModel, filesystem: FileSystem, path: str) -> None:
    """Add what MLlib does not keep, then the mark without which the folder does not count."""
    ours = {"version": model.version, "params": asdict(model.params), "training_loss": model.training_loss}
    write_file(filesystem, f"{path}/movierec.json", json.dumps(ours, indent=1).encode())
    write_file(filesystem, f"{path}/_SUCCESS", b"")


def read_model(filesystem: FileSystem, path: str, *, users: bool = True) -> AlsModel:
    """Read a model that `write_model` or MLlib itself wrote.

    A model by MLlib does not hold the parameters of its training: it has their defaults here, but for rank
    and cold_start_strategy, and no training loss.

    Args:
        filesystem: pyarrow's file system.
        path: The model's folder.
        users: Whether the users' side is read; else the model knows none.

    Raises:
        ModelNotFoundError: There is no model, or its writing did not end.
        ValueError: The folder holds something else than an ALSModel.
    """
    import pyarrow.parquet as pq

    ours = json.loads(read_file(filesystem, f"{path}/movierec.json") or b"null")
    metadata = _mllib_metadata(filesystem, path)
    if ours is not None and read_file(filesystem, f"{path}/_SUCCESS") is None:
        raise ModelNotFoundError(
            f"{path} is half a model: its writing did not end; materialise the asset again"
        )
    params: AlsParams | RankingParams
    if ours is None:
        values = {**metadata["defaultParamMap"], **metadata["paramMap"]}
        params = AlsParams(rank=metadata["rank"], cold_start_strategy=values["coldStartStrategy"])
    else:
        params = params_of(ours["params"])
    nobody = np.empty(0, np.int64), np.empty((0, params.rank), np.float32)
    sides = [
        factor_arrays(pq.read_table(f"{path}/{name}", filesystem=filesystem, partitioning=None), params.rank)
        if users or name == "itemFactors"
        else nobody
        for name in ("userFactors", "itemFactors")
    ]
    loss = () if ours is None else tuple(ours["training_loss"])
    return AlsModel(sides[0][0], sides[1][0], sides[0][1], sides[1][1], params, loss)


@dataclass(frozen=True)
class FactorStore:
    """The versions of one asset's model.

    Attributes:
        filesystem: pyarrow's file system.
        path: The asset's folder, `…/models/<asset>`.
    """

    filesystem: FileSystem
    path: str

    def write(self, model: AlsModel | SparkModel, uri: str = "") -> str:
        """Keep a model and make it the current one; returns its version. A version there is is left as is.

        Args:
            model: The model.
            uri: Of the asset's folder, as the engine names it, for a model that is on Apache Spark.
        """
        version = model.version
        place = self.filesystem, f"{self.path}/{version}"
        if version in self.versions():
            pass
        elif isinstance(model, SparkModel):
            write_spark_model(model, f"{uri}/{version}", *place)
        else:
            write_model(model, *place)
        if self.current() != version:
            write_file(self.filesystem, f"{self.path}/CURRENT", version.encode())
        return version

    def read(self, version: str | None = None, *, users: bool = True) -> AlsModel:
        """Read a version, by default the current one.

        Args:
            version: Which.
            users: As for `read_model`.

        Raises:
            ModelNotFoundError: There is no such version; the message lists those there are.
        """
        wanted = version or self.current()
        there = self.versions()
        if wanted not in there:
            known = f"there are {', '.join(there)}" if there else "materialise the asset first"
            raise ModelNotFoundError(f"no model version {wanted or '(current)'} in {self.path}: {known}")
        return read_model(self.filesystem, f"{self.path}/{wanted}", users=users)

    def current(self) -> str | None:
        """The version that `CURRENT` names, None before the first write."""
        pointer = read_file(self.filesystem, f"{self.path}/CURRENT")
        return pointer.decode() if pointer else None

    def versions(self) -> list[str]:
        """The versions that were written completely, in order of their names."""
        from pyarrow import fs

        found = self.filesystem.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        folders = sorted(f.base_name for f in found if f.type == fs.FileType.Directory)
        marks = self.filesystem.get_file_info([f"{self.path}/{name}/_SUCCESS" for name in folders])
        return [name for name, mark in zip(folders, marks, strict=True) if mark.type == fs.FileType.File]


def factor_rows(model: AlsModel) -> Iterator[tuple[str, int, list[float]]]:
    """`user` or `movie`, its id, and its factors; users first, by ascending id."""
    sides = (("user", model.user_ids, model.user_factors), ("movie", model.item_ids, model.item_factors))
    for side, ids, factors in sides:
        for number, row in zip(ids.tolist(), factors, strict=True):
            # The shortest text that is this 32-bit number.
            yield side, number, [float(str(value)) for value in row]


def _mllib_metadata(filesystem: FileSystem, path: str) -> dict[str, Any]:
    from pyarrow import fs

    found = filesystem.get_file_info(fs.FileSelector(f"{path}/metadata", allow_not_found=True))
    parts = sorted(f.path for f in found if f.base_name.startswith("part-") and f.size)
    if not parts:
        raise ModelNotFoundError(f"{path} holds no model: it has no metadata")
    metadata: dict[str, Any] = json.loads(read_file(filesystem, parts[0]) or b"{}")
    if metadata.get("class") != MLLIB_CLASS:
        raise ValueError(f"{path} holds a {metadata.get('class')}, not a {MLLIB_CLASS}")
    return metadata


def _parquet(side: str, ids: npt.NDArray[np.int64], factors: npt.NDArray[np.float32]) -> bytes:
    """One side's factors as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    limits = np.iinfo(np.int32)
    if (outside := ids[(ids < limits.min) | (ids > limits.max)]).size:
        raise ValueError(
            f"{side} id {outside[0]} does not fit MLlib's 32-bit ids, {limits.min} to {limits.max}:"
            f" renumber the {side}s"
        )
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * np.int32(factors.shape[1])
    features = pa.ListArray.from_arrays(pa.array(offsets), pa.array(factors.reshape(-1)))
    schema = pa.schema(
        [pa.field("id", pa.int32(), nullable=False), pa.field("features", pa.list_(pa.float32()))]
    )
    buffer = io.BytesIO()
    pq.write_table(pa.table([pa.array(ids.astype(np.int32)), features], schema=schema), buffer)
    return buffer.getvalue()
