"""Downloads GroupLens's MovieLens sets: resumed where they broke off, checked against the published MD5, kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from movierec_assets.landing.recognise import LandError
from movierec_assets.landing.report import silent

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from movierec_assets.landing.report import Progress

BASE = "https://files.grouplens.org/datasets/movielens"
SETS = ("ml-latest-small", "ml-latest", "ml-25m", "ml-32m")
READ_TIMEOUT = 30.0
ATTEMPTS = 5
"""How often in a row a download is resumed without a byte gained."""


def download(
    name: str,
    folder: Path,
    *,
    base: str = BASE,
    connect_timeout: float = 10.0,
    progress: Progress = silent,
    tell: Callable[[str], None] = lambda message: None,
) -> Path:
    """The set's zip, downloaded unless the folder has the version that is published now.

    Args:
        name: One of `SETS`.
        folder: Where the zip is kept, and the part of one that broke off.
        base: Folder on the web.
        connect_timeout: Seconds to wait for the server to take the call, and for its first answer.
        progress: Told of bytes.
        tell: Told, if the server can not be reached, that an older download serves.

    Returns:
        Path of the zip. Its checksum is verified: the one published now or, without the server, the one that was
        published when it was downloaded, which is kept beside it.

    Raises:
        LandError: The server can not be reached and there is no older download that is whole, or what it sends is
            damaged.
    """
    import requests

    folder.mkdir(parents=True, exist_ok=True)
    url, archive = f"{base}/{name}.zip", folder / f"{name}.zip"
    with requests.Session() as session:
        try:
            checksum = _checksum(session, f"{url}.md5", connect_timeout)
        except requests.RequestException as error:
            if archive.exists() and _md5(archive) == _kept_checksum(archive):
                tell(f"{url} can not be reached, the earlier download serves: {archive}")
                return archive
            raise _unreachable(url, error) from error
        if archive.exists() and _md5(archive) == checksum:
            _keep_checksum(archive, checksum)
            return archive
        # The checksum in the name keeps the part of another version from being resumed.
        part = folder / f"{name}.{checksum[:12]}.part"
        with part.open("a+b") as target:
            # Two processes that want the same set: the second waits and finds it whole.
            fcntl.flock(target, fcntl.LOCK_EX)
            if not (archive.exists() and _md5(archive) == checksum):
                for _ in range(2):  # once more from the start, if a resumed part does not fit
                    _fill(session, url, target, connect_timeout, progress)
                    target.flush()
                    if _md5(part) == checksum:
                        part.replace(archive)
                        _keep_checksum(archive, checksum)
                        return archive
                    target.truncate(0)
                raise LandError(f"{url} was sent damaged twice (its MD5 is not {checksum}); try again later")
        part.unlink(missing_ok=True)
    return archive


def _checksum(session: requests.Session, url: str, connect_timeout: float) -> str:
    answer = session.get(url, timeout=connect_timeout)
    answer.raise_for_status()
    if not (found := re.search(r"\b[0-9a-f]{32}\b", answer.text.lower())):
        raise LandError(f"{url} holds no MD5 checksum but {answer.text[:80]!r}; is that the right server?")
    return found[0]


def _keep_checksum(archive: Path, checksum: str) -> None:
    archive.with_suffix(".md5").write_text(checksum)


def _kept_checksum(archive: Path) -> str:
    kept = archive.with_suffix(".md5")
    return kept.read_text() if kept.exists() else ""


def _fill(
    session: requests.Session, url: str, target: BinaryIO, connect_timeout: float, progress: Progress
) -> None:
    """Append what is missing of the file, over as many connections as it takes."""
    import requests

    failures = 0
    while True:
        start = target.seek(0, os.SEEK_END)
        try:
            _append(session, url, target, connect_timeout, progress)
            return
        except requests.RequestException as error:
            failures = failures + 1 if target.seek(0, os.SEEK_END) == start else 0
            if failures == ATTEMPTS or isinstance(error, requests.HTTPError):
                raise _unreachable(url, error) from error
            time.sleep(0.1 * 2**failures)


def _append(
    session: requests.Session, url: str, target: BinaryIO, connect_timeout: float, progress: Progress
) -> None:
    """One connection; it ends with the file or, if it breaks, with an error of requests."""
    done = target.seek(0, os.SEEK_END)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with session.get(url, headers=headers, stream=True, timeout=(connect_timeout, READ_TIMEOUT)) as answer:
        if answer.status_code == 416:  # nothing is left to send
            return
        answer.raise_for_status()
        if answer.status_code != 206:
            done = target.truncate(0)
        length = answer.headers.get("Content-Length")
        total = done + int(length) if length else None
        for block in answer.iter_content(64 << 10):
            target.write(block)
            done += len(block)
            progress(Path(url).name, done, total)


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _unreachable(url: str, error: Exception) -> LandError:
    reason = str(error)
    for pattern in (
        r"Failed to resolve '[^']+'",
        r"timed out",
        r"Connection refused",
        r"\d{3} [^\n]+ for url",
    ):
        if found := re.search(pattern, reason):
            reason = found[0].removesuffix(" for url")
            break
    return LandError(
        f"{url} can not be downloaded ({reason}). Check the network, or download it elsewhere and land the zip, "
        "or land `sample`"
    )
