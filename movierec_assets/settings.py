"""Typed settings from `MOVIEREC_*` variables and `.env`. Nothing happens at import, nothing is created here.

Three profiles give the defaults: `embedded` (everything below `MOVIEREC_HOME`), `compose` (the services of
docker-compose.yml) and `production` (no defaults: each part must be named). S3 credentials, region and endpoint are
the standard `AWS_*` variables, which boto3, the engine and Delta Lake all read.
"""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parent.parent
OTHER_VARIABLES = frozenset({"MOVIEREC_DEBUG", "MOVIEREC_DAGSTER_DATABASE_URL"})
"""Variables that are read elsewhere."""
SHORTEST_PASSWORD = 12
OBVIOUS_WORDS = {
    *(
        "",
        "admin",
        "analystreader",
        "changeme",
        "changethis",
        "changethispassword",
        "datascientist",
        "movierec",
    ),
    *(
        "movierecapi",
        "movierecpassword",
        "password",
        "passwordpassword",
        "postgres",
        "postgrespassword",
        "qwerty",
    ),
    *("qwertyuiop", "secret", "secretpassword"),
}
"""Passwords that differ from one of these by digits and signs alone are refused."""
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


class AlsSettings(BaseModel):
    """Defaults of `als_model`'s run configuration; see `movierec_assets.assets.model.AlsConfig`."""

    model_config = ConfigDict(extra="forbid")

    rank: int = Field(10, ge=1, le=512)
    max_iter: int = Field(10, ge=1, le=1000)
    reg_param: float = Field(0.1, ge=0)
    nonnegative: bool = True
    cold_start_strategy: Literal["drop", "nan"] = "drop"
    seed: int = Field(42, ge=0, lt=2**31)


class PasswordSettings(BaseModel):
    """Passwords of the database's roles, see `movierec_assets.schema.roles`; `movierec grant` sets them.

    A role without one cannot log in, except over the embedded server's Unix socket.
    """

    model_config = ConfigDict(extra="forbid")

    analyst_reader: SecretStr = Field(SecretStr(""), description="Password of the role `analyst_reader`.")
    data_scientist: SecretStr = Field(SecretStr(""), description="Password of the role `data_scientist`.")
    movierec_api: SecretStr = Field(SecretStr(""), description="Password of the role `movierec_api`.")

    @field_validator("*")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text:
            return value
        if len(text) < SHORTEST_PASSWORD:
            raise ValueError(f"must have {SHORTEST_PASSWORD} characters or more, has {len(text)}")
        letters = re.sub(r"[^a-z]", "", text.lower())
        if len(set(text)) < 5 or letters in OBVIOUS_WORDS:
            raise ValueError("is easy to guess: take a random one, such as `openssl rand -base64 18` prints")
        return value

    def given(self) -> dict[str, str]:
        """Role -> password in clear, of those that have one."""
        every = {name: getattr(self, name).get_secret_value() for name in type(self).model_fields}
        return {name: text for name, text in every.items() if text}


class Settings(BaseSettings):
    """Where everything lies and how it is computed."""

    model_config = SettingsConfigDict(
        env_prefix="MOVIEREC_",
        env_nested_delimiter="__",
        env_file=CHECKOUT / ".env",
        env_file_encoding="utf-8",
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
        "embedded", description="`embedded` (Sail), `local[N]` (Apache Spark) or `sc://host:port`."
    )
    snapshots_kept: int = Field(3, ge=1, le=1000, description="Published snapshots kept for rollback.")
    top_n: int = Field(10, ge=1, le=1000, description="Recommendations per user.")
    als: AlsSettings = Field(AlsSettings(), description="Parameters of the explicit ALS model.")

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("postgres_port", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if not re.fullmatch(r"embedded|local\[(\d+|\*)\]|sc://[^/\s]+(/.*)?", value):
            raise ValueError("must be `embedded`, `local[N]`, `local[*]` or `sc://host:port`")
        return value

    @field_validator("landing_uri", "lake_uri")
    @classmethod
    def _known_scheme(cls, value: str) -> str:
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
            if name not in self.model_fields_set:
                setattr(self, name, SecretStr(value) if name == "database_url" else value)
        if self.profile == "production":
            missing = [
                n for n in ("landing_uri", "lake_uri", "database_url") if n not in self.model_fields_set
            ]
            if missing:
                names = ", ".join(f"MOVIEREC_{n.upper()}" for n in missing)
                raise ValueError(f"the production profile has no defaults: set {names}")
        if self.postgres_port and not self.embedded_database:
            raise ValueError(
                "MOVIEREC_POSTGRES_PORT is the embedded database's: unset it, or unset MOVIEREC_DATABASE_URL"
            )
        if self.postgres_port and not self.passwords.given():
            names = ", ".join(f"MOVIEREC_PASSWORDS__{n}".upper() for n in PasswordSettings.model_fields)
            raise ValueError(
                f"MOVIEREC_POSTGRES_PORT opens the database over TCP, which needs a password: set one of {names}"
            )
        self.landing_uri = self.landing_uri or str(self.home / "landing")
        self.lake_uri = self.lake_uri or str(self.home / "lake")
        return self

    @property
    def embedded_database(self) -> bool:
        """Whether the project runs PostgreSQL itself."""
        return not self.database_url.get_secret_value()


def load_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Args:
        overrides: Values that win over the environment, as tests give them.

    Raises:
        SettingsError: A value is wrong; every wrong one is named with what was given and what is allowed.
    """
    _refuse_unknown_variables()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(e) for e in error.errors(include_url=False))) from None


def _refuse_unknown_variables() -> None:
    """A misspelt variable would silently leave its default in force."""
    file = Settings.model_config.get("env_file")
    given = {**os.environ, **(dotenv_values(str(file)) if file else {})}
    known = {f"MOVIEREC_{name}".upper() for name in Settings.model_fields}
    for name in sorted(n.upper() for n in given if n.upper().startswith("MOVIEREC_")):
        field, _, _ = name.partition("__")
        if field not in known | OTHER_VARIABLES and not field.startswith("MOVIEREC_TEST_"):
            close = difflib.get_close_matches(name, known | OTHER_VARIABLES, 1)
            meant = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(sorted(known))}"
            raise SettingsError(f"{name} is not a setting{meant}")


def _explain(error: Any) -> str:
    names = [str(part) for part in error["loc"]]
    reason = str(error["msg"]).removeprefix("Value error, ")
    if not names:
        return reason
    variable = "MOVIEREC_" + "__".join(names).upper()
    given = "" if names[0] in ("database_url", "passwords") else f", was given {error['input']!r}"
    return f"{variable}: {reason}{given}"
