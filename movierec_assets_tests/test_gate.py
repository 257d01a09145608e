"""Publication waits for the evaluation: on ml-latest-small a bad model is refused and the good one stays live."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

BAD = {"MOVIEREC_RANKING__RANK": "1", "MOVIEREC_RANKING__MAX_ITER": "1", "MOVIEREC_RANKING__ALPHA": "0.0001"}
WORSE = {"MOVIEREC_RANKING__RANK": "8"}
"""Above popularity, and well below the defaults."""
GATED = ("recommendations", "similar_movies", "movie_factors")
LIVE = "select distinct model_version from serving.{}"


def live_versions(home: Home) -> set[str]:
    versions = {
        row[0]
        for table, only in {**dict.fromkeys(GATED, ""), "movie_factors": " where alpha is not null"}.items()
        for row in home.rows(LIVE.format(table) + only)
    }
    judged = home.rows(LIVE.format("model_evaluation") + " where recommender = 'ranking_model'")
    assert versions == {row[0] for row in judged}
    return versions


def refused(home: Home, **variables: str) -> str:
    outcomes = home.run(ok=False, **variables)
    assert outcomes["ranking_model"]["status"] in ("materialised", "fresh")
    assert outcomes["model_evaluation"]["status"] == "failed"
    for name in GATED:
        assert (outcomes[name]["status"], outcomes[name]["cause"]) == ("skipped", "model_evaluation failed")
    return str(outcomes["model_evaluation"]["cause"])


def test_a_model_that_does_not_beat_popularity_or_the_live_model_stays_unpublished_until_accepted(
    real_home: Home,
) -> None:
    real_home.made()
    good = live_versions(real_home)

    said = refused(real_home, **BAD)
    assert "per-user protocol, 610 users asked" in said
    assert "is not above popularity's 0.2" in said
    assert live_versions(real_home) == good
    # Nor does it slip through when it is asked for by name, or later.
    for name in GATED:
        asked = real_home.run("--select", name, "--force", ok=False, **BAD)
        assert "has not passed model_evaluation; the last that did is" in asked[name]["cause"]
    assert live_versions(real_home) == good
    assert refused(real_home, **BAD) == said
    assert live_versions(real_home) == good

    said = refused(real_home, **WORSE)
    assert "is below the live model's interval" in said
    assert live_versions(real_home) == good

    version = said.partition("MOVIEREC_ACCEPTED_MODEL=")[2].split()[0]
    accepted = {**WORSE, "MOVIEREC_ACCEPTED_MODEL": version}
    assert real_home.made(**accepted) == {"model_evaluation", "evaluation_history", *GATED}
    assert live_versions(real_home) == {version}
    # It is live now: without the setting nothing is stale.
    assert real_home.made(**WORSE) == set()
    assert real_home.made() == {"ranking_model", "model_evaluation", "evaluation_history", *GATED}
    assert live_versions(real_home) == good

    ndcg = [figure(real_home, number) for number in ("0", "1", "2")]
    assert ndcg[0] == ndcg[2] > ndcg[1] > 0.2
    assert ndcg[0] >= 0.36


def figure(home: Home, version: str) -> float:
    done = home.movierec("show", "model_evaluation", "--version", version, "--limit", "0", "--csv")
    wanted = ("per-user", "ranking_model", "ndcg")
    rows = csv.DictReader(io.StringIO(done.out))
    return next(float(r["value"]) for r in rows if (r["protocol"], r["recommender"], r["metric"]) == wanted)
