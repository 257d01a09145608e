"""The simulated sessions: what each of them keeps to, and that the same seed gives the same bytes."""

import hashlib
import os
import subprocess
import sys
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.simulation.parameters import SimulationParameterError, SimulationParameters
from movierec_assets.domain.simulation.sessions import SESSIONS_PER_BLOCK, SessionPlan
from movierec_assets_tests.domain.simulation.simulated import sessions_of, users_of
from movierec_assets_tests.domain.simulation.title_tables import many_titles, table_of

TITLES = many_titles(40)
RUNTIMES = {
    row["title_id"]: row["runtime"] or {"MOVIE": 98, "SHOW": 41}[row["kind"]] for row in TITLES.to_pylist()
}


def digest(asked: SimulationParameters, titles: pa.Table = TITLES) -> str:
    """Of the bytes of all users and sessions."""
    found = hashlib.sha256()
    for table in (users_of(asked), sessions_of(asked, titles)):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.combine_chunks())
        found.update(sink.getvalue())
    return found.hexdigest()


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        SimulationParameters,
        users=st.integers(1, 25),
        days=st.integers(1, 40),
        start_date=st.dates(date(1999, 1, 1), date(2025, 1, 1)),
        seed=st.integers(0, 2**63 - 1),
        sessions_per_user=st.sampled_from([1.0, 2.0]),
        activity_exponent=st.floats(0, 3),
        popularity_exponent=st.floats(0, 3),
        taste_strength=st.floats(0, 3),
        taste_profiles=st.integers(1, 64),
        dropout_rate=st.sampled_from([0.0, 0.5, 1.0]),
        rating_probability=st.sampled_from([0.0, 0.5, 1.0]),
        growth_per_year=st.sampled_from([0.0, 1.0, 100.0]),
        churn_per_year=st.sampled_from([0.0, 0.99]),
    )
)
def test_every_session_lies_in_its_users_subscription_and_after_the_session_before(asked):
    users = {row["user_id"]: row for row in users_of(asked).to_pylist()}
    rows = sessions_of(asked, TITLES).to_pylist()
    assert [row["session_id"] for row in rows] == list(range(1, asked.sessions + 1))
    for row in rows:
        user, start, end = users[row["user_id"]], row["started_at"], row["ended_at"]
        assert max(user["subscription_date"], asked.start_date) <= start.date()
        last = (user["cancellation_date"] or date.max).toordinal()
        last = min(last, asked.start_date.toordinal() + asked.days)
        assert end.toordinal() < last or (
            end.toordinal() == last and end.strftime("%H%M%S%f") == "000000000000"
        )
        assert 1 <= (end - start).total_seconds() <= RUNTIMES[row["title_id"]] * 60
        assert start.microsecond == 0
        assert row["rating"] in (None, 1, 2, 3, 4, 5)
    for one, following in pairwise(rows):
        assert one["user_id"] <= following["user_id"]
        if one["user_id"] == following["user_id"]:
            assert (following["started_at"] - one["ended_at"]).total_seconds() >= 30
    finished = sum(
        (r["ended_at"] - r["started_at"]).total_seconds() == RUNTIMES[r["title_id"]] * 60 for r in rows
    )
    assert asked.dropout_rate == 0.5 or finished == len(rows) * (1 - asked.dropout_rate)
    rated = sum(row["rating"] is not None for row in rows)
    assert asked.rating_probability == 0.5 or rated == len(rows) * asked.rating_probability


def test_as_many_sessions_as_fit_still_do_not_overlap_and_one_more_is_refused():
    titles = table_of([(7, "MOVIE", 360, None, None)], pa.int32())
    asked = {"users": 3, "days": 2, "dropout_rate": 0, "growth_per_year": 0, "churn_per_year": 0}
    rows = sessions_of(SimulationParameters(sessions_per_user=6, **asked), titles).to_pylist()
    assert [row["user_id"] for row in rows] == [1] * 6 + [2] * 6 + [3] * 6
    assert {row["title_id"] for row in rows} == {7}
    gaps = [(b["started_at"] - a["ended_at"]).total_seconds() for a, b in pairwise(rows)]
    assert all(gap >= 30 for i, gap in enumerate(gaps, 1) if i % 6)
    with pytest.raises(SimulationParameterError, match=r"sessions_per_user must be at most 6, not 6\.4"):
        SessionPlan(SimulationParameters(sessions_per_user=6.4, **asked), titles)


