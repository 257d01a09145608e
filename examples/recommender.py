"""A recommender outside the asset graph, which knows nothing but the web API.

It reads a scenario's users, viewings and titles, orders the titles for each user by popularity times taste, and writes
everybody's list back under its own name. Taste is how much more often than others somebody watches each genre.
"""

from __future__ import annotations

import argparse
import os

import numpy as np
import pandas as pd

from movierec_assets.client import Client, connect

NAME, VERSION = "genre_taste", "1"
DAMPING = 10.0
"""Viewings of an average user that everybody starts with, so that few viewings say little."""


def rank(
    users: pd.DataFrame, sessions: pd.DataFrame, titles: pd.DataFrame, genres: pd.DataFrame, n: int = 10
) -> pd.DataFrame:
    """The best `n` titles that each user has not seen: user_id, rank, title_id, score, reason."""
    user = pd.Index(users["user_id"]).get_indexer(sessions["user_id"])
    title = pd.Index(titles["title_id"]).get_indexer(sessions["title_id"])
    popularity = (np.bincount(title, minlength=len(titles)) + 0.5) / (len(sessions) + 0.5 * len(titles))
    words = pd.crosstab(genres["title_id"], genres["genre"])
    has = words.reindex(titles["title_id"], fill_value=0).to_numpy(np.float64)
    has /= np.maximum(has.sum(axis=1, keepdims=True), 1)

    usual = popularity @ has
    watched = np.zeros((len(users), has.shape[1]))
    np.add.at(watched, user, has[title])
    viewings = np.bincount(user, minlength=len(users))[:, None]
    lift = np.log((watched + DAMPING * usual) / ((viewings + DAMPING) * usual))

    lists = []
    for first in range(0, len(users), 1000):
        block = slice(first, first + 1000)
        score = np.log(popularity) + lift[block] @ has.T
        of_block = (user >= first) & (user < first + 1000)
        score[user[of_block] - first, title[of_block]] = -np.inf
        best = np.argsort(-score, axis=1, kind="stable")[:, :n]
        taste = np.where(has[best] > 0, lift[block, None, :], 0)
        liked = "popular, and you watch much " + words.columns.to_numpy(object)[taste.argmax(axis=2)]
        rows = pd.DataFrame({"user_id": np.repeat(users["user_id"].to_numpy()[block], best.shape[1])})
        rows["rank"] = np.tile(np.arange(1, best.shape[1] + 1), len(best))
        rows["title_id"] = titles["title_id"].to_numpy()[best.ravel()]
        rows["score"] = np.take_along_axis(score, best, axis=1).ravel()
        rows["reason"] = np.where(taste.max(axis=2) > 0, liked, "popular").ravel()
        lists.append(rows[np.isfinite(rows["score"])])
    return pd.concat(lists)


def run(api: Client, scenario: str) -> int:
    """Replace this recommender's lists for a scenario; the number of rows written."""
    of_scenario, mine = {"scenario": scenario}, {"recommender": NAME, "scenario": scenario}
    rows = rank(
        api.read("users", of_scenario, columns=["user_id"]),
        api.read("sessions", of_scenario, columns=["user_id", "title_id"]),
        api.read("titles", columns=["title_id"]),
        api.read("genres", columns=["title_id", "genre"]),
    )
    if old := api.count("recommendations", mine):
        api.delete("recommendations", filters=mine, expected=old)
    return api.write("recommendations", rows.assign(**mine, model_version=VERSION))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--api", default="http://127.0.0.1:8000", help="address; its key is in API_KEY")
    options.add_argument("--scenario", default="default")
    given = options.parse_args()
    with connect(given.api, key=os.environ.get("API_KEY", "")) as api:
        print(f"{run(api, given.scenario):,} recommendations of {NAME} for scenario {given.scenario}")
