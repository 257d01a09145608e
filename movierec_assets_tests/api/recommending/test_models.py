"""One answer wherever it is looked for: the table, the notebook and the web API, whatever the order of ratings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from movierec_assets.api.recommending.models import Models, Ratings
from movierec_assets.domain.recommender.als import AlsModel, fit
from movierec_assets.domain.recommender.folding import FoldIn
from movierec_assets.domain.recommender.listing import best_places
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.recommending import recommend_native, similar_native
from movierec_assets.notebook import similar

N = 5


@pytest.fixture(scope="module")
def ratings() -> pa.Table:
    """Of 120 movies the last 90 have the same one, two or three raters, who give the same or different stars."""
    rng = np.random.default_rng(2)
    pairs = {(int(u), int(m)): 0.5 * int(rng.integers(1, 11)) for u, m in rng.integers(0, (40, 30), (500, 2))}
    for movie in range(30, 120):
        for user in ((1,), (1, 2), (3, 4, 5))[movie % 3]:
            pairs[user, movie] = 4.0 if movie % 2 else 0.5 * int(rng.integers(1, 11))
    users, movies = zip(*pairs, strict=True)
    columns = np.array(users) + 1, np.array(movies) * 3 + 1, np.array(list(pairs.values()))
    made = pa.table(dict(zip(("userId", "movieId", "rating"), columns, strict=True)))
    return made.sort_by([("userId", "ascending"), ("movieId", "ascending")])


def titles(ratings: pa.Table) -> pa.Table:
    ids = np.unique(ratings["movieId"].to_numpy())
    return pa.table({"movieId": ids, "title": [f"Movie {i}" for i in ids], "year": [2000] * ids.size})


def ranking(ratings: pa.Table) -> AlsModel:
    return fit(*ratings.columns, RankingParams(rank=16, max_iter=4))


def rating(ratings: pa.Table) -> AlsModel:
    return fit(*ratings.columns, AlsParams(rank=4, max_iter=2))


def shuffled(ratings: pa.Table, seed: int) -> pa.Table:
    return ratings.take(np.random.default_rng(seed).permutation(ratings.num_rows))


def test_table_notebook_and_api_have_the_same_similar_movies_of_many_with_the_same_few_raters(
    ratings: pa.Table,
) -> None:
    model = ranking(ratings)
    models = Models(FoldIn(model), FoldIn(rating(ratings)), "v1")
    published = similar_native(model, N).to_pandas()
    assert published.groupby("movieId").similarity.apply(lambda s: s.nunique() < s.size).sum() > 60
    for movie, rows in published.groupby("movieId"):
        table = rows.similar_movie_id.tolist(), rows.similarity.tolist()
        notebook = similar(model, int(str(movie)), N)
        assert (notebook.movieId.tolist(), notebook.similarity.tolist()) == table
        scores = models.likeness(int(str(movie)))
        places = best_places(scores, models.movie_ids != movie, N)
        assert (models.movie_ids[places].tolist(), scores[places].tolist()) == table


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_ratings_changes_nothing_in_similar_movies_and_in_recommendations(
    ratings: pa.Table, seed: int
) -> None:
    models, other = (ranking(ratings), rating(ratings)), shuffled(ratings, seed)
    assert similar_native(ranking(other), N).equals(similar_native(models[0], N))
    found = recommend_native(ranking(other), rating(other), other, titles(ratings), N, "v1")
    assert found.equals(recommend_native(*models, ratings, titles(ratings), N, "v1"))


def test_of_two_movies_that_add_the_same_the_lower_is_the_reason_in_table_and_api(ratings: pa.Table) -> None:
    # Each movie has a twin of a higher id, with the same raters and stars.
    higher = ratings.set_column(1, "movieId", pc.add(ratings["movieId"], 1))
    twins = pa.concat_tables([higher, ratings])
    model, stars = ranking(twins), rating(twins)
    models = Models(FoldIn(model), FoldIn(stars), "v1")
    found = recommend_native(model, stars, shuffled(twins, 9), titles(twins), N, "v1").to_pandas()
    reasons = found.because_movie_id.fillna(-1).astype(int)
    assert set(reasons) <= {-1, *ratings["movieId"].to_pylist()}
    for user, rows in found.groupby("userId"):
        mine = twins.filter(pc.equal(twins["userId"], int(str(user))))
        for seed in range(2):
            given = shuffled(mine, seed)
            because = models.because(Ratings.of(given["movieId"], given["rating"]), rows.movieId.to_numpy())
            assert because.tolist() == reasons[rows.index].tolist()
