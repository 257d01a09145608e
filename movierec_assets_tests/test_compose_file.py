"""What must hold of Dockerfile, docker-compose.yml and the image's lock, without a Docker engine."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from movierec_assets.settings import CHECKOUT

TEXT = (CHECKOUT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
EXAMPLE = (CHECKOUT / ".env.example").read_text()
PIN = re.compile(r"^([\w.-]+==\S+.*?) \\$", re.MULTILINE)


def test_only_loopback_ports_are_published() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(published) >= 4
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_every_service_that_stays_up_is_watched_and_started_again() -> None:
    for name, service in SERVICES.items():
        stays = name != "init"
        assert ("healthcheck" in service, service["restart"]) == (
            (True, "unless-stopped") if stays else (False, "no")
        ), name


def test_no_secret_has_a_default_and_each_is_asked_for_with_what_to_do() -> None:
    used = dict(re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)(:\?[^}]+)\}", TEXT))
    assert set(used) == {"POSTGRES_PASSWORD", "S3_SECRET_KEY", "MOVIEREC_PASSWORDS__MOVIEREC_LOGIN"}
    assert all(".env.example" in message for message in used.values())
    assert not re.search(r"(PASSWORD|SECRET)\w*:-", TEXT)
    for name in used:
        assert re.search(rf"^# {name}=$", EXAMPLE, re.MULTILINE), name


def test_the_example_environment_names_every_variable_with_its_default() -> None:
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    assert {"PYTHON_IMAGE", "UI_PORT", "MOVIEREC_ENGINE"} <= set(defaults)
    for name, value in defaults.items():
        assert f"\n# {name}={value}\n" in EXAMPLE, name


def test_images_are_build_arguments_with_the_defaults_of_compose() -> None:
    dockerfile = (CHECKOUT / "Dockerfile").read_text()
    arguments = dict(re.findall(r"^ARG (\w+_IMAGE)=(\S+)", dockerfile, re.MULTILINE))
    assert arguments == {
        name: value
        for name, value in re.findall(r"(\w+_IMAGE): \$\{\w+:-([^}]+)\}", TEXT)
        if name in arguments
    }
    starts = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    stages = set(re.findall(r"^FROM \S+ AS (\w+)", dockerfile, re.MULTILINE))
    assert [start for start in starts if not start.startswith("${") and start not in stages] == []


def test_the_images_lock_has_the_pins_of_the_whole_lock_and_every_dependency() -> None:
    whole, run = (
        set(PIN.findall((CHECKOUT / name).read_text()))
        for name in ("requirements.lock", "requirements-run.lock")
    )
    assert run <= whole
    names = {re.split(r"[=\[]", pin)[0] for pin in run}
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[^\w.-]", line)[0].lower() for line in project["dependencies"]}
    assert declared <= names
    assert {"pytest", "ruff", "mypy"} & names == set()


def test_what_is_handed_to_the_build_is_what_the_dockerfile_copies() -> None:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    handed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)
    assert {path.partition("/")[0] for line in copied for path in line.split()} == handed
    assert "*" in lines
