"""Each page says what it is for, of a small world whose right answers are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.api.pages.links import address
from movierec_assets_tests.api.pages.explored import IMAGE, MOVIES, NEW_USER, NO_RATINGS, RATED, SCRIPT, USERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from movierec_assets_tests.api.pages.page import Page
    from movierec_assets_tests.homes import Home

    Look = Callable[..., Page]

ODD_USER = "/explore/users/7"
"""One who likes adventures, movies 1 to 40."""


def rated_by(home: Home, user: int) -> set[str]:
    rows = home.rows(
        "SELECT m.title FROM serving.rating_histories h, unnest(h.movie_ids) AS r (movie_id)"
        f" JOIN serving.movies m USING (movie_id) WHERE h.user_id = {user}"
    )
    return {title for (title,) in rows}


def test_the_start_page_has_both_searches_and_leads_everywhere(look: Look) -> None:
    page = look("/")
    forms = {form.get("action"): form for form in page.all("form")}
    assert set(forms) == {"/explore/titles", "/explore/users"}
    assert {"/explore/users", "/explore/titles", "/explore/popular", "/explore/quality", "/docs"} <= set(
        page.links()
    )
    figures = {e.text for e in page.all("dd")}
    assert {str(MOVIES + 1), f"{USERS * (RATED + 1):,}", "7"} <= figures
    assert len(page.all("ol")[0].parts) > 9
    assert look("/explore").answer.text == page.answer.text


def test_users_are_listed_and_one_is_gone_to_by_number(look: Look, ask: Any) -> None:
    page = look("/explore/users")
    users = [text for href, text in page.links().items() if href.startswith("/explore/users/")]
    assert users == [f"User {n}" for n in range(1, 41)]
    following = look("/explore/users?after=40")
    assert "User 41" in following.links().values()
    assert not following.all("a", rel="next")
    found = ask("/explore/users?user=7", "/explore/users?user=7&scenario=default")
    assert [a.status_code for a in found.values()] == [303, 303]
    assert [a.headers["location"] for a in found.values()] == [
        "/explore/users/7",
        "/explore/scenarios/default/users/7",
    ]


def test_an_empty_search_shows_the_list(look: Look) -> None:
    assert look("/explore/users?user=&after=").heading == "Users of MovieLens"


def test_a_user_is_shown_with_what_they_liked_and_what_comes_next(look: Look, explored: Home) -> None:
    page = look(ODD_USER)
    assert page.heading == "User 7"
    rated = rated_by(explored, 7)
    liked = [
        a.text for a in page.all("a") if a.within("ul") and str(a.get("href")).startswith("/explore/movies/")
    ]
    assert len(liked) == 12
    assert set(liked) <= rated
    recommended = [a.text for a in page.all("a") if a.within("ol")]
    assert len(recommended) == 20
    assert not set(recommended) & rated
    first = page.all("ol")[0].text
    assert "Because you rated" in first
    assert "Predicted" in first
    assert "Ordered by ranking model, version" in page.all("main")[0].text


def test_pages_of_recommendations_follow_each_other_without_repeats(look: Look, explored: Home) -> None:
    seen: list[str] = []
    page = look(ODD_USER)
    while True:
        seen += [a.text for a in page.all("a") if a.within("ol")]
        following = page.all("a", rel="next")
        if not following:
            break
        page = look(str(following[0].get("href")))
        assert page.all("nav", aria_label="Pages of recommendations")[0].text.startswith("First page")
    ranked = explored.rows("SELECT count(*) FROM serving.movie_stats")[0][0]
    assert len(seen) == len(set(seen)) == ranked - len(rated_by(explored, 7))


def test_filters_hold_and_stay_on_the_following_pages(look: Look) -> None:
    query = "?genre=drama&genre=Documentary&year_min=1995&year_max=&kind=movie&recommender=ranking_model"
    page = look(ODD_USER + query)
    years = [int(p.text[:4]) for p in page.all("p", class_="facts") if p.within("ol")]
    assert years
    assert min(years) >= 1995
    assert all("Drama" in p.text for p in page.all("p", class_="facts") if p.within("ol"))
    (checked,) = [
        e
        for e in page.all("input", type="checkbox")
        if "checked" in e.attributes and e.get("value") == "Drama"
    ]
    assert checked.within("label")
    assert page.all("input", id="year-min")[0].get("value") == "1995"
    following = look(str(page.all("a", rel="next")[0].get("href")))
    assert all("Drama" in p.text for p in following.all("p", class_="facts") if p.within("ol"))
    assert (
        look(f"{ODD_USER}?year_min=2150")
        .all("p", class_="empty")[0]
        .text.startswith("Nothing that the filter")
    )


def test_another_recommender_may_be_asked(look: Look) -> None:
    page = look(f"{ODD_USER}?recommender=popular_movies")
    assert "Ordered by popularity" in page.all("main")[0].text
    assert [o.text for o in page.all("option") if "selected" in o.attributes] == [
        "Any",
        "Popularity",
    ]


def test_all_ratings_of_a_user_are_listed_the_best_first(look: Look, explored: Home) -> None:
    page = look(f"{ODD_USER}/ratings")
    assert set(page.titles()) == rated_by(explored, 7)
    given = [float(e.text) for e in page.all("b")]
    assert given == sorted(given, reverse=True)


def test_a_user_whom_only_an_application_knows_is_shown(look: Look) -> None:
    page = look(f"/explore/users/{NEW_USER}")
    assert "1" in {e.text for e in page.all("dd")}
    assert "Voyage 2" in page.titles()


def test_a_fabricated_user_is_shown_with_the_recommendations_of_outsiders(look: Look, explored: Home) -> None:
    page = look("/explore/users?scenario=default")
    assert "/explore/scenarios/default/users/1" in page.links()
    page = look("/explore/scenarios/default/users/1")
    assert [
        o.get("value") for o in page.all("select", id="recommender")[0].parts if not isinstance(o, str)
    ] == [
        "ranking_model",
        "popular_titles",
        "outsider",
    ]
    outsider = look("/explore/scenarios/default/users/1?recommender=outsider")
    assert [a.text for a in outsider.all("a") if a.within("ol")] == [SCRIPT]
    assert IMAGE in outsider.all("p", class_="why")[0].text


def test_titles_are_found_by_all_words_of_them_or_the_year(look: Look) -> None:
    assert look("/explore/titles").heading == "Find a title"
    assert look("/explore/titles?q=voyage+12").titles() == ["Voyage 12"]
    assert look("/explore/titles?q=1962").titles() == ["Voyage 12"]
    assert look("/explore/titles?q=CAF%C3%89+le").titles() == ["Le Café, 100%"]
    assert look("/explore/titles?q=heat").titles() == ["Heat", "Heat"]
    page = look("/explore/titles?q=nothing+has+this")
    assert page.titles() == []
    assert len(page.all("p", class_="empty")) == 2


def test_what_means_something_in_a_pattern_means_itself_in_a_search(look: Look) -> None:
    assert look("/explore/titles?q=100%25").titles() == ["Le Café, 100%"]
    assert look("/explore/titles?q=V_yage").titles() == []
    assert look("/explore/titles?q=%5C").titles() == []


def test_many_found_ones_are_paged(look: Look) -> None:
    seen: list[str] = []
    page = look("/explore/titles?q=sorrow")
    assert len(page.titles()) == 8
    page = look(next(href for href, text in page.links().items() if text.startswith("All 40")))
    while True:
        seen += page.titles()
        following = page.all("a", rel="next")
        if not following:
            break
        page = look(str(following[0].get("href")))
    assert len(seen) == len(set(seen)) == 40


def test_a_movie_is_shown_with_its_figures_and_those_like_it(look: Look, explored: Home) -> None:
    page = look("/explore/movies/12")
    assert page.heading == "Voyage 12"
    ((mean, count),) = explored.rows(
        "SELECT average_rating, rating_count FROM serving.movie_stats WHERE movie_id = 12"
    )
    figures = [e.text for e in page.all("dd")]
    assert f"{mean:.1f}of 5 stars" in figures
    assert str(count) in figures
    similar = [a for a in page.all("a") if a.within("ol")]
    assert len(similar) == 20
    assert sum(int(str(a.get("href")).rpartition("/")[2]) <= 40 for a in similar[:10]) >= 8
    assert "/explore/movies/12" not in [a.get("href") for a in similar]


def test_a_movie_of_the_catalogue_too_has_its_cast(look: Look) -> None:
    text = look("/explore/movies/1").all("main")[0].text
    assert "Tom Hanks" in text
    assert "Woody (voice)" in text
    assert "IMDb score, 900,000 votes" in text


def test_a_movie_that_nobody_rated_says_so(look: Look) -> None:
    said = [e.text for e in look(f"/explore/movies/{NO_RATINGS}").all("p", class_="empty")]
    assert said == [
        "Nobody has rated this movie yet.",
        "The model knows too little of this movie to compare it.",
    ]


def test_a_title_of_the_catalogue_is_shown(look: Look) -> None:
    page = look("/explore/titles/tm2")
    assert page.heading == "Heat"
    assert "2 h 50 min" in [e.text for e in page.all("dd")]
    assert page.links()["/explore/movies/2"]
    assert "Michael MannDirector" in [row.text.replace(" Director", "Director") for row in page.all("tr")]
    assert look("/explore/titles/ts5").heading == "Match Day"


def test_popular_movies_are_filtered_by_genre_and_paged(look: Look) -> None:
    page = look("/explore/popular?genre=Drama")
    assert len(page.titles()) == 20
    assert all("Drama" in p.text for p in page.all("p", class_="facts"))
    following = look(str(page.all("a", rel="next")[0].get("href")))
    assert following.all("ol")[0].get("start") == "21"
    assert not set(following.titles()) & set(page.titles())


def test_quality_has_every_evaluation_as_a_chart_and_a_table(look: Look, explored: Home) -> None:
    page = look("/explore/quality")
    charts = page.all("svg", role="img")
    protocols = explored.rows("SELECT DISTINCT protocol FROM serving.model_evaluation")
    assert len(charts) == len(protocols) >= 1
    query = "SELECT count(DISTINCT recommender), count(DISTINCT version) FROM serving.evaluation_history"
    ((recommenders, versions),) = explored.rows(f"{query} WHERE metric = 'ndcg'")
    assert versions >= 2
    lines = page.all("polyline")
    assert len(lines) == recommenders * len(charts)
    assert {len(str(line.get("points")).split()) for line in lines} == {versions}
    history = page.all("table")[1]
    rows = [row for row in page.all("tr") if row.parent is not None and row.parent.parent is history]
    assert len(rows) == 1 + versions
    ((value,),) = explored.rows(
        "SELECT value FROM serving.model_evaluation WHERE (recommender, metric) = ('ranking_model', 'ndcg') LIMIT 1"
    )
    assert f"{value:.3f}" in page.all("main")[0].text


@pytest.mark.parametrize(
    "metric", ["precision", "recall", "map", "map_all", "coverage", "novelty", "rmse", "mae", ""]
)
def test_quality_shows_any_metric(look: Look, metric: str) -> None:
    page = look(f"/explore/quality?metric={metric}")
    (selected,) = [o for o in page.all("option") if "selected" in o.attributes]
    assert selected.get("value") == (metric or "ndcg")
    assert page.all("polyline")


def test_names_are_shown_and_not_obeyed(look: Look) -> None:
    # That there is no element which could run or load anything is seen of every page.
    assert look("/explore/movies/3").heading == SCRIPT
    assert look("/explore/titles/ts901").heading == SCRIPT
    assert SCRIPT in look(address("titles", q=SCRIPT)).heading
    assert IMAGE in look("/explore/movies/4").all("main")[0].text
    page = look(address("popular", genre=[IMAGE]))
    assert [e.get("value") for e in page.all("input", type="checkbox") if "checked" in e.attributes] == [
        IMAGE
    ]
    assert (
        look(address("titles", q='" autofocus onfocus="alert(1)')).all("input", name="q")[0].get("onfocus")
        is None
    )
