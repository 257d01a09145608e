"""All routes of the explorer."""

from __future__ import annotations

from movierec_assets.api.pages import (
    fabricated_user,
    home,
    movie,
    movielens_user,
    popular,
    quality,
    static,
    titles,
    users,
)

ROUTERS = tuple(
    module.router
    for module in (home, users, movielens_user, fabricated_user, titles, movie, popular, quality, static)
)
