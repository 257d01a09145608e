"""Models in MLlib's layout, on disk and on S3."""

import os
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.mllib import fit_mllib, from_mllib
from movierec_assets.domain.recommender.params import AlsParams
from movierec_assets.domain.recommender.spark_model import SparkModel
from movierec_assets.io_managers.factors import FactorStore, ModelNotFoundError, read_model, write_model
from movierec_assets.io_managers.filesystem import filesystem, read_file, write_file


def model_of(seed=0, users=(1, 5, 9), items=(2, 4, 6, 2**31 - 1)):
    rng = np.random.default_rng(seed)
    draw = [rng.random((len(ids), 3), np.float32) for ids in (users, items)]
    return AlsModel(np.array(users), np.array(items), *draw, AlsParams(rank=3, seed=seed), (1.5, 0.75))


def assert_same(left, right):
    for name in ("user_ids", "item_ids", "user_factors", "item_factors"):
        assert getattr(left, name).dtype == getattr(right, name).dtype
        assert (getattr(left, name) == getattr(right, name)).all()
    assert left.params == right.params
    assert left.training_loss == right.training_loss
    assert left.version == right.version


@pytest.fixture(params=["folder", "s3"])
def place(request, tmp_path):
    """A file system and an empty path in it."""
    if request.param == "folder":
        return filesystem(str(tmp_path / "models" / "als_model"))
    server = request.getfixturevalue("s3_environment")
    return filesystem(f"s3://{server.new_bucket()}/lake/models/als_model")


def test_a_written_model_is_read_back_to_the_bit(place):
    files, path = place
    write_model(model_of(), files, path)
    assert_same(read_model(files, path), model_of())


def test_the_movies_of_a_model_are_read_without_its_users(place):
    files, path = place
    write_model(model_of(), files, path)
    found = read_model(files, path, users=False)
    assert (found.user_ids.shape, found.user_factors.shape) == ((0,), (0, 3))
    assert (found.item_ids == model_of().item_ids).all()
    assert (found.item_factors == model_of().item_factors).all()
    assert found.params == model_of().params


def test_the_store_keeps_every_version_and_points_to_the_last_written(place):
    store = FactorStore(*place)
    assert (store.versions(), store.current()) == ([], None)
    first, second = store.write(model_of(1)), store.write(model_of(2))
    assert store.versions() == sorted([first, second])
    assert store.current() == second
    assert_same(store.read(), model_of(2))
    assert_same(store.read(first), model_of(1))
    assert store.write(model_of(1)) == first
    assert_same(store.read(), model_of(1))


def test_writing_a_version_that_is_there_changes_no_file(place):
    files, path = place
    store = FactorStore(files, path)
    version = store.write(model_of())
    # A mark that a second write would replace.
    write_file(files, f"{path}/{version}/movierec.json", b"mark")
    assert store.write(model_of()) == version
    assert read_file(files, f"{path}/{version}/movierec.json") == b"mark"


def test_half_a_model_does_not_count_and_is_completed_by_the_next_write(place):
    files, path = place
    store = FactorStore(files, path)
    store.write(model_of(1))
    version = model_of(2).version
    write_model(model_of(2), files, f"{path}/{version}")
    files.delete_file(f"{path}/{version}/_SUCCESS")
    assert store.versions() == [model_of(1).version]
    with pytest.raises(
        ModelNotFoundError, match=f"no model version {version} .*: there are {model_of(1).version}"
    ):
        store.read(version)
    with pytest.raises(ModelNotFoundError, match="half a model"):
        read_model(files, f"{path}/{version}")
    store.write(model_of(2))
    assert_same(store.read(), model_of(2))


def test_a_missing_model_is_named_with_what_to_do(place):
    files, path = place
    with pytest.raises(ModelNotFoundError, match=r"\(current\) in .*: materialise the asset first"):
        FactorStore(files, path).read()
    with pytest.raises(ModelNotFoundError, match="has no metadata"):
        read_model(files, path)


def test_something_else_than_a_model_is_refused(place):
    files, path = place
    write_file(files, f"{path}/metadata/part-00000", b'{"class": "org.apache.spark.ml.Pipeline"}')
    with pytest.raises(ValueError, match=r"holds a org\.apache\.spark\.ml\.Pipeline"):
        read_model(files, path)


@pytest.mark.parametrize(("side", "ids"), [("users", (1, 2**31)), ("items", (-(2**31) - 1, 1))])
def test_ids_beyond_mllibs_32_bits_are_refused_before_anything_is_written(tmp_path, side, ids):
    files, path = filesystem(str(tmp_path / "model"))
    outside = max(ids, key=abs)
    with pytest.raises(ValueError, match=f"{side[:-1]} id {outside} does not fit MLlib's 32-bit ids"):
        write_model(model_of(**{side: ids}), files, path)
    assert not (tmp_path / "model").exists()


