"""Folders and S3 through one interface, pyarrow's."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from movierec_assets.landing.s3_faults import ATTEMPTS

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


PLAIN = re.compile(r"[!-$&-~]*")
"""ASCII without blanks and `%`."""


def filesystem(uri: str) -> tuple[FileSystem, str]:
    """The file system of a place, and the path in it.

    Args:
        uri: A folder, or `s3://bucket/prefix`. S3 is set by the standard `AWS_*` variables: credentials,
            `AWS_REGION` or `AWS_DEFAULT_REGION`, and `AWS_ENDPOINT_URL` for servers other than Amazon's.

    Raises:
        ValueError: The URI has another scheme.
    """
    from pyarrow import fs

    if "://" not in uri:
        return fs.LocalFileSystem(), str(Path(uri).expanduser().absolute())
    parts = urlsplit(uri)
    if parts.scheme != "s3":
        raise ValueError(f"{uri}: must be a folder or `s3://bucket/prefix`")
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
    s3 = fs.S3FileSystem(
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        endpoint_override=endpoint.netloc or None,
        scheme="http" if endpoint.scheme == "http" else "https",
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
    )
    return s3, f"{parts.netloc}{parts.path}".rstrip("/")


def plain_path(uri: str) -> str:
    """The same place under a name that every engine takes as it is.

    Sail 0.7 reads and writes a local path that has a blank, a `%` or a letter outside ASCII under its percent-encoded
    name, which is another folder. It gets a link without them, in this account's own folder for temporary files.

    Args:
        uri: A folder, made where it is missing, or `s3://bucket/prefix`, which is left alone.
    """
    if "://" in uri or PLAIN.fullmatch(uri):
        return uri
    links = Path(tempfile.gettempdir(), f"movierec-links-{os.getuid()}")
    links.mkdir(mode=0o700, exist_ok=True)
    if links.stat().st_uid != os.getuid():
        raise PermissionError(f"{links} belongs to another account: set TMPDIR to a folder of your own")
    Path(uri).mkdir(parents=True, exist_ok=True)
    link = links / hashlib.sha256(uri.encode()).hexdigest()[:16]
    with suppress(FileExistsError):
        link.symlink_to(uri, target_is_directory=True)
    return str(link)


def write_file(filesystem: FileSystem, path: str, content: bytes) -> None:
    """Write a small file so that a reader sees the old content or the new, never a part.

    On disk it is written beside its place and renamed over it; on S3 one put does it.

    Args:
        filesystem: As `filesystem` gives it.
        path: Where; the folder need not exist.
        content: All of it.
    """
    from pyarrow import fs

    local = isinstance(filesystem, fs.LocalFileSystem)
    target = f"{path}.{os.getpid()}.part" if local else path
    if local:
        filesystem.create_dir(path.rpartition("/")[0])
    with filesystem.open_output_stream(target) as stream:
        stream.write(content)
    if local:
        filesystem.move(target, path)


def read_file(filesystem: FileSystem, path: str) -> bytes | None:
    """The content of a file, None where there is none."""
    try:
        with filesystem.open_input_file(path) as stream:
            return bytes(stream.read())
    except FileNotFoundError:
        return None
