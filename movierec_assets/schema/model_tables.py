"""What is known of the models: how well they do."""

from __future__ import annotations

from movierec_assets.schema.model import Column, Table

_HELD_OUT = (("cleaned_ratings", "timestamp"), ("cleaned_ratings", "userId"), ("cleaned_ratings", "movieId"))
_FIGURE = (
    ("ranking_model", "factors"),
    ("als_model", "factors"),
    ("cleaned_ratings", "rating"),
    ("cleaned_movies", "movieId"),
)

MODEL_EVALUATION = Table(
    "model_evaluation",
    "How the models' parameters and the baselines do on held-out ratings: a row per protocol, recommender and metric."
    " Trained on the rest, asked for the whole catalogue without what a user has rated there. By `time` (the last 10 %"
    " of all ratings); where that asks fewer than 200 users, also, and with fewer than 50 only, `per-user` (25 % of"
    " each user's). Lists are made for at most 20,000 users, those of the lowest hashes; above 10 million ratings only"
    " the users of every n-th hash are looked at, above 2 million without item_knn. `recommendations` and"
    " `similar_movies` wait for it: it is refused where the ranking model does not beat popularity or falls behind the"
    " live model.",
    (
        Column("protocol", "string", "`time` or `per-user`: which ratings are held out."),
        Column(
            "recommender",
            "string",
            "`ranking_model`, `als_model`, `popularity`, `damped_mean`, `bias` or `item_knn`.",
        ),
        Column(
            "metric",
            "string",
            "precision, recall, ndcg, map, map_all, novelty (bits), coverage: of lists of k; rmse, mae: in stars,"
            " only of those who predict ratings.",
        ),
        Column(
            "value",
            "float64",
            "Mean over users or rows; null where nobody could be asked.",
            nullable=True,
        ),
        Column(
            "low",
            "float64",
            "Lower end of the 95 % interval, by resampling users; null for coverage, rmse, mae.",
            nullable=True,
        ),
        Column("high", "float64", "Upper end of it.", nullable=True),
        Column("k", "int32", "Length of the lists.", minimum=1),
        Column("users", "int64", "Users ranked for.", minimum=0),
        Column("test_rows", "int64", "Ratings held out.", minimum=1),
        Column("cold_rows", "int64", "Those of a user or movie without a rating to train on.", minimum=0),
        Column(
            "model_version",
            "string",
            "Data version of the model whose parameters these are; null for a baseline.",
            nullable=True,
        ),
    ),
    key=("protocol", "recommender", "metric"),
    layer="model",
    published_as="serving.model_evaluation",
    lineage={
        "value": _FIGURE,
        "low": _FIGURE,
        "high": _FIGURE,
        "users": _HELD_OUT,
        "test_rows": _HELD_OUT,
        "cold_rows": _HELD_OUT,
        "model_version": (("ranking_model", "factors"), ("als_model", "factors")),
    },
)
