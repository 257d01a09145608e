"""What applications write back: ratings that people give, and recommendations of recommenders outside the graph."""

from __future__ import annotations

from dataclasses import replace

from movierec_assets.schema.catalog_tables import TITLE_KEY
from movierec_assets.schema.model import Column, ForeignKey, Table
from movierec_assets.schema.simulation_tables import SCENARIO, USER

NAME_PATTERN = "[a-z0-9][a-z0-9_-]{0,49}"
OWN_RECOMMENDERS = ("ranking_model", "als_model", "popular_movies", "popular_titles", "similar_movies")
"""Names under which the project itself recommends."""
LARGEST_ID = 2_147_483_647
"""MLlib's model layout has ids of 32 bits."""

FEEDBACK_TABLES = (
    Table(
        "feedback_ratings",
        "One rating of one movie of MovieLens that an application wrote; it counts in place of the user's earlier one.",
        (
            Column(
                "user_id", "int64", "User of MovieLens, or a new one.", minimum=1, maximum=float(LARGEST_ID)
            ),
            Column("movie_id", "int64", "Movie of MovieLens.", minimum=1, maximum=float(LARGEST_ID)),
            Column("rating", "float32", "Rating.", unit="stars", minimum=0.5, maximum=5.0),
            Column("rated_at", "timestamp", "When it was given.", unit="time with time zone"),
        ),
        key=("user_id", "movie_id"),
        layer="feedback",
        published_as="feedback.ratings",
        editable=True,
        lake=False,
        indexes=(("movie_id",),),
    ),
    Table(
        "feedback_recommendations",
        "One recommendation of a title to a fabricated user by a recommender outside the graph.",
        (
            Column(
                "recommender",
                "string",
                "The recommender's name.",
                pattern=NAME_PATTERN,
                meaning="1 to 50 of a-z, 0-9, _ and -, beginning with a letter or digit",
                forbidden=(("the name of one of the project's own", "|".join(OWN_RECOMMENDERS)),),
            ),
            SCENARIO,
            USER,
            Column("rank", "int32", "1 is the best.", minimum=1),
            replace(TITLE_KEY, description="Title recommended."),
            Column("score", "float64", "What the order follows.", nullable=True),
            Column("reason", "string", "Why, in words.", nullable=True),
            Column("model_version", "string", "The recommender's own version.", nullable=True),
            Column("made_at", "timestamp", "When it was written.", unit="time with time zone"),
        ),
        key=("recommender", "scenario", "user_id", "rank"),
        layer="feedback",
        published_as="feedback.recommendations",
        editable=True,
        lake=False,
        foreign_keys=(ForeignKey(("title_id",), "titles"),),
        unique=(("recommender", "scenario", "user_id", "title_id"),),
        indexes=(("title_id",), ("scenario", "user_id")),
    ),
)
