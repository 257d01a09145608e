"""A landing zone in an S3 bucket, on Amazon's or any server that speaks its protocol."""

from __future__ import annotations

import io
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from typing_extensions import override

from movierec_assets.landing.s3_faults import ATTEMPTS, refusal
from movierec_assets.landing.zone import (
    CHUNK,
    LandingChanged,
    LandingError,
    LandingMissing,
    LandingObject,
    LandingRefused,
    LandingZone,
    landed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ABSENT = {"404", "NoSuchBucket"}
MISSING = {"NoSuchKey", "404", "NotFound"}
CHANGED = {"PreconditionFailed", "412", "InvalidRange", "416"}


def default_client() -> Any:
    """A boto3 S3 client by dagster-aws's `S3Resource`, from the standard `AWS_*` variables."""
    from dagster_aws.s3 import S3Resource

    return S3Resource(max_attempts=ATTEMPTS).get_client()


class S3Zone(LandingZone):
    """Objects below `s3://bucket/prefix`; the bucket must exist, or be made by `ensure_bucket`."""

    def __init__(self, uri: str, client: Any) -> None:
        super().__init__(uri.rstrip("/"))
        self.client = client
        self.bucket, _, prefix = self.uri.removeprefix("s3://").partition("/")
        self.prefix = f"{prefix}/" if prefix else ""

    def ensure_bucket(self) -> bool:
        """Make the bucket where it is missing.

        Returns:
            Whether it was.

        Raises:
            LandingError: It is somebody else's, or the keys may not make one.
        """
        from botocore.exceptions import ClientError

        with self.explained():
            try:
                self.client.head_bucket(Bucket=self.bucket)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in ABSENT:
                    raise
            else:
                return False
            region = self.client.meta.region_name
            # Amazon takes its oldest region for none at all, and refuses to be told so.
            elsewhere = {} if region in (None, "us-east-1") else {"LocationConstraint": region}
            try:
                self.client.create_bucket(
                    Bucket=self.bucket,
                    **({"CreateBucketConfiguration": elsewhere} if elsewhere else {}),
                )
            except self.client.exceptions.BucketAlreadyOwnedByYou:
                return False
        return True

    @override
    def list(self) -> list[LandingObject]:
        with self.explained():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix
            )
            found = [
                self._describe(item["Key"], item["Size"], item)
                for page in pages
                for item in page.get("Contents", ())
            ]
        return sorted((o for o in found if landed(o.key)), key=lambda o: o.key)

    @override
    def stat(self, key: str) -> LandingObject:
        with self.explained(key):
            head = self.client.head_object(Bucket=self.bucket, Key=self.prefix + key)
        return self._describe(self.prefix + key, head["ContentLength"], head)

    @override
    def open(self, key: str, etag: str | None = None, start: int = 0) -> BinaryIO:
        return io.BufferedReader(_Stream(self, key, etag, start), CHUNK)

    @override
    def put(self, key: str, source: BinaryIO | Path) -> None:
        with self.explained(key):
            if hasattr(source, "read"):
                self.client.upload_fileobj(source, self.bucket, self.prefix + key)
            else:
                self.client.upload_file(str(source), self.bucket, self.prefix + key)

    @override
    def delete(self, key: str) -> None:
        with self.explained(key):
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + key)

    def get(self, key: str, etag: str | None, start: int) -> dict[str, Any]:
        """The server's answer to a GET of one version of the object, from byte `start` on."""
        conditions = {"IfMatch": f'"{etag}"'} if etag else {}
        if start:
            conditions["Range"] = f"bytes={start}-"
        with self.explained(key):
            return self.client.get_object(Bucket=self.bucket, Key=self.prefix + key, **conditions)  # type: ignore[no-any-return]

    def _describe(self, full_key: str, size: int, answer: dict[str, Any]) -> LandingObject:
        return LandingObject(
            full_key[len(self.prefix) :], size, answer["ETag"].strip('"'), answer["LastModified"]
        )

    @contextmanager
    def explained(self, key: str | None = None) -> Iterator[None]:
        """Turns boto3's errors into the zone's."""
        from boto3.exceptions import Boto3Error, S3UploadFailedError
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        where = f"{self.uri}/{key}" if key else self.uri
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code == "NoSuchBucket":
                raise LandingRefused(
                    f"{where}: no such bucket; create it, or set MOVIEREC_LANDING_URI to another"
                ) from error
            if code in MISSING:
                raise LandingMissing(f"{where} does not exist: land it with `movierec land`") from error
            if code in CHANGED:
                raise LandingChanged(f"{where} was replaced while it was read: read it again") from error
            if words := refusal(error):
                raise LandingRefused(f"{where}: {words}") from error
            raise LandingError(f"{where}: the server answers {error}") from error
        except NoCredentialsError as error:
            raise LandingRefused(
                f"{where}: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from error
        except S3UploadFailedError as error:
            if words := refusal(error):
                raise LandingRefused(f"{where}: {words}") from error
            reason = "there is no such bucket" if "NoSuchBucket" in str(error) else str(error)
            raise LandingError(f"{where}: {reason}; check MOVIEREC_LANDING_URI") from error
        except (BotoCoreError, Boto3Error) as error:
            raise LandingError(
                f"{where}: {error}; check MOVIEREC_LANDING_URI and AWS_ENDPOINT_URL"
            ) from error


class _Stream(io.RawIOBase):
    """Reads one version of an object; a connection that breaks is taken up again where it broke."""

    def __init__(self, zone: S3Zone, key: str, etag: str | None, start: int) -> None:
        self._zone, self._key, self._position = zone, key, start
        answer = zone.get(key, etag, start)
        self._body = answer["Body"]
        self._etag, self._size = answer["ETag"].strip('"'), start + answer["ContentLength"]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._position == self._size:
            self._zone.check_unchanged(self._key, self._etag)
            return 0
        for attempt in range(ATTEMPTS):
            if block := self._read(len(buffer)):
                buffer[: len(block)] = block
                self._position += len(block)
                return len(block)
            self._body.close()
            time.sleep(0.1 * 2**attempt if attempt else 0)
            self._body = self._zone.get(self._key, self._etag, self._position)["Body"]
        raise LandingError(
            f"{self._zone.uri}/{self._key}: the stream broke {ATTEMPTS} times at byte {self._position} "
            f"of {self._size}; try again"
        )

    def _read(self, count: int) -> bytes:
        """The next bytes, empty where the connection broke."""
        from botocore.exceptions import HTTPClientError, IncompleteReadError
        from urllib3.exceptions import HTTPError

        try:
            return self._body.read(min(count, self._size - self._position))  # type: ignore[no-any-return]
        except (HTTPClientError, IncompleteReadError, HTTPError, OSError):
            return b""

    def close(self) -> None:
        self._body.close()
        super().close()
