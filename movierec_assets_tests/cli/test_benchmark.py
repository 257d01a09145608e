"""`movierec benchmark quality`, used as a person uses it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from movierec_assets.domain.recommender.protocols import PROTOCOLS
from movierec_assets.domain.recommender.published import DATASETS

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

OURS = {"ranking_model", "popularity", "damped_mean", "item_knn", "als_model", "bias"}


def records(home: Home, *arguments: str) -> list[dict[str, str]]:
    done = home.movierec("benchmark", "quality", *arguments, "--csv", MOVIEREC_RANKING__RANK="4")
    assert done.code == 0, done
    return list(csv.DictReader(io.StringIO(done.out)))


def test_each_protocol_compares_ours_with_intervals_and_says_what_it_asked(tiny_home: Home) -> None:
    for name, protocol in PROTOCOLS.items():
        rows = records(tiny_home, "--protocol", name)
        assert {row["recommender"] for row in rows} == (OURS if protocol.ranks else {"als_model", "bias"})
        assert {row["source"] for row in rows} == {"here"}
        for row in rows:
            assert row.get("rmse", "") == "" or float(row["rmse"]) > 0
            if protocol.ranks:
                assert float(row["ndcg_low"]) <= float(row["ndcg"]) <= float(row["ndcg_high"])
    told = tiny_home.movierec("benchmark", "quality", "--protocol", "leave-last-out", "--k", "3")
    assert "16 ratings to train, 6 held out" in told.err
    assert "no published figures" in told.err
    assert "here" in told.out


def test_published_figures_stand_beside_with_their_source_for_a_set_of_that_size(
    tiny_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "100k", 22)
    rows = {row["recommender"]: row for row in records(tiny_home, "--protocol", "recommenders-75-25")}
    assert rows["BiVAE"]["ndcg"] == "0.475077"
    assert rows["BiVAE"]["ndcg_low"] == ""
    assert "ml-100k" in rows["BiVAE"]["source"]
    assert "b02c95e2" in rows["BiVAE"]["source"]
    assert set(rows) > OURS
    # Theirs are of lists of ten.
    assert {row["source"] for row in records(tiny_home, "--protocol", "recommenders-75-25", "--k", "5")} == {
        "here"
    }


def test_an_unknown_protocol_is_refused_with_those_there_are(tiny_home: Home) -> None:
    done = tiny_home.movierec("benchmark", "quality", "--protocol", "best")
    assert done.code == 1
    for name in PROTOCOLS:
        assert name in done.err
