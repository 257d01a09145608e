"""What a simulation is asked for: every parameter, its default and its limits. JSON both ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from numbers import Integral, Real
from typing import Any

HOUR_WEIGHTS = (
    *(2.0, 1.2, 0.7, 0.4, 0.3, 0.4, 0.8, 1.4, 1.8, 2.0, 2.2, 2.5),
    *(3.0, 3.0, 2.9, 3.0, 3.4, 4.2, 5.4, 7.0, 8.6, 8.8, 6.6, 4.0),
)
"""Low at four in the morning, a small rise at noon, the peak from eight to ten in the evening."""

WEEKDAY_WEIGHTS = (0.9, 0.85, 0.85, 0.9, 1.1, 1.3, 1.25)
"""Monday to Sunday: a quiet Tuesday, a busy Saturday."""

EARLIEST, LATEST = date(1970, 1, 1), date(2200, 1, 1)
SHARES = ("basic_share", "standard_share", "premium_share")


class SimulationParameterError(ValueError):
    """A parameter is wrong; the message names it, what was given and what is allowed."""


def _number(default: float, low: float, high: float) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


def _weights(default: tuple[float, ...]) -> Any:
    return field(default=default, metadata={"length": len(default)})


@dataclass(frozen=True)
class SimulationParameters:
    """What to simulate. Every limit is inclusive.

    Attributes:
        users: How many users there are when the period ends, those who cancelled included.
        days: Length of the simulated period.
        start_date: Its first day (UTC).
        seed: Of everything random.
        sessions_per_user: Mean viewings per user in the whole period; `users` times this, rounded, is exact.
        activity_exponent: s of users' activity: the share of viewings of rank r is proportional to r^-s.
        popularity_exponent: The same for titles.
        taste_strength: 0: all profiles choose alike; 1: a genre liked one deviation above the mean is chosen e
            times as often.
        taste_profiles: How many archetypes of taste there are.
        hour_weights: Of viewings beginning in each hour of the day (UTC), from midnight, all above 0.
        weekday_weights: Of viewings beginning on each day of the week, from Monday, all above 0.
        dropout_rate: Share of viewings that end before the title does.
        dropout_alpha: First shape of the beta distribution of the share of the runtime seen by who drops out.
        dropout_beta: Second shape of it.
        rating_probability: Share of viewings that are rated.
        growth_per_year: Relative growth of subscriptions ever begun; 0.2: a fifth more after a year.
        churn_per_year: Share of subscribers who cancel within a year.
        basic_share: Share of users on the basic subscription; the three shares sum to 1.
        standard_share: Share of users on the standard subscription.
        premium_share: Share of users on the premium subscription.
        youngest_age: In completed years when subscribing.
        oldest_age: In completed years when subscribing.
    """

    users: int = _number(10_000, 1, 100_000_000)
    days: int = _number(180, 1, 36_525)
    start_date: date = date(2024, 1, 1)
    seed: int = _number(42, 0, 2**63 - 1)
    sessions_per_user: float = _number(50.0, 0.0, 1e6)
    activity_exponent: float = _number(0.4, 0.0, 3.0)
    popularity_exponent: float = _number(0.9, 0.0, 3.0)
    taste_strength: float = _number(1.0, 0.0, 3.0)
    taste_profiles: int = _number(8, 1, 64)
    hour_weights: tuple[float, ...] = _weights(HOUR_WEIGHTS)
    weekday_weights: tuple[float, ...] = _weights(WEEKDAY_WEIGHTS)
    dropout_rate: float = _number(0.3, 0.0, 1.0)
    dropout_alpha: float = _number(1.2, 0.5, 100.0)
    dropout_beta: float = _number(2.0, 0.5, 100.0)
    rating_probability: float = _number(0.15, 0.0, 1.0)
    growth_per_year: float = _number(0.2, 0.0, 100.0)
    churn_per_year: float = _number(0.1, 0.0, 0.99)
    basic_share: float = _number(0.35, 0.0, 1.0)
    standard_share: float = _number(0.45, 0.0, 1.0)
    premium_share: float = _number(0.2, 0.0, 1.0)
    youngest_age: int = _number(18, 0, 120)
    oldest_age: int = _number(80, 0, 120)

    def __post_init__(self) -> None:
        for one in fields(self):
            given = getattr(self, one.name)
            if one.type == "date":
                value: object = _checked_date(one.name, given)
            elif "length" in one.metadata:
                value = _checked_weights(one.name, given, one.metadata["length"])
            else:
                value = _checked_number(one.name, given, one.metadata, whole=one.type == "int")
            object.__setattr__(self, one.name, value)
        if abs(sum(self.subscription_shares) - 1) > 1e-6:
            raise SimulationParameterError(f"{' + '.join(SHARES)} must be 1, not {self.subscription_shares}")
        if self.youngest_age > self.oldest_age:
            ages = f"{self.youngest_age} and {self.oldest_age}"
            raise SimulationParameterError(f"youngest_age must be at most oldest_age, not {ages}")
        if self.sessions < 1:
            raise SimulationParameterError(
                f"sessions_per_user must give at least one session among users={self.users}, "
                f"not {self.sessions_per_user}"
            )

    @property
    def sessions(self) -> int:
        """How many viewings there are in all."""
        return round(self.users * self.sessions_per_user)

    @property
    def subscription_shares(self) -> tuple[float, float, float]:
        """Shares of basic, standard and premium."""
        return self.basic_share, self.standard_share, self.premium_share

    def to_json(self) -> dict[str, Any]:
        """Numbers, lists and an ISO date by parameter name: what `json.dumps` and Dagster's run config take."""
        made: dict[str, Any] = {
            name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()
        }
        return made | {"start_date": self.start_date.isoformat()}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> SimulationParameters:
        """The parameters that `to_json` gave; what is left out has its default.

        Raises:
            SimulationParameterError: A name is unknown or a value is not allowed.
        """
        known = {one.name for one in fields(cls)}
        if unknown := sorted(set(given) - known):
            raise SimulationParameterError(f"unknown parameters {unknown}; known are {sorted(known)}")
        return cls(**given)


def _checked_date(name: str, given: object) -> date:
    message = f"{name} must be a day (YYYY-MM-DD) from {EARLIEST} to {LATEST}, not {given!r}"
    try:
        found = given if type(given) is date else date.fromisoformat(str(given))
    except ValueError:
        raise SimulationParameterError(message) from None
    if not EARLIEST <= found <= LATEST:
        raise SimulationParameterError(message)
    return found


def _checked_weights(name: str, given: object, length: int) -> tuple[float, ...]:
    values = tuple(given) if isinstance(given, list | tuple) else ()
    if len(values) != length or not all(_is_number(v) and v > 0 for v in values):
        raise SimulationParameterError(f"{name} must be {length} numbers above 0, not {given!r}")
    return tuple(float(v) for v in values)


def _checked_number(name: str, given: Any, limits: Mapping[str, Any], *, whole: bool) -> float:
    low, high = limits["low"], limits["high"]
    if not _is_number(given) or (whole and not isinstance(given, Integral)) or not low <= given <= high:
        kind = "a whole number" if whole else "a number"
        raise SimulationParameterError(f"{name} must be {kind} from {low} to {high}, not {given!r}")
    return int(given) if whole else float(given)


def _is_number(given: object) -> bool:
    return isinstance(given, Real) and not isinstance(given, bool) and math.isfinite(given)
