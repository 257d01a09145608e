"""Streams that are made of blocks of bytes on the fly, so that what is landed need not be in memory or on disk."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO, cast

from typing_extensions import override

from movierec_assets.landing.report import Landed
from movierec_assets.landing.zone import CHUNK, LandingMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from movierec_assets.landing.zone import LandingZone


class BlockStream(io.RawIOBase):
    """Reads blocks one after another, measured and hashed on the way.

    Attributes:
        size: Bytes read so far.
        digest: SHA-256 of them.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, memoryview(b"")
        self.size, self.digest = 0, hashlib.sha256()

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            if (block := next(self._blocks, None)) is None:
                return 0
            self.size += len(block)
            self.digest.update(block)
            self._rest = memoryview(block)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def put_blocks(zone: LandingZone, key: str, blocks: Iterator[bytes]) -> Landed:
    """Write a file from blocks; an error in making them leaves the old file.

    Raises:
        LandingError: The zone can not be read or written.
    """
    before = present_hash(zone, key)
    stream = BlockStream(blocks)
    # Buffered, because an S3 upload takes a short read for the end of a part.
    zone.put(key, cast("BinaryIO", io.BufferedReader(stream, CHUNK)))
    return Landed(key, stream.size, stream.digest.hexdigest() != before)


def present_hash(zone: LandingZone, key: str) -> str | None:
    """SHA-256 of what lies there now, None where nothing does."""
    try:
        return zone.content_hash(key)
    except LandingMissing:
        return None
