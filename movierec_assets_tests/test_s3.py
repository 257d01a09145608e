"""The S3 server of the tests does what the lake and the landing zone rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from movierec_assets_tests.requirements_of_tests import require

if TYPE_CHECKING:
    from movierec_assets_tests.s3 import S3Server


def test_what_was_put_is_listed_and_read_back(s3_server: S3Server) -> None:
    client, bucket = s3_server.client(), s3_server.new_bucket()
    client.put_object(Bucket=bucket, Key="movielens/movies.csv", Body=b"movieId\r\n1\r\n")
    listed = client.list_objects_v2(Bucket=bucket, Prefix="movielens/")["Contents"]
    assert [(o["Key"], o["Size"]) for o in listed] == [("movielens/movies.csv", 12)]
    assert client.get_object(Bucket=bucket, Key="movielens/movies.csv")["Body"].read() == b"movieId\r\n1\r\n"


def test_a_put_that_must_create_fails_on_an_existing_object(s3_server: S3Server) -> None:
    from botocore.exceptions import ClientError

    client, bucket = s3_server.client(), s3_server.new_bucket()
    client.put_object(Bucket=bucket, Key="commit", Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket=bucket, Key="commit", Body=b"second", IfNoneMatch="*")
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert client.get_object(Bucket=bucket, Key="commit")["Body"].read() == b"first"


def test_wrong_keys_are_refused(s3_environment: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    from botocore.exceptions import ClientError

    require("s3", s3_environment.program == "versitygw", "moto's server lets everybody in, install versitygw")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        boto3.Session().client("s3").list_buckets()


def test_deltalake_writes_and_reads_versions(s3_environment: S3Server) -> None:
    import deltalake
    import pyarrow as pa

    uri = f"s3://{s3_environment.new_bucket()}/lake/table"
    options = {"aws_conditional_put": "etag"}
    for rows in ([1, 2], [3]):
        deltalake.write_deltalake(uri, pa.table({"a": rows}), mode="overwrite", storage_options=options)
    latest = deltalake.DeltaTable(uri, storage_options=options)
    assert latest.to_pyarrow_table().to_pydict() == {"a": [3]}
    first = deltalake.DeltaTable(uri, version=0, storage_options=options)
    assert first.to_pyarrow_table().to_pydict() == {"a": [1, 2]}


def test_the_embedded_engine_and_deltalake_read_each_others_tables(s3_environment: S3Server) -> None:
    import deltalake
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    bucket = s3_environment.new_bucket()
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").create()
    try:
        uri = f"s3://{bucket}/engine"
        spark.createDataFrame([(1, "a"), (2, "b")], "k bigint, v string").write.format("delta").save(uri)
        table = deltalake.DeltaTable(uri).to_pyarrow_table()
        assert table.sort_by("k").to_pydict() == {"k": [1, 2], "v": ["a", "b"]}
        other = f"s3://{bucket}/deltalake"
        deltalake.write_deltalake(other, table, storage_options={"aws_conditional_put": "etag"})
        read = spark.read.format("delta").load(other).orderBy("k").collect()
        assert [tuple(row) for row in read] == [(1, "a"), (2, "b")]
    finally:
        spark.stop()
        server.stop()
