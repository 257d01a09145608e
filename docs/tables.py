"""The documents' tables: assets from the definitions, settings from their types, commands, roles and their rights."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import dagster as dg
import typer
from pydantic.fields import FieldInfo

from docs.picture import COLOURS
from movierec_assets.schema import ROLES, TABLES
from movierec_assets.schema.roles import SCHEMAS
from movierec_assets.settings import PROFILE_DEFAULTS, Settings, fields
from movierec_assets.settings_errors import variable

GROUPS = list(COLOURS)
FIRST_COMMANDS = ("land", "run", "up", "status")
"""Those that somebody new needs; the others follow by name."""
DERIVED_DEFAULTS = {
    "home": "`.movierec` in the checkout",
    "landing_uri": "`HOME/landing`",
    "lake_uri": "`HOME/lake`",
    "database_url": "own server in `HOME/postgres`",
    "postgres_port": "none",
    "passwords": "none",
    "accepted_model": "none",
    "simulation": "`{}`",
}
"""Defaults that depend on another setting or on the checkout, as the README says them."""


def markdown(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def specs(definitions: Iterable[dg.AssetsDefinition | dg.AssetSpec]) -> list[dg.AssetSpec]:
    """The spec of every asset, in the order of the definitions."""
    return [s for d in definitions for s in ([d] if isinstance(d, dg.AssetSpec) else d.specs)]


def asset_table(definitions: Iterable[dg.AssetsDefinition | dg.AssetSpec]) -> str:
    """Each asset with its group, what it holds, where that lies, and its name in PostgreSQL."""
    rows = []
    for spec in sorted(specs(definitions), key=lambda s: GROUPS.index(str(s.group_name))):
        published = spec.metadata.get("published_as")
        rows.append(
            [
                f"`{spec.key.to_user_string()}`",
                str(spec.group_name),
                " ".join((spec.description or "").split()),
                _stored(spec),
                f"`{published}`" if published else "",
            ]
        )
    return markdown(["asset", "group", "what it holds", "stored in", "published as"], rows)


def _stored(spec: dg.AssetSpec) -> str:
    name = spec.key.path[-1]
    if spec.group_name == "sources":
        return "landing zone"
    if name not in TABLES:
        return f"lake, `models/{name}`"
    return "lake, Delta" if TABLES[name].lake else "PostgreSQL"


def settings_table() -> str:
    """Each variable with its default in every profile (blank where it is the first profile's) and its meaning."""
    rows = []
    for path, field in fields():
        first, *others = (_default(path[0], field, profile) for profile in PROFILE_DEFAULTS)
        changes = ("" if d == first else d for d in others)
        rows.append([f"`{variable(path)}`", first, *changes, field.description or ""])
    return markdown(["variable", *PROFILE_DEFAULTS, "meaning"], rows)


def _default(name: str, field: FieldInfo, profile: str) -> str:
    if name == "profile":
        return f"`{profile}`"
    if value := PROFILE_DEFAULTS[profile].get(name):
        return f"`{value}`"
    if profile == "production" and f"MOVIEREC_{name.upper()}" in _demanded():
        return "must be set"
    if name in DERIVED_DEFAULTS:
        return DERIVED_DEFAULTS[name]
    value = field.default
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


@cache
def _demanded() -> str:
    """What the production profile says when nothing is set."""
    try:
        Settings(profile="production", _env_file=None)
    except ValueError as error:
        return str(error)
    return ""


def roles_table() -> str:
    """What each role may do in each schema, and the settings of its sessions."""
    roles = list(ROLES.values())
    rows = [[f"`{schema}`: {what}", *(r.in_words(schema) for r in roles)] for schema, what in SCHEMAS.items()]
    rows.append(["statement timeout", *(f"{r.statement_timeout:,} s" for r in roles)])
    rows.append(["idle transaction timeout", *(f"{r.idle_timeout:,} s" for r in roles)])
    rows.append(["transactions", *("read only" if r.read_only else "" for r in roles)])
    rows.append(["temporary tables", *("yes" if r.temporary_tables else "" for r in roles)])
    rows.append(["for", *(r.description for r in roles)])
    return markdown(["", *(f"`{r.name}`" for r in roles)], rows)


def command_table() -> str:
    """Each command as it is typed, what it does, and its options."""
    rows = [
        [f"`{name}{_arguments(command)}`", (command.help or "").strip().split("\n")[0], _options(command)]
        for name, command in _commands(typer.main.get_command(load_app()), "movierec")
    ]
    return markdown(["command", "what it does", "options"], rows)


def load_app() -> typer.Typer:
    """The command line with every command registered."""
    from movierec_assets import cli

    for module in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"{cli.__name__}.{module.name}")
    return cli.app


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
    for part, sub in sorted((below or {}).items(), key=lambda item: (_place(item[0]), item[0])):
        yield from _commands(sub, f"{name} {part}")


def _place(part: str) -> int:
    return FIRST_COMMANDS.index(part) if part in FIRST_COMMANDS else len(FIRST_COMMANDS)


def _arguments(command: Any) -> str:
    names = [(p.name.upper(), p.required) for p in command.params if p.param_type_name == "argument"]
    return "".join(f" {name}" if required else f" [{name}]" for name, required in names)


def _options(command: Any) -> str:
    return ", ".join(f"`{p.opts[0]}`" for p in command.params if p.param_type_name == "option")
