"""`movierec up`: the Dagster UI and daemon and the web API on the project's own storage, until interrupted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from movierec_assets.cli.app import app, fail, out, say, settings
from movierec_assets.runtime import open_runtime

LOOPBACK = "127.0.0.1"
CODE, UI, DAEMON, API = "code location", "Dagster UI", "Dagster daemon", "web API"


@app.command()
def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Dagster UI.")] = 3000,
    api_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web API and explorer.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Start the Dagster UI and daemon and the web API, and print the addresses; Ctrl-C stops all."""
    chosen = settings()
    runtime = open_runtime(chosen)
    from movierec_assets.instance import open_instance
    from movierec_assets.settings import CHECKOUT

    with open_instance(chosen, runtime.database):
        workspace = str(CHECKOUT / "workspace.yaml")
    scripts = Path(sys.executable).parent
    code_port = _free_port()
    # What workspace.yaml asks for.
    os.environ.update(MOVIEREC_CODE_HOST=LOOPBACK, MOVIEREC_CODE_PORT=str(code_port))
    children = {
        CODE: subprocess.Popen(
            [
                *(scripts / "dagster", "code-server", "start", "-h", LOOPBACK, "-p", str(code_port)),
                *("-m", "movierec_assets.definitions", "--log-level", "warning"),
            ]
        ),
        API: subprocess.Popen(
            [scripts / "movierec", "api", "--host", host, "--port", str(api_port)], stdout=subprocess.DEVNULL
        ),
    }
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        _await(CODE, f"port {code_port} of {LOOPBACK}", lambda: _listens(code_port), children)
        children[UI] = subprocess.Popen(
            [scripts / "dagster-webserver", "-w", workspace, "-h", host, "-p", str(port)]
        )
        children[DAEMON] = subprocess.Popen([scripts / "dagster-daemon", "run", "-w", workspace])
        for name, address, path in (
            (UI, f"http://{host}:{port}", "/server_info"),
            (API, f"http://{host}:{api_port}", "/health/ready"),
        ):
            _await(name, address, partial(_answers, address + path), children)
            out.print(f"{name:<10}  {address}", highlight=False)
        _wait(children)
    except KeyboardInterrupt:
        say("stopping")
    finally:
        for child in children.values():
            child.send_signal(signal.SIGTERM)
        for child in children.values():
            child.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _stop(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _await(
    name: str, address: str, is_so: Callable[[], bool], children: dict[str, subprocess.Popen[bytes]]
) -> None:
    for _ in range(600):
        _check(children)
        if is_so():
            return
        time.sleep(0.1)
    fail(f"the {name} did not answer on {address} within a minute")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _answers(url: str) -> bool:
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own address
            return True
    except OSError:
        return False


def _wait(children: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        _check(children)
        time.sleep(0.5)


def _check(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            fail(f"the {name} ended with exit status {child.returncode}; its messages are above")
