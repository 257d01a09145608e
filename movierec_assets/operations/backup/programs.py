"""PostgreSQL's own `pg_dump`, `pg_restore` and `psql`, on the project's database."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from movierec_assets.operations.backup.manifest import BackupError
from movierec_assets.resources.postgres_server import bin_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from movierec_assets.resources.database import Database

CHUNK = 1 << 20


def dump(database: Database, target: Path, schemas: list[str], snapshot: str) -> None:
    """Write these schemas to a file, as a snapshot that a transaction exported sees them.

    Raises:
        BackupError: `pg_dump` fails; the message holds what it says.
    """
    address, environment = database.for_programs()
    named = [f"--schema={schema}" for schema in schemas]
    # Owners and rights belong to the server that it is restored on: `movierec grant` gives them anew.
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    done = subprocess.run(
        [_program("pg_dump", database), *options, *named, f"--file={target}", f"--dbname={address}"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"pg_dump fails on the {database.address}: {_reason(done.stderr)}")


def load(database: Database, source: Path, before: str) -> None:
    """Run these statements and then all of a dump, in one transaction.

    Whichever process is killed, `psql` then lacks the last line, which alone would commit.

    Raises:
        BackupError: Nothing was changed; the message holds what the program says.
    """
    address, environment = database.for_programs()
    reading = subprocess.Popen(
        [_program("pg_restore", database), "--no-owner", "--no-privileges", "--file=-", str(source)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    writing = subprocess.Popen(
        [_program("psql", database), "-X", "-q", "-v", "ON_ERROR_STOP=1", f"--dbname={address}"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert writing.stdin
    # `psql` may give up before all is read; what it says then tells more than the broken pipe.
    with suppress(BrokenPipeError):
        for part in _script(reading, before):
            writing.stdin.write(part)
        if reading.wait() == 0:
            writing.stdin.write(b"\nCOMMIT;\n")
    with suppress(BrokenPipeError):
        writing.stdin.close()
    assert reading.stdout
    assert reading.stderr
    assert writing.stderr
    reading.stdout.close()
    said = writing.stderr.read().decode(errors="replace")
    if writing.wait():
        reading.kill()
        reading.wait()
        raise BackupError(f"psql fails on the {database.address}, nothing was changed: {_reason(said)}")
    if reading.wait():
        raise BackupError(f"pg_restore cannot read {source}: {_reason(reading.stderr.read().decode())}")


def _script(reading: subprocess.Popen[bytes], before: str) -> Iterator[bytes]:
    assert reading.stdout
    yield f"BEGIN;\n{before}\n".encode()
    while part := reading.stdout.read(CHUNK):
        yield part


def _program(name: str, database: Database) -> str:
    """The wheel's; for a database by URL the machine's, where it is not older than the server.

    The wheel's cannot encrypt, and each refuses a server that is newer than itself.
    """
    own, other = str(bin_folder() / name), shutil.which(name)
    if database.embedded or other is None:
        return own
    said = subprocess.run([other, "--version"], capture_output=True, text=True, check=False).stdout
    release = re.search(r"\) (\d+)", said)
    with database.connect() as connection:
        server = connection.info.server_version // 10000
    return other if release and int(release[1]) >= server else own


def _reason(said: str) -> str:
    hint = "; install PostgreSQL's client programs" if "SSL support is not compiled in" in said else ""
    return " ".join(said.split())[-500:] + hint
