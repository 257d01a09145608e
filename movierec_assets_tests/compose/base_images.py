"""The images that the Dockerfile and docker-compose.yml start from: pulled, or made here where none can be pulled.

Those made here are of the same kind, no more: Debian 12 with its Python instead of Docker's `python`, the machine's own
Go, and the PostgreSQL with pgvector that the project's embedded server is. They are named by the same build arguments.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from movierec_assets.resources.postgres_server import bin_folder
from movierec_assets.settings import CHECKOUT
from movierec_assets_tests.compose.engine import run

IMAGES = Path(__file__).parent / "images"
PULL_SECONDS = 300
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
OF_THE_NETWORK = ("PIP_INDEX_URL", "PIP_CERT", "PIP_DEFAULT_TIMEOUT", "GOPROXY", "GOSUMDB", "SSL_CERT_FILE")
"""Variables by which this machine reaches its package registries, which a build on it needs too."""


def base_images() -> dict[str, str]:
    """Build arguments of Compose: empty where the default images are there or can be pulled."""
    text = (CHECKOUT / "docker-compose.yml").read_text()
    defaults: dict[str, str] = dict(re.findall(r"\$\{(\w+_IMAGE):-([^}]+)\}", text))
    assert set(defaults) == {"PYTHON_IMAGE", "GO_IMAGE", "POSTGRES_IMAGE"}
    if all(os.environ.get(name) for name in defaults):
        return {}
    if all(_there(image) or _pulled(image) for image in defaults.values()):
        return {}
    made = {name: f"movierec-test/{name.partition('_')[0].lower()}:local" for name in defaults}
    makers = {"PYTHON_IMAGE": _make_python, "GO_IMAGE": _make_go, "POSTGRES_IMAGE": _make_postgres}
    for name, image in made.items():
        if not _there(image):
            makers[name](image, made["PYTHON_IMAGE"])
    return {**made, "BUILD_NETWORK": "host"}


def _there(image: str) -> bool:
    asked = subprocess.run(
        ["docker", "image", "inspect", image], capture_output=True, timeout=30, check=False
    )
    return asked.returncode == 0


def _pulled(image: str) -> bool:
    try:
        asked = subprocess.run(
            ["docker", "pull", "--quiet", image], capture_output=True, timeout=PULL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _make_python(image: str, _: str) -> None:
    """Debian with its Python, and with the machine's certificates and ways to the registries."""
    (suite,) = re.findall(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.MULTILINE)
    changes = [f"ENV {name}={os.environ[name]}" for name in OF_THE_NETWORK if os.environ.get(name)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        packages = "python3,python3-venv,ca-certificates"
        run("debootstrap", "--variant=minbase", f"--include={packages}", suite, root, seconds=900)
        shutil.copyfile(CERTIFICATES, f"{root}{CERTIFICATES}")
        # The Dockerfile calls it by both names, as Docker's own image has them.
        (root / "usr" / "local" / "bin" / "python").symlink_to("/usr/bin/python3")
        archive = Path(folder) / "root.tar"
        run(
            "tar",
            "--create",
            "--directory",
            root,
            "--exclude=./var/cache/apt/*",
            "--file",
            archive,
            ".",
            seconds=300,
        )
        options = [part for change in changes for part in ("--change", change)]
        run("docker", "import", *options, archive, image, seconds=300)


def _make_go(image: str, python: str) -> None:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    assert go is not None, "no Go to make an image of: install it, or set GO_IMAGE"
    root = run(go, "env", "GOROOT", seconds=30).strip()
    _build(image, python, "go", {"go": Path(root)})


def _make_postgres(image: str, python: str) -> None:
    installed = bin_folder().parent
    libraries = installed.parent.with_suffix(".libs")
    _build(image, python, "postgres", {"programs": installed, "libraries": libraries})


def _build(image: str, python: str, name: str, folders: dict[str, Path]) -> None:
    with tempfile.TemporaryDirectory() as context:
        shutil.copytree(IMAGES, context, dirs_exist_ok=True)
        for target, source in folders.items():
            shutil.copytree(source, Path(context) / target, symlinks=True)
        run(
            *("docker", "build", "--quiet", "--tag", image, "--build-arg", f"PYTHON_IMAGE={python}"),
            *("--file", f"{context}/{name}.Dockerfile", context),
            seconds=600,
            # The classic builder: the client's other one is a plugin that not every machine has.
            variables={"DOCKER_BUILDKIT": "0"},
        )
