"""`movierec up`: the Dagster UI and daemon and the web API on the project's own storage, until interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from movierec_assets.cli.app import app, fail, out, say, settings
from movierec_assets.runtime import open_runtime


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
    children = {
        "Dagster UI": subprocess.Popen(
            [scripts / "dagster-webserver", "-w", workspace, "-h", host, "-p", str(port)]
        ),
        "Dagster daemon": subprocess.Popen([scripts / "dagster-daemon", "run", "-w", workspace]),
        "web API": subprocess.Popen(
            [scripts / "movierec", "api", "--host", host, "--port", str(api_port)], stdout=subprocess.DEVNULL
        ),
    }
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        _announce("Dagster UI", f"http://{host}:{port}", "/server_info", children)
        _announce("web API   ", f"http://{host}:{api_port}", "/health/ready", children)
        _wait(children)
    except KeyboardInterrupt:
        say("stopping")
    finally:
        for child in children.values():
            child.send_signal(signal.SIGTERM)
        for child in children.values():
            child.wait(30)


def _stop(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _announce(name: str, address: str, path: str, children: dict[str, subprocess.Popen[bytes]]) -> None:
    import urllib.request

    for _ in range(600):
        _check(children)
        try:
            with urllib.request.urlopen(f"{address}{path}", timeout=2):  # noqa: S310  our own address
                out.print(f"{name}  {address}", highlight=False)
                return
        except OSError:
            time.sleep(0.1)
    fail(f"the {name.strip()} did not answer on {address} within a minute")


def _wait(children: dict[str, subprocess.Popen[bytes]]) -> None:
    while True:
        _check(children)
        time.sleep(0.5)


def _check(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            fail(f"the {name} ended with exit status {child.returncode}; its messages are above")
