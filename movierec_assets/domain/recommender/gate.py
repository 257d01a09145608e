"""Whether a ranking model may go live: it must beat popularity, and not fall behind the model that is live.

The rule, on nDCG, by the first protocol that asks at least `ENOUGH_USERS` users, else the one that asks most:

1. With fewer than `FEWEST_USERS` users nothing is judged.
2. Against popularity: the mean over users of the difference must be above 0; where `ENOUGH_USERS` are asked, so must
   be the lower end of its interval (paired bootstrap).
3. Against the live model: the value must reach the lower end of the interval that the live model's evaluation had by
   the same protocol, times popularity's value now over popularity's then. Popularity has no parameters, so what moves
   it is the data; on equal data the factor is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from movierec_assets.domain.recommender.bootstrap import paired_difference
from movierec_assets.domain.recommender.evaluation import Evaluation

ENOUGH_USERS = 200
FEWEST_USERS = 50
METRIC = "ndcg"
MODEL = "ranking_model"
BASELINE = "popularity"


@dataclass(frozen=True)
class Live:
    """What the evaluation of the live model said by one protocol.

    Attributes:
        users: Users asked.
        value: The model's nDCG.
        low: Lower end of its interval.
        baseline: Popularity's nDCG.
    """

    users: int
    value: float
    low: float
    baseline: float


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    Attributes:
        judged: Whether enough users were asked to say anything.
        passed: Whether the model may go live; so it may where nothing is judged.
        reason: The figures in a sentence.
        figures: The same by name.
    """

    judged: bool
    passed: bool
    reason: str
    figures: dict[str, float]


def judge(evaluations: Mapping[str, Mapping[str, Evaluation]], live: Mapping[str, Live]) -> Verdict:
    """Judge the ranking model by the rule above.

    Args:
        evaluations: By protocol, in order of preference, then by recommender; all of a protocol of the same users,
            none of one that was passed over.
        live: By protocol; empty where nothing is live.
    """
    users = {protocol: found[MODEL].asked.users for protocol, found in evaluations.items() if found}
    protocol = deciding(users)
    asked = users.get(protocol, 0)
    if asked < FEWEST_USERS:
        reason = f"could not be judged: the held-out ratings ask {asked} users, of at least {FEWEST_USERS}"
        return Verdict(False, True, reason, {"users": asked})
    model, baseline = evaluations[protocol][MODEL], evaluations[protocol][BASELINE]
    value, popular = model.metrics[METRIC].value, baseline.metrics[METRIC].value
    ahead = paired_difference(model.per_user, baseline.per_user)[METRIC]
    better = (ahead.low if asked >= ENOUGH_USERS else ahead.value) > 0
    figures = {"users": asked, MODEL: value, BASELINE: popular, "difference_low": ahead.low}
    by = f"by the {protocol} protocol, {asked:,} users asked, {MODEL}'s nDCG@{model.k} of {value:.4f}"
    if not better:
        reason = f"{by} is not above {BASELINE}'s {popular:.4f} (difference {_range(ahead.low, ahead.high)})"
        return Verdict(True, False, reason, figures)
    reason = f"{by} is above {BASELINE}'s {popular:.4f}"
    then = live.get(protocol)
    if then is None or then.users < FEWEST_USERS:
        return Verdict(True, True, reason, figures)
    floor = then.low * (popular / then.baseline) if then.baseline else then.low
    figures |= {"live": then.value, "live_low": floor}
    if value < floor:
        reason = (
            f"{by} is below the live model's interval: it had {then.value:.4f}, at least {then.low:.4f},"
            f" which is {floor:.4f} on the ratings of now ({BASELINE} went from {then.baseline:.4f} to {popular:.4f})"
        )
        return Verdict(True, False, reason, figures)
    return Verdict(True, True, f"{reason} and not below the live model's {floor:.4f}", figures)


def deciding(users: Mapping[str, int]) -> str:
    """The protocol that decides: the first that asks enough users, else the one that asks most.

    Args:
        users: How many each protocol asks, in order of preference.

    Returns:
        Its name; empty where there is none.
    """
    most = max(users, key=lambda name: users[name], default="")
    return next((name for name, asked in users.items() if asked >= ENOUGH_USERS), most)


def _range(low: float, high: float) -> str:
    return f"{low:+.4f} to {high:+.4f}, 95 % interval"
