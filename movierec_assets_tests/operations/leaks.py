"""Looks for secrets, in every form in which one may stand somewhere: as it is, as part of a URL, in base64, packed."""

from __future__ import annotations

import gzip
import html
import json
import re
import subprocess
import zlib
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import psutil

from movierec_assets.resources.postgres_server import bin_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

SHORTEST = 12
"""No secret has fewer characters."""
TABLES = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_type = 'BASE TABLE' OR table_name = 'pg_stat_activity'
"""


def forms(secret: str) -> set[bytes]:
    """How it may be written, and its middle as it stands within a longer text in base64, wherever it begins there."""
    encoded = quote(secret, safe="")
    texts = {secret, encoded, quote(secret), quote_plus(secret), quote(encoded, safe="")}
    texts |= {json.dumps(secret)[1:-1], html.escape(secret)}
    texts |= {re.sub(r"%..", lambda found: found[0].lower(), text) for text in texts}
    found = {text.encode() for text in texts}
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            content = b"\0" * before + secret.encode()
            # The rest of its characters depends on what stands around it.
            found.add(encode(content)[(0, 2, 3)[before] : len(content) * 8 // 6])
    return found


def unpacked(content: bytes) -> Iterator[bytes]:
    """The content, and what it holds where it is packed: Dagster packs what it keeps in columns and downloads."""
    yield content
    with suppress(ValueError):
        content = b64decode(content, validate=True)
    with suppress(OSError, EOFError, zlib.error):
        yield gzip.decompress(content) if content[:2] == b"\x1f\x8b" else zlib.decompress(content)


class Search:
    """Everything that was looked through.

    Args:
        secrets: By what each is.

    Attributes:
        seen: Bytes by surface.
        found: Where which of the secrets stands.
    """

    def __init__(self, secrets: dict[str, str]) -> None:
        self.seen, self.found = Counter[str](), list[str]()
        self._forms: dict[str, set[bytes]] = {}
        for name, secret in secrets.items():
            self.add(name, secret)

    def add(self, name: str, secret: str) -> None:
        """Search for this one too, from now on."""
        self._forms[name] = forms(secret)

    def text(self, surface: str, content: str | bytes, but: tuple[str, ...] = ()) -> None:
        """Look through a text, for all secrets but these."""
        for part in unpacked(content.encode() if isinstance(content, str) else content):
            self.seen[surface] += len(part)
            for name, written in self._forms.items():
                if name not in but and (form := next((f for f in written if f in part), None)):
                    at = part.index(form)
                    around = part[max(at - 80, 0) : at].decode(errors="replace")
                    self.found.append(f"{name} in {surface}, after …{around!r}")

    def files(self, surface: str, folder: Path) -> None:
        """Look through every file below a folder, and the names."""
        for path in folder.rglob("*"):
            self.text(surface, str(path.relative_to(folder)))
            # A process may take its own away just then.
            with suppress(FileNotFoundError):
                if path.is_file() and not path.is_symlink():
                    self.text(f"{surface}: {path.relative_to(folder)}", path.read_bytes())

    def tables(self, connection: psycopg.Connection) -> None:
        """Look through every value of every table of a database, the server's own included; needs its superuser."""
        for schema, name in connection.execute(TABLES).fetchall():
            rows = connection.execute(f'SELECT * FROM "{schema}"."{name}"'.encode()).fetchall()
            self.text(f"table {schema}.{name}", "\n".join(map(str, rows)))
            for value in (v for row in rows for v in row if isinstance(v, str | bytes) and len(v) > SHORTEST):
                # By itself, as it may be packed.
                self.text(f"table {schema}.{name}", value)

    def dump(self, path: Path) -> None:
        """Look through a dump of a database."""
        done = subprocess.run(
            [bin_folder() / "pg_restore", "--file=-", path], capture_output=True, check=True
        )
        self.text(f"dump {path.name}", done.stdout)

    def objects(self, client: Any, bucket: str) -> None:
        """Look through every object of a bucket."""
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", []):
                content = client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                self.text(f"object {item['Key']}", content)

    def processes(self) -> None:
        """Look through the arguments of all processes that this one has started, which everybody may read."""
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                self.text("arguments of processes", "\0".join(process.cmdline()))
