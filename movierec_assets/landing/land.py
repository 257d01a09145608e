"""Puts a dataset into the landing zone: a folder, a zip, a CSV file, a GroupLens set by name, or the sample."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from movierec_assets.landing.blocks import present_hash, put_blocks
from movierec_assets.landing.grouplens import BASE, SETS, download
from movierec_assets.landing.recognise import Candidate, LandError, in_folder, in_zip, recognise
from movierec_assets.landing.report import Landed, silent
from movierec_assets.schema import LANDING_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from movierec_assets.landing.report import Progress
    from movierec_assets.landing.zone import LandingZone

__all__ = ["LandError", "land", "land_path"]

SAMPLE = "sample"


def land(
    zone: LandingZone,
    what: str,
    *,
    downloads: Path,
    ratings: int = 100_000,
    seed: int = 0,
    progress: Progress = silent,
    tell: Callable[[str], None] = lambda message: None,
    base: str = BASE,
    connect_timeout: float = 10.0,
) -> list[Landed]:
    """Put a dataset into the zone.

    Args:
        zone: Where to.
        what: Path of a folder, zip or CSV file; a name in `SETS`; or `sample`.
        downloads: Folder in which downloads are kept, whole or to be resumed.
        ratings: How many the sample has; its other files grow with them.
        seed: Of the sample.
        progress: Told of bytes (of ratings, for the sample).
        tell: Told in a line about files that are ignored.
        base: Folder on the web where GroupLens's sets lie.
        connect_timeout: Seconds to wait for that server to take the call, and for its first answer.

    Raises:
        LandError: The dataset is not there, damaged or not MovieLens's; nothing was written.
        LandingError: The zone can not be read or written.
    """
    if what == SAMPLE:
        from movierec_assets.landing.sample import sample

        return sample(zone, ratings, seed, progress=progress)
    if what in SETS:
        archive = download(
            what, downloads, base=base, connect_timeout=connect_timeout, progress=progress, tell=tell
        )
        return land_path(zone, archive, progress=progress, tell=tell)
    if not what:
        # It would stand for the folder in which the command was called.
        raise LandError(f"nothing is named: give a path, or one of the names {', '.join((*SETS, SAMPLE))}")
    return land_path(zone, Path(what).expanduser(), progress=progress, tell=tell)


def land_path(
    zone: LandingZone,
    path: Path,
    *,
    progress: Progress = silent,
    tell: Callable[[str], None] = lambda message: None,
) -> list[Landed]:
    """Put the landing files of a folder, zip or CSV file into the zone; arguments and errors as `land`.

    Every file is read whole and checked before the first is written.
    """
    with ExitStack() as stack:
        try:
            candidates = _candidates(path, stack)
            found = recognise(candidates, str(path))
            for name in sorted({c.name for c in candidates} - {c.name for c in found.values()}):
                tell(f"{name} is ignored: it is none of {', '.join(f.name for f in LANDING_FILES.values())}")
            hashes = {source: _hash(candidate, progress) for source, candidate in found.items()}
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
            raise LandError(f"{path} can not be read: {error}; nothing was landed") from error
        return [
            _put(zone, source, candidate, hashes[source], progress) for source, candidate in found.items()
        ]


def _candidates(path: Path, stack: ExitStack) -> list[Candidate]:
    if path.is_dir():
        return in_folder(path)
    if path.is_file() and zipfile.is_zipfile(path):
        return in_zip(stack.enter_context(zipfile.ZipFile(path)))
    if path.is_file() and path.suffix.lower() == ".csv":
        return [Candidate(path.name, path.stat().st_size, lambda: path.open("rb"))]
    if path.is_file() and _begins_as_zip(path):
        raise LandError(f"{path} is a zip whose end is missing or damaged: copy or download it again")
    names = ", ".join((*SETS, SAMPLE))
    problem = "is neither a folder, a zip nor a CSV file" if path.exists() else "does not exist"
    raise LandError(f"{path} {problem}; give a path of one, or one of the names {names}")


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\3\4"


def _hash(candidate: Candidate, progress: Progress) -> str:
    digest = hashlib.sha256()
    for block in _watched(candidate, f"checking {candidate.name}", progress):
        digest.update(block)
    return digest.hexdigest()


def _put(zone: LandingZone, source: str, candidate: Candidate, content: str, progress: Progress) -> Landed:
    key = LANDING_FILES[source].path
    if present_hash(zone, key) == content:
        return Landed(key, candidate.size, changed=False)
    return put_blocks(zone, key, _watched(candidate, f"landing {candidate.name}", progress))


def _watched(candidate: Candidate, name: str, progress: Progress) -> Iterator[bytes]:
    done = 0
    for block in candidate.blocks():
        done += len(block)
        progress(name, done, candidate.size)
        yield block
