"""Recommenders beside each other on the same held-out viewings of a scenario, through the web API.

The last fifth of the viewings by time is held out. The others become a scenario of their own, `NAME-train`, so that
nobody who recommends for it can have seen what is held out; it is deleted again at the end. Every recommender is asked
for the same users' ten best titles that they have not seen in training.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import pandas as pd

import recommender
from movierec_assets.client import Client, connect
from movierec_assets.domain.recommender.bootstrap import intervals
from movierec_assets.domain.recommender.ranking import Popularity, per_user_metrics
from movierec_assets.domain.recommender.topn import TopN

HELD_OUT = 0.2
K = 10
AT_ONCE = 4
"""Requests under way at a time."""


def cut(sessions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The viewings to learn from and the last fifth of all by time."""
    ordered = sessions.sort_values(["started_at", "session_id"])
    kept = len(ordered) - round(len(ordered) * HELD_OUT)
    return ordered.iloc[:kept], ordered.iloc[kept:]


def question(train: pd.DataFrame, held: pd.DataFrame, most_users: int, seed: int) -> pd.DataFrame:
    """What the lists should hold: user_id, title_id, each pair once and none of training.

    Of users with viewings on both sides; of more than `most_users` those that are drawn.
    """
    pairs = ["user_id", "title_id"]
    seen = pd.MultiIndex.from_frame(train[pairs])
    new = held[pairs].drop_duplicates()
    new = new[~pd.MultiIndex.from_frame(new).isin(seen) & new["user_id"].isin(train["user_id"])]
    users = np.unique(new["user_id"].to_numpy(np.int64))
    if len(users) > most_users:
        users = np.random.default_rng(seed).choice(users, most_users, replace=False)
    return new[new["user_id"].isin(users)]


def copy_for_training(api: Client, scenario: str, train: pd.DataFrame) -> str:
    """Write the scenario that recommenders may see; its name."""
    name = f"{scenario}-train"
    forget(api, name)
    api.write("users", api.read("users", {"scenario": scenario}).assign(scenario=name))
    api.write("sessions", train.assign(scenario=name))
    return name


def forget(api: Client, scenario: str) -> None:
    """Delete a scenario's users, with them their viewings, and what was recommended to them."""
    for table in ("recommendations", "users"):
        if rows := api.count(table, {"scenario": scenario}):
            api.delete(table, filters={"scenario": scenario}, expected=rows)


def popularity(train: pd.DataFrame, users: np.ndarray) -> pd.DataFrame:
    """The titles most viewed in training that each user has not seen there."""
    order = train["title_id"].value_counts().index
    return unseen(train, dict.fromkeys(users, order))


def of_archetype(train: pd.DataFrame, users: np.ndarray, archetype: pd.Series) -> pd.DataFrame:
    """The same among users whom the simulation drew with the same taste: what nobody can know, so a bound.

    A title's share of an archetype's viewings, with five viewings of average taste added to them.

    Args:
        train: Viewings.
        users: Whom to list for.
        archetype: By user.
    """
    usual = train["title_id"].value_counts(normalize=True)
    of_users = train["user_id"].map(archetype)
    counts = pd.crosstab(of_users, train["title_id"]).reindex(columns=usual.index)
    shares = (counts + 5 * usual).div(counts.sum(axis=1) + 5, axis=0)
    orders = {kind: row.sort_values(ascending=False, kind="stable").index for kind, row in shares.iterrows()}
    return unseen(train, {user: orders[archetype[user]] for user in users})


def unseen(train: pd.DataFrame, orders: Mapping[int, pd.Index]) -> pd.DataFrame:
    """The first titles of each user's order that the user has not seen in training."""
    seen = train.groupby("user_id")["title_id"].agg(set)
    rows = [
        (user, rank, title)
        for user, order in orders.items()
        for rank, title in enumerate(islice((t for t in order if t not in seen[user]), K), 1)
    ]
    return pd.DataFrame(rows, columns=["user_id", "rank", "title_id"])


def asked(api: Client, scenario: str, users: np.ndarray, name: str) -> pd.DataFrame:
    """What the API answers when it is asked for one recommender's titles."""

    def one(user: int) -> pd.DataFrame:
        return api.recommend(int(user), scenario, K, recommender=name).assign(user_id=user)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return pd.concat(pool.map(one, users))


def scores(lists: pd.DataFrame, wanted: pd.DataFrame, train: pd.DataFrame) -> Mapping[str, str]:
    """Both measures, nDCG and recall, with their intervals, as text."""
    titles = pd.Index(pd.concat([train["title_id"], wanted["title_id"], lists["title_id"]]).dropna().unique())

    def codes(column: pd.Series) -> np.ndarray:
        return titles.get_indexer(column).astype(np.int64)

    best = TopN(
        user_ids=lists["user_id"].to_numpy(np.int64),
        ranks=lists["rank"].to_numpy(np.int32),
        item_ids=codes(lists["title_id"]),
        scores=np.zeros(len(lists), np.float32),
    )
    counted = Popularity.of(codes(train["title_id"]))
    each = per_user_metrics(best, wanted["user_id"].to_numpy(np.int64), codes(wanted["title_id"]), counted, K)
    found = intervals(each)
    return {
        f"{title}@{K}": f"{found[name].value:.3f} ({found[name].low:.3f} to {found[name].high:.3f})"
        for title, name in (("nDCG", "ndcg"), ("recall", "recall"))
    }


def compare(
    api: Client, scenario: str, most_users: int, seed: int, say: Callable[[str], None] = print
) -> pd.DataFrame:
    """The recommenders' figures, the best first."""
    train, held = cut(api.read("sessions", {"scenario": scenario}))
    wanted = question(train, held, most_users, seed)
    users = np.unique(wanted["user_id"].to_numpy(np.int64))
    say(
        f"{len(train):,} viewings to learn from; {len(wanted):,} held-out ones to find, of {len(users):,} users"
    )
    name = copy_for_training(api, scenario, train)
    try:
        recommender.run(api, name)
        lists = {"popularity": popularity(train, users)}
        archetype = api.read("users", {"scenario": scenario}).set_index("user_id")["taste_profile"]
        if archetype.notna().all():
            lists["(knows the taste)"] = of_archetype(train, users, archetype)
        for one in (recommender.NAME, "ranking_model", "popular_titles"):
            lists[one] = asked(api, name, users, one)
        rows = [{"recommender": one, **scores(found, wanted, train)} for one, found in lists.items()]
    finally:
        forget(api, name)
    return pd.DataFrame(rows).sort_values(f"nDCG@{K}", ascending=False, ignore_index=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--api", default="http://127.0.0.1:8000", help="address; its key is in API_KEY")
    options.add_argument("--scenario", default="default")
    options.add_argument("--users", type=int, default=1000, help="users asked for at most")
    options.add_argument("--seed", type=int, default=42, help="decides which users")
    given = options.parse_args()
    with connect(given.api, key=os.environ.get("API_KEY", "")) as api:
        print(compare(api, given.scenario, given.users, given.seed).to_string(index=False))
