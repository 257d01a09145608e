"""The tables that applications read: recommendations, movies alike, popular movies, histories and factors."""

from __future__ import annotations

from movierec_assets.schema.files import MOVIE_ID, USER_ID
from movierec_assets.schema.model import Column, Table

RANK = Column("rank", "int32", "1 is the best.", minimum=1)
RANKING_VERSION = Column("model_version", "string", "Data version of `ranking_model`.")

RECOMMENDATIONS = Table(
    "recommendations",
    "The top N movies that a user has not rated, in the order of the ranking model, with the rating that the explicit"
    " model predicts and the user's own rating that speaks most for each.",
    (
        USER_ID,
        RANK,
        MOVIE_ID,
        Column("score", "float32", "Preference by the ranking model, about 0 to 1: what the order follows."),
        Column(
            "predicted_rating",
            "float32",
            "Rating that the explicit ALS model expects; null where it knows the user or the movie not.",
            unit="stars",
            nullable=True,
        ),
        Column("recommender", "string", "Asset that decided the order."),
        Column("model_version", "string", "Data version of that model."),
        Column(
            "because_movie_id",
            "int64",
            "The movie among the user's own whose rating adds most to the score; null where none adds anything.",
            nullable=True,
        ),
        Column("reason", "string", "The same in words.", nullable=True),
    ),
    key=("userId", "rank"),
    layer="serving",
    published_as="serving.recommendations",
    lineage={
        "userId": (("ranking_model", "id"),),
        "rank": (("ranking_model", "factors"), ("cleaned_ratings", "movieId")),
        "movieId": (("ranking_model", "id"),),
        "score": (("ranking_model", "factors"),),
        "predicted_rating": (("als_model", "factors"),),
        "because_movie_id": (("ranking_model", "factors"), ("cleaned_ratings", "rating")),
        "reason": (("cleaned_movies", "title"),),
    },
)

SIMILAR_MOVIES = Table(
    "similar_movies",
    "For each rated movie those that the ranking model finds most alike.",
    (
        MOVIE_ID,
        RANK,
        Column("similar_movie_id", "int64", "The movie that is alike."),
        Column(
            "similarity",
            "float32",
            "Cosine of the two movies' factors, to 6 decimals; equal ones by ascending id.",
            minimum=-1.0001,
            maximum=1.0001,
        ),
        Column(
            "rating_count",
            "int64",
            "Ratings of the similar movie; of few, the likeness says little.",
            minimum=1,
        ),
        RANKING_VERSION,
    ),
    key=("movieId", "rank"),
    layer="serving",
    published_as="serving.similar_movies",
    lineage={
        "movieId": (("ranking_model", "id"),),
        "rank": (("ranking_model", "factors"),),
        "similar_movie_id": (("ranking_model", "id"),),
        "similarity": (("ranking_model", "factors"),),
        "rating_count": (("movie_stats", "rating_count"),),
    },
)

POPULAR_MOVIES = Table(
    "popular_movies",
    "All known movies that are rated, by damped mean: what to show to whom nothing is known of.",
    (
        RANK,
        MOVIE_ID,
        Column(
            "damped_mean",
            "float64",
            "Mean rating, with 50 ratings of the mean of all ratings added, in millionths of a star; equal ones by"
            " ascending id.",
            unit="stars",
            minimum=0.5,
            maximum=5.0,
        ),
        Column("average_rating", "float64", "Arithmetic mean of the ratings.", unit="stars"),
        Column("rating_count", "int64", "Number of ratings.", minimum=1),
    ),
    key=("rank",),
    layer="serving",
    published_as="serving.popular_movies",
    lineage={
        "rank": (("movie_stats", "average_rating"), ("movie_stats", "rating_count")),
        "movieId": (("movie_stats", "movieId"),),
        "damped_mean": (("movie_stats", "average_rating"), ("movie_stats", "rating_count")),
        "average_rating": (("movie_stats", "average_rating"),),
        "rating_count": (("movie_stats", "rating_count"),),
    },
)

RATING_HISTORIES = Table(
    "rating_histories",
    "What each user has rated, in two lists of one length and order: what the web API leaves out, and goes on from.",
    (
        USER_ID,
        Column("movieIds", "list<int32>", "Movies that the user has rated, ascending."),
        Column("ratings", "list<float32>", "The ratings of these movies, in their order.", unit="stars"),
    ),
    key=("userId",),
    layer="serving",
    published_as="serving.rating_histories",
    lineage={
        "userId": (("cleaned_ratings", "userId"),),
        "movieIds": (("cleaned_ratings", "movieId"),),
        "ratings": (("cleaned_ratings", "rating"), ("cleaned_ratings", "movieId")),
    },
)

_EITHER_MODEL = ("ranking_model", "als_model")

MOVIE_FACTORS = Table(
    "movie_factors",
    "The movies' factors in both models, with the parameters that a user's own follow from: the web API folds ratings"
    " into them that the models were not trained on.",
    (
        Column("model", "string", "`ranking_model` or `als_model`.", pattern="ranking_model|als_model"),
        MOVIE_ID,
        Column("factors", "list<float32>", "As many numbers as the model's rank."),
        Column("model_version", "string", "Data version of the model."),
        Column("reg_param", "float64", "λ of the model.", minimum=0),
        Column("alpha", "float64", "Confidence per star; null for `als_model`.", nullable=True),
        Column("nonnegative", "bool", "Whether factors are ≥ 0."),
    ),
    key=("model", "movieId"),
    layer="serving",
    published_as="serving.movie_factors",
    lineage={
        "movieId": tuple((model, "id") for model in _EITHER_MODEL),
        "factors": tuple((model, "factors") for model in _EITHER_MODEL),
    },
)
