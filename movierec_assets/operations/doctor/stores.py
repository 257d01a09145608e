"""Landing zone and lake: that files can be listed, written and deleted there, and that the ledger knows them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from movierec_assets.operations.doctor.findings import Finding

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database
    from movierec_assets.settings import Settings


def landing(settings: Settings) -> Iterator[Finding]:
    """The landing zone, for those who put files there from this machine."""
    from movierec_assets.landing.zone import open_zone

    zone = open_zone(settings.landing_uri)
    files = zone.list()
    key = f".doctor-{uuid.uuid4().hex}"
    zone.put(key, io.BytesIO(b"x"))
    zone.delete(key)
    yield Finding("landing zone", "ok", f"{settings.landing_uri}: {len(files):,} files, can be written")


def lake(settings: Settings) -> Iterator[Finding]:
    """The lake, and on S3 that two writers of one table cannot overwrite each other's commit."""
    from movierec_assets.io_managers.errors import reaching
    from movierec_assets.io_managers.filesystem import filesystem, read_file, write_file

    uri = settings.lake_uri
    with reaching(uri):
        store, path = filesystem(uri)
        probe = f"{path}/.doctor-{uuid.uuid4().hex}"
        write_file(store, probe, b"x")
        same = read_file(store, probe) == b"x"
        store.delete_file(probe)
    if not same:
        yield Finding("lake", "failed", f"{uri} does not give back what was written")
        return
    yield Finding("lake", "ok", f"{uri} can be read and written")
    if uri.startswith("s3://"):
        yield from _conditional_put(uri)


def _conditional_put(uri: str) -> Iterator[Finding]:
    from botocore.exceptions import ClientError, HTTPClientError, SSLError

    from movierec_assets.landing.s3 import default_client

    client = default_client()
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    place = {"Bucket": bucket, "Key": f"{prefix}/.doctor-{uuid.uuid4().hex}".lstrip("/")}
    client.put_object(**place, Body=b"x", IfNoneMatch="*")
    try:
        client.put_object(**place, Body=b"y", IfNoneMatch="*")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
            raise
    except (HTTPClientError, SSLError):
        # A server that refuses may hang up instead of reading the rest, within TLS too, of which the put before found
        # nothing wrong; what it has done is seen below.
        pass
    try:
        kept = client.get_object(**place)["Body"].read() == b"x"
    finally:
        client.delete_object(**place)
    if kept:
        yield Finding("lake", "ok", "conditional puts are refused as they should be")
        return
    said = "the S3 server ignores `If-None-Match`: two writers of one table could lose each other's commit"
    yield Finding("lake", "failed", said, "use a server with conditional puts")


def ledger(settings: Settings, database: Database) -> Iterator[Finding]:
    """Whether the ledger of the landing zone knows the files that lie there."""
    from movierec_assets.landing.ledger import entries
    from movierec_assets.landing.zone import open_zone

    with database.connect() as connection:
        there = connection.execute("SELECT to_regclass('ledger.files') IS NOT NULL").fetchone()
        known = {e.key: e for e in entries(connection)} if there == (True,) else {}
    listed = {file.key: file for file in open_zone(settings.landing_uri).list()}
    run = "`movierec run`, or the daemon's next look, takes them in"
    waiting = [
        key
        for key, file in listed.items()
        if key not in known or (known[key].etag, known[key].size) != (file.etag, file.size)
    ]
    if waiting:
        yield Finding("ledger", "warning", f"new or changed since the last look: {_names(waiting)}", run)
    if gone := [k for k, e in known.items() if e.state != "deleted" and k not in listed]:
        yield Finding("ledger", "warning", f"gone from the landing zone: {_names(gone)}", run)
    for key, entry in known.items():
        if entry.state == "failed" and key in listed:
            yield Finding(
                "ledger", "warning", f"{key} was refused: {entry.error}", "mend the file, land it again"
            )
    if not waiting and not gone:
        yield Finding("ledger", "ok", f"knows all {len(listed):,} files of the landing zone")


def _names(keys: list[str]) -> str:
    more = len(keys) - 5
    return ", ".join(sorted(keys)[:5]) + (f" and {more:,} more" if more > 0 else "")