def test_the_same_model_is_written_as_the_same_bytes(tmp_path):
    contents = []
    for name in ("a", "b"):
        write_model(model_of(), *filesystem(str(tmp_path / name)))
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        contents.append([(p.relative_to(tmp_path / name), p.read_bytes()) for p in files])
    assert contents[0] == contents[1]
    assert len(contents[0]) == 5


KILLED = """
import os, sys
from movierec_assets_tests.io_managers.test_factors import model_of
from movierec_assets.io_managers import factors
from movierec_assets.io_managers.filesystem import filesystem
store = factors.FactorStore(*filesystem(sys.argv[1]))
real, left = factors.write_file, int(sys.argv[2])
def write_then_die(*arguments):
    global left
    if left == 0:
        os.kill(os.getpid(), 9)
    left -= 1
    real(*arguments)
factors.write_file = write_then_die
store.write(model_of(2))
"""


@pytest.mark.parametrize("files_written", range(6))
def test_a_write_killed_between_any_two_files_leaves_the_old_model_current(tmp_path, files_written):
    uri = str(tmp_path / "als_model")
    store = FactorStore(*filesystem(uri))
    store.write(model_of(1))
    command = [sys.executable, "-c", KILLED, uri, str(files_written)]
    assert subprocess.run(command, check=False, env=os.environ).returncode == -signal.SIGKILL
    assert_same(store.read(), model_of(1))
    store.write(model_of(2))
    assert_same(store.read(), model_of(2))


def test_spark_loads_what_the_store_wrote_and_predicts_the_same(spark_mllib, tmp_path):
    from pyspark.ml.recommendation import ALSModel

    model = model_of(users=(1, 5, 9), items=(2, 4, 6))
    version = FactorStore(*filesystem(str(tmp_path))).write(model)
    loaded = ALSModel.load(f"{tmp_path}/{version}")
    assert loaded.rank == 3
    users, items = np.repeat([1, 5, 9, 77], 3), np.tile([2, 4, 6], 4)
    frame = spark_mllib.createDataFrame(pa.table({"userId": users, "movieId": items}))
    predicted = loaded.transform(frame).toArrow().sort_by([("userId", "ascending"), ("movieId", "ascending")])
    assert predicted["userId"].to_pylist() == users[:9].tolist()
    np.testing.assert_allclose(
        predicted["prediction"].to_numpy(), model.predict(users[:9], items[:9]), rtol=1e-6
    )


def test_a_model_that_mllib_wrote_is_read(spark_mllib, tmp_path):
    user, item = np.divmod(np.arange(60), 10)
    ratings = pa.table({"userId": user, "movieId": item, "rating": (user + item) % 5 + 1.0})
    params = AlsParams(rank=3, max_iter=2)
    trained = fit_mllib(spark_mllib.createDataFrame(ratings), params)
    trained.write().overwrite().save(str(tmp_path / "mllib"))
    found = read_model(*filesystem(str(tmp_path / "mllib")))
    expected = from_mllib(trained, AlsParams(rank=3))
    assert_same(found, expected)


def test_a_model_on_spark_is_kept_without_coming_here_and_an_equal_one_is_not_written_again(
    spark_mllib, tmp_path
):
    user, item = np.divmod(np.arange(60), 10)
    ratings = pa.table({"userId": user, "movieId": item, "rating": (user + item) % 5 + 1.0})
    params = AlsParams(rank=3, max_iter=2)
    trained = SparkModel(fit_mllib(spark_mllib.createDataFrame(ratings), params), params)
    assert (trained.users, trained.movies) == (6, 10)
    store = FactorStore(*filesystem(str(tmp_path)))
    version = store.write(trained, str(tmp_path))
    assert (store.versions(), store.current(), trained.version) == ([version], version, version)
    assert_same(store.read(), from_mllib(trained.model, params))
    (tmp_path / version / "movierec.json").write_text("left alone")
    assert store.write(trained, str(tmp_path)) == version
    assert (tmp_path / version / "movierec.json").read_text() == "left alone"
    other = SparkModel(trained.model, AlsParams(rank=3, max_iter=3))
    assert other.version != version


def test_only_folders_and_s3_are_places():
    with pytest.raises(ValueError, match="must be a folder or `s3://bucket/prefix`"):
        filesystem("ftp://somewhere/else")
