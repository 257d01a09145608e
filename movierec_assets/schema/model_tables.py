"""What is known of the models: how well they do, and what a search for better parameters found."""

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

EVALUATION_HISTORY = Table(
    "evaluation_history",
    "What `model_evaluation` said each time that it said something new: its rows of the last 50 versions of the table"
    " whose files are still there. What the gate refused is in none.",
    (
        Column("version", "int64", "Version of the table in the lake; later ones are higher.", minimum=0),
        Column("evaluated_at", "timestamp", "When it was written.", unit="time with time zone"),
        *(c for c in MODEL_EVALUATION.columns if c.name not in ("test_rows", "cold_rows")),
    ),
    key=("version", *MODEL_EVALUATION.key),
    layer="model",
    published_as="serving.evaluation_history",
    lineage={
        c.name: (("model_evaluation", c.name),)
        for c in MODEL_EVALUATION.columns
        if c.name not in ("test_rows", "cold_rows")
    },
)

_TRIAL = (
    ("cleaned_ratings", "userId"),
    ("cleaned_ratings", "movieId"),
    ("cleaned_ratings", "rating"),
    ("cleaned_ratings", "timestamp"),
    ("cleaned_movies", "movieId"),
)


def _of_some(name: str, type_: str, description: str) -> Column:
    return Column(name, type_, description, nullable=True)


MODEL_SEARCH = Table(
    "model_search",
    "The trials of the search for better parameters, on the ratings and with the settings of now: a row each. Trials"
    " are trained on a part of the ratings and compared on another, the validation cut; both are cut from what the"
    " evaluation's protocol leaves to train on, so that no trial sees the test. At the end current and best parameters"
    " are asked for the test. Made by `movierec tune` or in the UI, and never by itself.",
    (
        Column("model", "string", "`ranking_model` or `als_model`."),
        Column("study", "string", "Name of the search; other data or settings give another."),
        Column("number", "int32", "Of the trial in its study, from 0.", minimum=0),
        Column(
            "state",
            "string",
            "`complete`; `pruned`, given up after some iterations as it was behind most others there; `fail`, killed:"
            " its parameters come again under another number.",
        ),
        _of_some("rank", "int32", "Number of latent factors."),
        _of_some("max_iter", "int32", "Alternations."),
        _of_some("reg_param", "float64", "λ."),
        _of_some("alpha", "float64", "Confidence per star; null for `als_model`."),
        _of_some("nonnegative", "bool", "Whether factors must be ≥ 0; null for `ranking_model`."),
        Column("protocol", "string", "By which validation and test were cut: `time` or `per-user`."),
        Column(
            "metric", "string", "ndcg, of lists of 10, higher is better; rmse, in stars, lower is better."
        ),
        _of_some(
            "value",
            "float64",
            "The metric on the validation cut; of one that was given up, where it was then.",
        ),
        _of_some("seconds", "float64", "Training and asking."),
        _of_some("users", "int64", "Users asked."),
        Column("is_default", "bool", "Whether its parameters are the settings of now."),
        Column("is_best", "bool", "Whether it is the best of its study by the validation cut."),
        _of_some("test_value", "float64", "The metric on the test cut; of default and best only."),
        _of_some("test_low", "float64", "Lower end of its 95 % interval, by resampling users."),
        _of_some("test_high", "float64", "Upper end of it."),
        _of_some("test_users", "int64", "Users asked there."),
        _of_some("difference", "float64", "Of the best: its `test_value` less the default's."),
        _of_some("difference_low", "float64", "Lower end of the 95 % interval of that, user by user."),
        _of_some("difference_high", "float64", "Upper end; an interval around 0 is no more than noise."),
    ),
    key=("study", "number"),
    layer="model",
    published_as="serving.model_search",
    on_demand="movierec tune",
    lineage=dict.fromkeys(
        (
            *("value", "is_best", "test_value", "test_low", "test_high"),
            *("difference", "difference_low", "difference_high"),
        ),
        _TRIAL,
    ),
)
