"""The examples run against a served API, and what they find is right where the right answer is obvious."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from movierec_assets.client import connect
from movierec_assets.settings import CHECKOUT
from movierec_assets_tests.cli.test_api import running

if TYPE_CHECKING:
    from types import ModuleType

    from movierec_assets_tests.homes import Home

EXAMPLES = CHECKOUT / "examples"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports an example as its own program does."""
    import importlib

    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


@pytest.fixture
def recommender(example: Any) -> ModuleType:
    found: ModuleType = example("recommender")
    return found


@pytest.fixture
def served(both_home: Home) -> Iterator[str]:
    """Address of an API over a finished home."""
    with running(both_home, "--workers", "1") as (port, _):
        yield f"http://127.0.0.1:{port}"


def run(program: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / program), *arguments],
        env={"PATH": "", "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_recommender_is_as_short_as_its_document_says() -> None:
    text = (EXAMPLES / "recommender.py").read_text()
    code = re.sub(r'"""(.|\n)*?"""', "", text)
    lines = [line for line in code.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(lines) <= 60


def test_the_document_shows_the_code_as_it_is_and_commands_that_there_are() -> None:
    text = (CHECKOUT / "docs" / "recommender.md").read_text()
    (shown,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    code = re.sub(r'\n    """[^\n]*"""', "", (EXAMPLES / "recommender.py").read_text())
    assert shown in code
    for command in re.findall(r"^\$ python examples/(.*)$", text, re.MULTILINE):
        program, *options = command.split()
        listed = "\n".join(run(program, "--help"))
        assert all(option in listed for option in options if option.startswith("--"))


def test_taste_comes_before_popularity_and_nothing_seen_is_recommended(recommender: ModuleType) -> None:
    """Users 1 to 3 watch crime, 5 to 9 drama, user 4 nothing; c9 and d9 are watched by 5 and 6 alone."""
    genres = pd.DataFrame(
        {"title_id": [f"{g}{n}" for g in "cd" for n in range(10)], "genre": ["crime"] * 10 + ["drama"] * 10}
    )
    titles = genres[["title_id"]]
    crime = [(user, f"c{n}") for user in (1, 2, 3) for n in range(9)]
    other = [(user, f"d{n}") for user in range(5, 10) for n in range(9)] + [
        (user, title) for user in (5, 6) for title in ("c9", "d9")
    ]
    sessions = pd.DataFrame(crime + other, columns=["user_id", "title_id"])
    users = pd.DataFrame({"user_id": range(1, 10)})
    found = recommender.rank(users, sessions, titles, genres, n=3)
    lists = found.groupby("user_id")["title_id"].agg(list)
    assert lists[1][0] == "c9"
    assert lists[7][0] == "d9"
    assert set(lists[4]) <= {f"d{n}" for n in range(9)}
    seen = pd.MultiIndex.from_frame(sessions)
    assert not pd.MultiIndex.from_frame(found[["user_id", "title_id"]]).isin(seen).any()
    reasons = found.groupby("user_id")["reason"].first()
    assert reasons[1] == "popular, and you watch much crime"
    assert reasons[4] == "popular"


def test_a_score_is_popularity_times_the_mean_lift_of_the_genres_in_logarithms(
    recommender: ModuleType,
) -> None:
    genres = pd.DataFrame({"title_id": ["a", "b", "b"], "genre": ["x", "x", "y"]})
    sessions = pd.DataFrame({"user_id": [1, 1, 2], "title_id": ["a", "a", "b"]})
    titles, users = pd.DataFrame({"title_id": ["a", "b"]}), pd.DataFrame({"user_id": [1, 2]})
    found = recommender.rank(users, sessions, titles, genres, n=2).set_index("user_id")
    popularity = {"a": 2.5 / 4, "b": 1.5 / 4}
    usual = {"x": popularity["a"] + popularity["b"] / 2, "y": popularity["b"] / 2}
    lift = {g: (n + 10 * usual[g]) / (2 + 10) / usual[g] for g, n in (("x", 2), ("y", 0))}
    expected = np.log(popularity["b"]) + (np.log(lift["x"]) + np.log(lift["y"])) / 2
    assert found.loc[1, "title_id"] == "b"
    assert found.loc[1, "score"] == pytest.approx(expected)


def test_it_writes_a_list_for_everybody_and_replaces_it(served: str) -> None:
    (line,) = run("recommender.py", "--api", served)
    with connect(served) as api:
        written = api.read("recommendations", {"recommender": "genre_taste"})
        assert line == f"{len(written)} recommendations of genre_taste for scenario default"
        sessions = api.read("sessions", {"scenario": "default"})
        unseen = 20 * 6 - len(sessions[["user_id", "title_id"]].drop_duplicates())
        assert len(written) == unseen
        shown = api.recommend(1, "default", recommender="genre_taste")
        assert set(shown["recommender"]) == {"genre_taste"}
        assert run("recommender.py", "--api", served) == [line]
        assert api.count("recommendations") == unseen


def test_held_out_are_the_last_viewings_and_what_was_seen_in_training_is_not_asked_for(example: Any) -> None:
    compare = example("compare")
    sessions = pd.DataFrame(
        {
            "session_id": range(1, 11),
            "user_id": [1, 1, 1, 2, 2, 2, 3, 3, 1, 2],
            "title_id": ["a", "b", "a", "a", "b", "c", "a", "b", "c", "c"],
            "started_at": pd.date_range("2024-01-01", periods=10, tz="UTC"),
        }
    )
    train, held = compare.cut(sessions.sample(frac=1, random_state=1))
    assert (train["session_id"].tolist(), held["session_id"].tolist()) == (list(range(1, 9)), [9, 10])
    assert compare.question(train, held, 10, 42).to_numpy().tolist() == [[1, "c"]]
    assert compare.popularity(train, np.array([1, 3]))["title_id"].tolist() == ["c", "c"]


def test_who_knows_the_taste_lists_what_is_popular_among_those_who_share_it(example: Any) -> None:
    compare = example("compare")
    archetype = pd.Series({1: 1, 2: 1, 3: 2, 4: 2})
    train = pd.DataFrame({"user_id": [1, 2, 2, 3, 4, 4, 4], "title_id": ["a", "a", "b", "a", "a", "c", "d"]})
    found = compare.of_archetype(train, np.array([1, 3]), archetype)
    lists = found.groupby("user_id")["title_id"].agg(list)
    assert lists[1][0] == "b"
    assert set(lists[1][1:]) == set(lists[3][:2]) == {"c", "d"}


def test_a_list_with_what_was_held_out_first_scores_one(example: Any) -> None:
    compare = example("compare")
    train = pd.DataFrame({"user_id": [1, 2], "title_id": ["a", "a"]})
    wanted = pd.DataFrame({"user_id": [1, 2], "title_id": ["b", "c"]})
    lists = pd.DataFrame({"user_id": [1, 1, 2], "rank": [1, 2, 1], "title_id": ["b", None, "d"]})
    found = compare.scores(lists, wanted, train)
    assert found["nDCG@10"].startswith("0.500 ")
    assert found["recall@10"].startswith("0.500 ")


def test_the_comparison_prints_every_recommender_and_leaves_nothing_behind(served: str) -> None:
    first, *table = run("compare.py", "--api", served)
    assert re.fullmatch(r"80 viewings to learn from; \d+ held-out ones to find, of \d+ users", first)
    assert {re.split(" {2,}| (?=0)", line.strip())[0] for line in table[1:]} == {
        "(knows the taste)",
        "genre_taste",
        "ranking_model",
        "popularity",
        "popular_titles",
    }
    with connect(served) as api:
        assert api.count("users") == 20
        assert api.count("sessions") == 100
        assert api.count("recommendations") == 0
