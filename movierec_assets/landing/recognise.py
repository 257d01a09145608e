"""Which files of a folder or a zip are landing files: by name, else by header."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from movierec_assets.domain.ingest import HeaderError, check_header, column_names, columns_under
from movierec_assets.landing.zone import CHUNK
from movierec_assets.schema import LANDING_FILES, LandingFile

MOST_TIMES_LARGER = 200
"""A zip member that unpacks to more than this many times its packed size, and is large, is taken for a trap; ratings
unpack to about five times theirs."""

LARGE = 100 << 20


class LandError(Exception):
    """What was to be landed can not be; the message says which file, why, and what to do. Nothing was written."""


@dataclass(frozen=True)
class Candidate:
    """A file that may be a landing file.

    Attributes:
        name: Path below the folder or in the zip, for people.
        size: In bytes.
        open: Opens it for reading.
    """

    name: str
    size: int
    open: Callable[[], BinaryIO]

    def blocks(self) -> Iterator[bytes]:
        """Its content; errors as the zip module raises them where a member is damaged."""
        with self.open() as stream:
            while block := stream.read(CHUNK):
                yield block


def in_folder(folder: Path) -> list[Candidate]:
    """The files in a folder and in the folders directly in it, hidden ones left out."""
    found = sorted(p for pattern in ("*", "*/*") for p in folder.glob(pattern) if p.is_file())
    names = {path: path.relative_to(folder) for path in found}
    return [
        Candidate(name.as_posix(), path.stat().st_size, _opener(path))
        for path, name in names.items()
        if not any(part.startswith(".") for part in name.parts)
    ]


def in_zip(archive: zipfile.ZipFile) -> list[Candidate]:
    """The files of a zip, at its top or one folder deep. Nothing is unpacked to a path that the zip names.

    Raises:
        LandError: A member is encrypted or unpacks to far more than its size.
    """
    found = []
    for member in archive.infolist():
        path = PurePosixPath(member.filename)
        if (
            member.is_dir()
            or len(path.parts) > 2
            or any(part.startswith((".", "__MACOSX")) for part in path.parts)
        ):
            continue
        if member.flag_bits & 1:
            raise LandError(
                f"{archive.filename}: {member.filename} is encrypted; unpack it and land the folder"
            )
        if member.file_size > max(LARGE, MOST_TIMES_LARGER * member.compress_size):
            raise LandError(
                f"{archive.filename}: {member.filename} would unpack from {member.compress_size:,} to "
                f"{member.file_size:,} bytes, which no ratings do; if that is right, unpack it and land the folder"
            )
        found.append(Candidate(member.filename, member.file_size, _member_opener(archive, member)))
    return found


def recognise(candidates: list[Candidate], where: str) -> dict[str, Candidate]:
    """The landing files among the candidates, by source.

    A file belongs to the source whose name it has, whatever the case; one with another name that ends in `.csv` to
    the source whose header it has, if no file has that source's name.

    Raises:
        LandError: None is a landing file, two are the same one, or one has a header that it should not have.
    """
    found: dict[str, Candidate] = {}
    for source, file in LANDING_FILES.items():
        named = [c for c in candidates if PurePosixPath(c.name).name.lower() == file.name.lower()]
        top = min((len(PurePosixPath(c.name).parts) for c in named), default=0)
        if chosen := _only([c for c in named if len(PurePosixPath(c.name).parts) == top], file, where):
            _check(chosen, file, where)
            found[source] = chosen
    taken = {c.name for c in found.values()}
    unnamed = [(c, _header(c)) for c in candidates if c.name.lower().endswith(".csv") and c.name not in taken]
    for source, file in LANDING_FILES.items():
        alike = [candidate for candidate, header in unnamed if columns_under(header, file)]
        if source not in found and (chosen := _only(alike, file, where)):
            found[source] = chosen
    if not found:
        names = ", ".join(f.name for f in LANDING_FILES.values())
        there = ", ".join(c.name for c in candidates[:10]) or "no file"
        raise LandError(f"{where} holds none of {names}: it holds {there}")
    return found


def _only(candidates: list[Candidate], file: LandingFile, where: str) -> Candidate | None:
    if len(candidates) > 1:
        names = " and ".join(c.name for c in candidates)
        raise LandError(f"{where}: {names} could each be {file.name}; land a folder that holds one of them")
    return candidates[0] if candidates else None


def _check(candidate: Candidate, file: LandingFile, where: str) -> None:
    try:
        with candidate.open() as stream:
            check_header(stream, file, candidate.name)
    except HeaderError as error:
        raise LandError(f"{where}: {error}; nothing was landed") from error


def _header(candidate: Candidate) -> list[str]:
    with candidate.open() as stream:
        return column_names(stream)


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _member_opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: archive.open(member)  # type: ignore[return-value]
