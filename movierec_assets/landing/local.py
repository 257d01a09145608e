"""A landing zone in a local folder."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from typing_extensions import override

from movierec_assets.landing.zone import (
    CHUNK,
    LandingChanged,
    LandingError,
    LandingMissing,
    LandingObject,
    LandingZone,
    landed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMESTAMP_TICK = 0.02
"""Seconds. File times step with the kernel's tick (4 to 10 ms): two writes within one look the same."""


class LocalZone(LandingZone):
    """Files below a folder, which need not exist before the first `put`."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self.root = Path(uri)

    @override
    def list(self) -> list[LandingObject]:
        with self._explained():
            if not self.root.exists():
                return []
            if not self.root.is_dir():
                raise NotADirectoryError(20, "not a folder", str(self.root))
            found = []
            for folder, folders, files in os.walk(self.root, onerror=_reraise):
                folders[:] = [name for name in folders if not name.startswith(".")]
                for name in files:
                    path = Path(folder, name)
                    key = path.relative_to(self.root).as_posix()
                    try:
                        key.encode()
                    except UnicodeEncodeError:
                        # A name in another encoding can be no key: neither PostgreSQL nor S3 could hold it.
                        continue
                    if landed(key):
                        try:
                            found.append(_describe(key, path.stat()))
                        except FileNotFoundError:
                            continue  # deleted since the folder was read
            return sorted(found, key=lambda o: o.key)

    @override
    def stat(self, key: str) -> LandingObject:
        with self._explained(key):
            return _describe(key, self._path(key).stat())

    @override
    def open(self, key: str, etag: str | None = None, start: int = 0) -> BinaryIO:
        path = self._path(key)
        with self._explained(key):
            stream = _Stream(path, key, start)
        if etag is not None and stream.etag != etag:
            stream.close()
            raise LandingChanged(f"{path} changed since it was listed: read it again")
        return io.BufferedReader(stream, CHUNK)

    @override
    def put(self, key: str, source: BinaryIO | Path) -> None:
        path = self._path(key)
        with self._explained(key):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            part = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as target:
                    if isinstance(source, Path):
                        with source.open("rb") as stream:
                            shutil.copyfileobj(stream, target, CHUNK)
                    else:
                        shutil.copyfileobj(source, target, CHUNK)
                    target.flush()
                    os.fsync(target.fileno())
                part.chmod(0o644)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)

    @override
    def delete(self, key: str) -> None:
        with self._explained():
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if key.startswith("/") or ".." in key.split("/"):
            raise LandingError(f"{key!r} is no key: keys are `dataset/file.csv`, relative to {self.uri}")
        return self.root / key

    @contextmanager
    def _explained(self, key: str | None = None) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if key is None:
                raise
            raise LandingMissing(f"{self._path(key)} does not exist: land it with `movierec land`") from error
        except OSError as error:
            raise LandingError(
                f"landing zone {self.uri}: {error.strerror or error} ({error.filename or key}); "
                "mend that, or set MOVIEREC_LANDING_URI to a folder that can be read and written"
            ) from error


class _Stream(io.RawIOBase):
    """Reads a file and compares its description at the end with the one at the beginning."""

    def __init__(self, path: Path, key: str, start: int) -> None:
        self._path, self._key = path, key
        self._file = path.open("rb", buffering=0)
        self._file.seek(start)
        before = os.fstat(self._file.fileno())
        self.etag = _describe(key, before).etag
        # A write that follows in the same tick leaves the same times: so young a file is read a tick later.
        if 0 <= (age := time.time() - before.st_ctime) < TIMESTAMP_TICK:
            time.sleep(TIMESTAMP_TICK - age)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._file.readinto(buffer)
        if count == 0 and len(buffer):
            self._check()
        return count or 0

    def _check(self) -> None:
        try:
            now = _describe(self._key, self._path.stat()).etag
        except FileNotFoundError:
            now = ""
        if now != self.etag:
            raise LandingChanged(f"{self._path} was replaced while it was read: read it again")

    def close(self) -> None:
        self._file.close()
        super().close()


def _describe(key: str, found: os.stat_result) -> LandingObject:
    # ctime too: a copy that keeps the time stamps of its source moves mtime to any value, ctime it can not.
    etag = f"{found.st_mtime_ns:x}-{found.st_ctime_ns:x}-{found.st_size:x}-{found.st_ino:x}"
    return LandingObject(key, found.st_size, etag, datetime.fromtimestamp(found.st_mtime, UTC))


def _reraise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
