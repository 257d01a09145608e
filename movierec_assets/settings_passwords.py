"""Passwords of the database's roles as settings, and which of them are too easy."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from movierec_assets.settings_files import SUFFIX

SHORTEST_PASSWORD = 12
OBVIOUS = re.compile(
    "(admin|analystreader|changeme|changethis|changethispassword|datascientist|movierec|movierecapi|movierecapilogin|moviereclogin|movierecpassword"
    "|password|passwordpassword|postgres|postgrespassword|qwerty|qwertyuiop|secret|secretpassword)?"
)
"""Passwords that differ from one of these by digits and signs alone are refused."""


class PasswordSettings(BaseModel):
    """Passwords of the database's roles, see `movierec_assets.schema.roles`; `movierec grant` sets them.

    A role without one cannot log in, except over the embedded server's Unix socket.
    """

    model_config = ConfigDict(extra="forbid")

    analyst_reader: SecretStr = Field(SecretStr(""), description="Password of the role `analyst_reader`.")
    data_scientist: SecretStr = Field(SecretStr(""), description="Password of the role `data_scientist`.")
    movierec_api: SecretStr = Field(SecretStr(""), description="Password of the role `movierec_api`.")
    movierec_login: SecretStr = Field(
        SecretStr(""), description="Password of the role `movierec_login`, as which the web API logs in."
    )

    @model_validator(mode="before")
    @classmethod
    def _without_names_of_files(cls, value: Any) -> Any:
        # `MOVIEREC_PASSWORDS__ANALYST_READER_FILE` looks like a part of its own; `settings_files` has read it.
        if not isinstance(value, dict):
            return value
        files = {f"{name}{SUFFIX.lower()}" for name in cls.model_fields}
        return {name: text for name, text in value.items() if name not in files}

    @field_validator("*")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text:
            return value
        if len(text) < SHORTEST_PASSWORD:
            raise ValueError(f"must have {SHORTEST_PASSWORD} characters or more, has {len(text)}")
        letters = re.sub(r"[^a-z]", "", text.lower())
        if len(set(text)) < 5 or OBVIOUS.fullmatch(letters):
            raise ValueError("is easy to guess: take a random one, such as `openssl rand -base64 18` prints")
        return value

    def given(self) -> dict[str, str]:
        """Role -> password in clear, of those that have one."""
        every = {name: getattr(self, name).get_secret_value() for name in type(self).model_fields}
        return {name: text for name, text in every.items() if text}
