"""Typed settings from `MOVIEREC_*` variables and `.env`. Nothing happens at import, nothing is created here.

Three profiles give the defaults: `embedded` (everything below `MOVIEREC_HOME`), `compose` (the services of
docker-compose.yml) and `production` (no defaults: each part must be named). S3 credentials, region and endpoint are
the standard `AWS_*` variables, which boto3, the engine and Delta Lake all read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError

from movierec_assets.domain.recommender.params import AlsParams, RankingParams, parameter_fields
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.settings_api import ApiSettings
from movierec_assets.settings_errors import explain, explain_unreadable, unknown_variable, variable
from movierec_assets.settings_files import file_variable, from_files
from movierec_assets.settings_passwords import PasswordSettings

CHECKOUT = Path(__file__).resolve().parent.parent
OTHER_VARIABLES = frozenset(
    {"MOVIEREC_DEBUG", "MOVIEREC_DAGSTER_DATABASE_URL", "MOVIEREC_CODE_HOST", "MOVIEREC_CODE_PORT"}
)
"""Variables that are read elsewhere; all but the first are dagster.yaml's and workspace.yaml's."""
NESTED = {
    "als": parameter_fields(AlsParams),
    "ranking": parameter_fields(RankingParams),
    "passwords": PasswordSettings.model_fields,
    "api": ApiSettings.model_fields,
}
"""Settings that have parts with a variable each."""
SECRETS = (("database_url",), ("engine",), *(("passwords", name) for name in PasswordSettings.model_fields))
"""Settings that may lie in a file, named by the variable with `_FILE` at its end."""
Profile = Literal["embedded", "compose", "production"]

PROFILE_DEFAULTS: dict[str, dict[str, str]] = {
    "embedded": {},
    "compose": {
        "landing_uri": "s3://landing",
        "lake_uri": "s3://lake",
        "database_url": "postgresql://movierec@postgres:5432/movierec",
    },
    "production": {},
}


class SettingsError(Exception):
    """A setting is wrong; the message names the variable, the value given and what is allowed."""


class Settings(BaseSettings):
    """Where everything lies and how it is computed."""

    model_config = SettingsConfigDict(
        env_prefix="MOVIEREC_",
        env_nested_delimiter="__",
        env_file=CHECKOUT / ".env",
        env_file_encoding="utf-8",
        # Compose files hand on what is not set as an empty text.
        env_ignore_empty=True,
        extra="ignore",
    )

    profile: Profile = Field(
        "embedded", description="Which set of defaults: embedded, compose or production."
    )
    home: Path = Field(CHECKOUT / ".movierec", description="Folder of all local state.")
    landing_uri: str = Field(
        "", description="Landing zone: a folder or `s3://bucket/prefix`. Default `HOME/landing`."
    )
    lake_uri: str = Field("", description="Lake: a folder or `s3://bucket/prefix`. Default `HOME/lake`.")
    database_url: SecretStr = Field(
        SecretStr(""),
        description="`postgresql://user:password@host:port/database`. Default: embedded, in `HOME/postgres`.",
    )
    postgres_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Loopback port of the embedded database, for psql and pgAdmin. Default: its Unix socket only.",
    )
    passwords: PasswordSettings = Field(PasswordSettings(), description="Passwords of the database's roles.")
    engine: str = Field(
        "embedded",
        repr=False,
        description="`embedded` (Sail), `local[N]` (Apache Spark) or `sc://host:port`, with `/;token=…` where needed.",
    )
    poll_seconds: int = Field(
        30,
        ge=5,
        le=86400,
        description="Seconds between two looks of the daemon at the landing zone and the graph.",
    )
    snapshots_kept: int = Field(3, ge=1, le=1000, description="Published snapshots kept for rollback.")
    top_n: int = Field(10, ge=1, le=1000, description="Recommendations per user.")
    als: AlsParams = Field(AlsParams(), description="Parameters of the explicit ALS model.")
    ranking: RankingParams = Field(RankingParams(), description="Parameters of the implicit ALS model.")
    accepted_model: str = Field(
        "",
        description="Version of `ranking_model` that is published whatever its evaluation says; default none.",
    )
    api: ApiSettings = Field(ApiSettings(), description="Bounds of the web API.")
    simulation: SimulationParameters = Field(
        SimulationParameters(),
        description="Parameters of the simulation's default scenario that differ from its own: a JSON object.",
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("simulation", mode="before")
    @classmethod
    def _known_parameters(cls, value: Any) -> Any:
        # Pydantic would pass over the names that it does not know.
        return SimulationParameters.from_json(value) if isinstance(value, dict) else value

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if not re.fullmatch(r"embedded|local\[([1-9]\d*|\*)\]|sc://[^/\s]+(/.*)?", value):
            raise ValueError("must be `embedded`, `local[N]`, `local[*]` or `sc://host:port`")
        if "@" in value.partition(";")[0]:
            raise ValueError(
                "must be `sc://host:port` without user and password; a token follows as `/;token=…`"
            )
        return value

    @field_validator("landing_uri", "lake_uri")
    @classmethod
    def _known_scheme(cls, value: str) -> str:
        if re.match(r"\w+://[^?]*@", value):
            raise ValueError(
                "must be `s3://bucket/prefix` without credentials: they are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        if "://" not in value:
            return str(Path(value).expanduser().resolve()) if value else value
        if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9](/.*)?", value):
            raise ValueError("must be a folder or `s3://bucket/prefix`")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: SecretStr) -> SecretStr:
        if (text := value.get_secret_value()) and not re.match(r"postgres(ql)?://", text):
            raise ValueError("must be `postgresql://user:password@host:port/database`")
        return value

    @model_validator(mode="after")
    def _fill_from_profile(self) -> Settings:
        for name, value in PROFILE_DEFAULTS[self.profile].items():
            if not self._given(name):
                setattr(self, name, SecretStr(value) if name == "database_url" else value)
        missing = [n for n in ("landing_uri", "lake_uri", "database_url") if not self._given(n)]
        if self.profile == "production" and missing:
            names = ", ".join(f"MOVIEREC_{n.upper()}" for n in missing)
            raise ValueError(f"the production profile has no defaults: set {names}")
        if self.postgres_port and not self.embedded_database:
            raise ValueError(
                "MOVIEREC_POSTGRES_PORT is the embedded database's: unset it, or unset MOVIEREC_DATABASE_URL"
            )
        if self.postgres_port and not self.passwords.given():
            names = ", ".join(variable(("passwords", name)) for name in PasswordSettings.model_fields)
            raise ValueError(
                f"MOVIEREC_POSTGRES_PORT opens the database over TCP, which needs a password: set one of {names}"
            )
        self.landing_uri = self.landing_uri or str(self.home / "landing")
        self.lake_uri = self.lake_uri or str(self.home / "lake")
        return self

    def _given(self, name: str) -> bool:
        """Whether the part has a place of its own; one that is blank has none."""
        value = getattr(self, name)
        return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)

    @property
    def embedded_database(self) -> bool:
        """Whether the project runs PostgreSQL itself."""
        return not self._given("database_url")


def load_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Args:
        overrides: Values that win over the environment, as tests give them.

    Raises:
        SettingsError: A value is wrong; every wrong one is named with what was given and what is allowed.
    """
    file = Settings.model_config.get("env_file")
    given = {**(dotenv_values(str(file)) if file else {}), **os.environ}
    known = dict(fields())
    if unknown := unknown_variable(
        given,
        {
            *map(variable, known),
            *map(file_variable, SECRETS),
            "MOVIEREC_ALS",
            "MOVIEREC_RANKING",
            "MOVIEREC_PASSWORDS",
            "MOVIEREC_API",
            *OTHER_VARIABLES,
        },
    ):
        raise SettingsError(unknown)
    try:
        read = from_files(given, SECRETS)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    try:
        return Settings(**{**read, **overrides})
    except ValidationError as error:
        raise SettingsError("\n".join(explain(e, known) for e in error.errors(include_url=False))) from None
    except UnreadableError as error:
        raise SettingsError(explain_unreadable(error)) from None


def home_error(settings: Settings, error: OSError) -> SettingsError:
    """What to say where the home cannot be made or written."""
    return SettingsError(
        f"MOVIEREC_HOME: must be a folder that can be made and written, was given '{settings.home}' "
        f"({error.strerror})"
    )


def fields() -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Every setting with its path, which is also its variable's: `als`, `rank` -> `MOVIEREC_ALS__RANK`."""
    for name, field in Settings.model_fields.items():
        if name in NESTED:
            yield from (((name, inner), below) for inner, below in NESTED[name].items())
        else:
            yield (name,), field
