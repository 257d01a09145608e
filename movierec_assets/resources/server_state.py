"""What the files of a PostgreSQL data directory tell of its server, also after a crash."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 5432
IMPOSSIBLE_PID = "2147483646"


@dataclass(frozen=True)
class ServerState:
    """What `postmaster.pid` says of a live server.

    Attributes:
        socket_folder: Folder of its Unix socket.
        port: Part of the socket's name, and its TCP port if it has one.
        tcp: Whether it listens on the loopback addresses.
        ready: Whether it takes connections.
    """

    socket_folder: str
    port: int
    tcp: bool
    ready: bool

    @property
    def tcp_port(self) -> int | None:
        """Its TCP port, None where it listens on its socket only."""
        return self.port if self.tcp else None


def socket_name(port: int) -> str:
    """Name of the Unix socket of a server with that port."""
    return f".s.PGSQL.{port}"


def read_state(folder: Path) -> ServerState | None:
    """The state of the server that runs there; None where none does."""
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
        ours = process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == pid_file.parent
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        ours = False
    if not ours:
        _disown(pid_file, lines)
        return None
    # A server that has just been started has not written every line yet.
    lines += [""] * (8 - len(lines))
    return ServerState(lines[4], int(lines[3] or DEFAULT_PORT), bool(lines[5]), lines[7] == "ready")


def _disown(pid_file: Path, lines: list[str]) -> None:
    """Take a dead server's number out of its lock files.

    It may be anybody's after a container's restart, or a zombie's that nobody reaps, and PostgreSQL would refuse to
    start. The rest of `postmaster.pid` stays: by it the server sees whether old backends still hold its memory.
    """
    if len(lines) > 4:
        socket_lock = Path(lines[4], f"{socket_name(int(lines[3]))}.lock")
        if socket_lock.exists() and socket_lock.read_text().split("\n")[0] == lines[0]:
            socket_lock.unlink()
    pid_file.write_text("\n".join([IMPOSSIBLE_PID, *lines[1:]]) + "\n")
