"""Settings of the web API: who may call it, how often, and how much at once."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class ApiSettings(BaseModel):
    """Bounds of the web API; each of its processes has its own count of requests."""

    model_config = ConfigDict(extra="forbid")

    hosts: str = Field(
        "127.0.0.1,localhost,::1",
        description="Names by which it may be called, as in the `Host` header, with commas between; `*` for all.",
    )
    rate_limit: str = Field(
        "50000/second", description="Requests of one key in one process: `100/second`, `20000/hour`."
    )
    body_mb: int = Field(256, ge=1, le=65536, description="Largest body of a table sent to it, in MB.")
    row_cap: int = Field(1_000_000, ge=1, description="Most rows of an answer to a free SQL statement.")

    @field_validator("rate_limit")
    @classmethod
    def _readable(cls, value: str) -> str:
        if not re.fullmatch(rf"[1-9]\d{{0,8}}/({'|'.join(UNITS)})", value):
            raise ValueError(f"must be a number of requests per {', '.join(UNITS)}, such as `100/second`")
        return value

    def rate(self) -> tuple[int, int]:
        """Requests, and the seconds in which."""
        most, _, unit = self.rate_limit.partition("/")
        return int(most), UNITS[unit]

    def host_names(self) -> list[str]:
        """The names one by one."""
        return [name.strip() for name in self.hosts.split(",") if name.strip()]
