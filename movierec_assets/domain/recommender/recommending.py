"""The table of recommendations from both models, and the table of similar movies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.explaining import reasons
from movierec_assets.domain.recommender.index import positions
from movierec_assets.domain.recommender.neighbours import all_neighbours
from movierec_assets.domain.recommender.topn import top_n
from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

RECOMMENDER = "ranking_model"


def recommend_native(
    ranking: AlsModel, rating: AlsModel, ratings: pa.Table, movies: pa.Table, n: int, version: str
) -> pa.Table:
    """Top N of every user of the ranking model.

    Args:
        ranking: Decides the order.
        rating: Predicts the ratings.
        ratings: `userId`, `movieId`, `rating`: what the models were trained on; these movies are left out.
        movies: `movieId`, `title`, `year`, for the reasons.
        n: Movies per user.
        version: Version of the ranking model, written into each row.

    Returns:
        Table `recommendations` of the registry, ordered by user and rank.
    """
    import pyarrow as pa

    best = top_n(ranking, ranking.user_ids, (ratings["userId"], ratings["movieId"]), n)
    because = reasons(ranking, (ratings["userId"], ratings["movieId"], ratings["rating"]), best)
    predicted = rating.predict(best.user_ids, best.item_ids)
    columns = [
        pa.array(best.user_ids),
        pa.array(best.ranks),
        pa.array(best.item_ids),
        pa.array(best.scores),
        pa.array(predicted, mask=np.isnan(predicted)),
        pa.repeat(RECOMMENDER, len(best)),
        pa.repeat(version, len(best)),
        pa.array(because.item_ids, mask=because.item_ids < 0),
        reason_texts(movies).take(pa.array(_places(movies, because.item_ids), mask=because.item_ids < 0)),
    ]
    return pa.Table.from_arrays(columns, schema=table("recommendations").arrow_schema())


def similar_native(model: AlsModel, n: int) -> pa.Table:
    """The `n` movies most alike of each movie.

    Returns:
        `movieId`, `rank`, `similar_movie_id`, `similarity`, ordered by movie and rank.
    """
    import pyarrow as pa

    found = all_neighbours(model, n)
    columns = [found.user_ids, found.ranks, found.item_ids, found.scores]
    return pa.table(columns, names=["movieId", "rank", "similar_movie_id", "similarity"])


def with_counts(similar: DataFrame, stats: DataFrame, version: str) -> DataFrame:
    """Table `similar_movies` of the registry, rows in no order.

    Args:
        similar: What `similar_native` gives.
        stats: Table `movie_stats`.
        version: Version of the ranking model, written into each row.
    """
    from pyspark.sql import functions as F  # noqa: N812

    counts = stats.select(F.col("movieId").alias("similar_movie_id"), "rating_count")
    counted = similar.join(counts, "similar_movie_id").withColumn("model_version", F.lit(version))
    return counted.select(*table("similar_movies").column_names)


def reason_texts(movies: pa.Table) -> pa.Array:
    """`because you rated TITLE (YEAR)` for each movie, in their order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    year = pc.binary_join_element_wise(" (", movies["year"].cast(pa.string()), ")", "")
    text = pc.binary_join_element_wise(
        "because you rated ", movies["title"].cast(pa.string()), pc.fill_null(year, ""), ""
    )
    return text.combine_chunks()


def _places(movies: pa.Table, wanted: Any) -> Any:
    """Rows of `movies` in which the wanted ids stand."""
    ids = movies["movieId"].to_numpy()
    order = np.argsort(ids, kind="stable")
    return order[np.maximum(positions(ids[order], wanted), 0)]
