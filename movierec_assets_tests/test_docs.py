"""The documents name every setting and command, and no others."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest

from movierec_assets.settings import CHECKOUT, Settings
from movierec_assets.settings_api import ApiSettings
from movierec_assets.settings_passwords import PasswordSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def variables() -> Iterator[str]:
    """Names of the environment variables that are settings."""
    for name, field in Settings.model_fields.items():
        below = (
            [inner.name for inner in dataclasses.fields(field.annotation)]
            if name in ("als", "ranking")
            else []
        )
        below += PasswordSettings.model_fields if name == "passwords" else []
        below += ApiSettings.model_fields if name == "api" else []
        yield from (f"MOVIEREC_{name}__{inner}".upper() for inner in below)
        if not below:
            yield f"MOVIEREC_{name}".upper()


def commands() -> Iterator[str]:
    """Every subcommand, as it is typed."""
    import typer

    from movierec_assets import cli

    for module in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"{cli.__name__}.{module.name}")
    for name, command in typer.main.get_command(cli.app).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        yield from (f"movierec {name} {sub}" for sub in below) if below else (f"movierec {name}",)


def test_the_example_environment_lists_every_setting_once_with_its_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (CHECKOUT / ".env.example").read_text()
    listed = re.findall(r"^# (MOVIEREC_\w+)=", text, re.MULTILINE)
    assert sorted(listed) == sorted(variables())
    uncommented = tmp_path / ".env"
    uncommented.write_text(re.sub(r"^# (MOVIEREC_\w+=)", r"\1", text, flags=re.MULTILINE))
    monkeypatch.chdir(CHECKOUT)
    assert Settings(_env_file=uncommented) == Settings(_env_file=None)  # type: ignore[call-arg]


def test_the_readme_names_every_setting() -> None:
    text = (CHECKOUT / "README.md").read_text()
    assert not [v for v in variables() if f"`{v}`" not in text]


def test_the_readme_names_every_command() -> None:
    text = (CHECKOUT / "README.md").read_text()
    assert not [c for c in commands() if not re.search(rf"`{c}[` ]", text)]
