"""A Docker engine with Compose: the machine's own where one runs, else one that is installed and started here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from movierec_assets_tests.requirements_of_tests import require

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMPOSE = "github.com/docker/compose/v2@v2.40.3"
PACKAGES = ("docker.io", "debootstrap", "iptables", "tini")
HINT = "start a Docker engine, or run the tests as root on Debian 12"
START_SECONDS = 60


def run(
    *command: str | Path, seconds: float, cwd: Path | None = None, variables: Mapping[str, str] | None = None
) -> str:
    """What a command prints on stdout; a failure shows the end of what it said."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    said = f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    assert done.returncode == 0, f"{' '.join(map(str, command))}: status {done.returncode}\n{said}"
    return done.stdout


@contextmanager
def running_engine(log: Path) -> Iterator[None]:
    """An engine that `docker` reaches; one that is started here ends with the block, and writes to that file."""
    if _answers():
        _bring_compose()
        yield
        return
    able = os.geteuid() == 0 and (shutil.which("dockerd") or shutil.which("apt-get"))
    require("docker", bool(able), HINT)
    _install()
    with log.open("wb") as output:
        engine = subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not _answers():
            said = log.read_text()[-3000:]
            assert engine.poll() is None, f"dockerd ended:\n{said}"
            assert time.monotonic() < end, f"dockerd does not answer after {START_SECONDS} s:\n{said}"
            time.sleep(0.2)
        _bring_compose()
        yield
    finally:
        engine.terminate()
        engine.wait(60)


def _answers() -> bool:
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", "version"], capture_output=True, timeout=30, check=False)
    return asked.returncode == 0


def _install() -> None:
    programs = ("dockerd", "docker", "debootstrap", "iptables", "tini")
    if all(shutil.which(program) for program in programs):
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", seconds=300)
    run(
        *("apt-get", "install", "-qq", "-y", "--no-install-recommends", *PACKAGES),
        seconds=600,
        variables=quiet,
    )


def _bring_compose() -> None:
    """Compose as a plugin of `docker`, built from its Go module where there is none."""
    there = subprocess.run(["docker", "compose", "version"], capture_output=True, timeout=30, check=False)
    if there.returncode == 0:
        return
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    require("docker", go is not None, "install Docker Compose 2.24 or newer, or Go to build it with")
    module = json.loads(run(str(go), "mod", "download", "-json", COMPOSE, seconds=600, cwd=Path("/")))
    plugin = Path.home() / ".docker" / "cli-plugins" / "docker-compose"
    plugin.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        # A module's own replacements hold only where it is the one that is built, and its folder is read-only.
        source = Path(folder) / "compose"
        shutil.copytree(module["Dir"], source, copy_function=shutil.copyfile)
        version = "-X github.com/docker/compose/v2/internal.Version=" + module["Version"]
        # -mod: its go.sum lacks nothing, but the copy's vendor folder is not there.
        run(
            *(str(go), "build", "-trimpath", "-ldflags", f"-s -w {version}", "-o", str(plugin), "./cmd"),
            seconds=1800,
            cwd=source,
        )
    run("docker", "compose", "version", seconds=30)