@pytest.mark.parametrize("id_type", [pa.int32(), pa.int64(), pa.string(), pa.large_string()])
def test_one_user_watches_one_title_on_one_day(id_type):
    titles = table_of([("7" if "string" in str(id_type) else 7, "SHOW", None, [], None)], id_type)
    found = sessions_of(SimulationParameters(users=1, days=1, sessions_per_user=1, dropout_rate=0), titles)
    (row,) = found.to_pylist()
    assert found.schema.field("title_id").type == id_type
    assert (row["session_id"], row["user_id"], str(row["title_id"])) == (1, 1, "7")
    assert (row["ended_at"] - row["started_at"]).total_seconds() == 41 * 60


def test_the_same_seed_gives_the_same_bytes_in_a_fresh_process_with_another_number_of_threads():
    asked = SimulationParameters(users=2000)
    code = """
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets_tests.domain.simulation.test_sessions import digest
print(digest(SimulationParameters(users=2000)))
"""
    path = os.pathsep.join(sys.path)
    for threads in ("1", "2"):
        env = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
        )
        assert done.stdout.strip() == digest(asked)


def test_another_seed_gives_other_users_and_sessions():
    one, other = SimulationParameters(users=100, seed=1), SimulationParameters(users=100, seed=2)
    assert users_of(one) != users_of(other)
    assert sessions_of(one, TITLES) != sessions_of(other, TITLES)


def test_the_order_of_the_titles_does_not_matter():
    asked = SimulationParameters(users=100)
    shuffled = TITLES.take(np.random.default_rng(1).permutation(len(TITLES)))
    assert digest(asked, shuffled) == digest(asked)


def test_blocks_drawn_in_any_order_are_those_streamed_and_none_is_larger_than_needed():
    asked = SimulationParameters(users=8_000, taste_profiles=1)
    plan = SessionPlan(asked, TITLES)
    streamed = list(plan.batches())
    drawn = {block: SessionPlan(asked, TITLES).draw(block) for block in reversed(range(plan.blocks))}
    assert len(streamed) == 4
    assert [drawn[block] for block in sorted(drawn)] == streamed
    assert streamed[0]["title_id"][:1000] != streamed[1]["title_id"][:1000]
    assert max(batch.num_rows for batch in streamed) < SESSIONS_PER_BLOCK + plan.counts.max()


def test_a_user_of_more_sessions_than_a_block_has_them_all_in_one():
    titles = table_of([(1, "SHOW", 1, None, None)], pa.int64())
    always = {"growth_per_year": 0, "churn_per_year": 0, "activity_exponent": 0}
    asked = SimulationParameters(users=2, days=400, sessions_per_user=300_000, **always)
    found = list(SessionPlan(asked, titles).batches())
    assert [batch.num_rows for batch in found] == [300_000, 300_000]
    assert found[1]["session_id"][0].as_py() == 300_001


def test_who_drops_out_sees_at_least_a_second_and_never_the_end():
    titles = table_of([(1, "SHOW", 1, None, None)], pa.int64())
    shapes = {"dropout_rate": 1, "dropout_alpha": 0.5, "dropout_beta": 0.5}
    found = sessions_of(SimulationParameters(users=200, **shapes), titles).to_pandas()
    seconds = (found["ended_at"] - found["started_at"]).dt.total_seconds()
    assert (seconds.min(), seconds.max()) == (1, 59)


def test_ratings_rise_with_taste_and_fall_for_what_is_not_finished():
    plan = SessionPlan(SimulationParameters(users=2000, rating_probability=1, dropout_rate=0.5), TITLES)
    (found,) = (batch.to_pandas() for batch in plan.batches())
    found["seconds"] = (found["ended_at"] - found["started_at"]).dt.total_seconds()
    found["finished"] = found["seconds"] == found["title_id"].map(RUNTIMES) * 60
    mean = found.groupby("finished")["rating"].mean()
    assert 0.6 < mean[True] - mean[False] < 1
    position = {title: number for number, title in enumerate(plan.titles.ids.to_pylist())}
    profile = plan.population.profile[found["user_id"] - 1]
    title = found["title_id"].map(position)
    # How much more a profile chooses the title than all do: its taste, whatever the title's quality.
    lift = plan.shares / plan.shares.sum(axis=1, keepdims=True) / plan.shares.sum(axis=0)
    liked = np.log(lift[profile, title])
    deviation = found["rating"] - found.groupby("title_id")["rating"].transform("mean")
    assert 0.2 < np.corrcoef(liked, deviation)[0, 1] < 0.7
