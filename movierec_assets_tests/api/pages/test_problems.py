"""What cannot be shown is said on a page, in the words of the API's problems; nothing odd is the server's fault."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest
from starlette.testclient import TestClient

from movierec_assets.access import keys
from movierec_assets_tests.api.pages.explored import application, asker, prepare
from movierec_assets_tests.api.pages.page import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from movierec_assets_tests.homes import Home

    Ask = Callable[..., dict[str, httpx.Response]]

PAGES = ("/", "/explore/users", "/explore/titles", "/explore/popular", "/explore/quality")


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/explore/users/999999", 404, "nothing is known of user 999999 of MovieLens"),
        ("/explore/users?user=999999", 404, "MovieLens has no user 999999"),
        ("/explore/users?user=99999999999", 404, "MovieLens has no user 99999999999"),
        ("/explore/users?scenario=none", 404, "there is no scenario none"),
        ("/explore/scenarios/default/users/999", 404, "scenario default has no user 999"),
        ("/explore/users?scenario=default&user=999", 404, "scenario default has no user 999"),
        ("/explore/movies/999", 404, "there is no movie 999 in MovieLens"),
        ("/explore/titles/tm999", 404, "there is no title tm999"),
        ("/explore/nothing", 404, "Not Found"),
        ("/explore/static/other.css", 404, "there is no file other.css"),
        ("/explore/users/abc", 422, "path/user_id"),
        ("/explore/users/0", 422, "path/user_id"),
        ("/explore/users/7?year_min=soon", 422, "query/year_min"),
        ("/explore/users/7?kind=opera", 422, "query/kind"),
        ("/explore/users/7?recommender=nobody", 422, "query/recommender"),
        ("/explore/users/7?cursor=x", 422, "query/cursor"),
        ("/explore/quality?metric=luck", 422, "query/metric"),
        ("/explore/titles?q=a&page=0", 422, "query/page"),
        ("/explore/titles?q=%00", 422, "NUL"),
    ],
)
def test_what_is_wrong_is_said_on_a_page(
    look: Callable[..., Page], address: str, status: int, said: str
) -> None:
    page = look(address, status)
    text = page.all("main")[0].text
    assert said.casefold() in text.casefold()
    assert str(page.answer.headers["x-request-id"]) in text
    assert page.answer.headers["cache-control"] == "no-store"
    assert "/" in page.links()


ODD = [
    *(
        "",
        " ",
        "0",
        "-1",
        "1e9",
        "9223372036854775808",
        "99999999999999999999999",
        "null",
        "[]",
        "%",
        "%%",
        "'",
    ),
    *('"', "';--", "%00", "\\", "ü", "😀", "‮", "<b>", "a" * 300, "../../etc/passwd", "{{7*7}}", "\n", "\t1"),
]
FIELDS = {
    "/explore/users": ("user", "scenario", "after"),
    "/explore/users/7": (
        "genre",
        "year_min",
        "year_max",
        "kind",
        "recommender",
        "cursor",
        "limit",
        "exclude",
    ),
    "/explore/users/7/ratings": ("cursor",),
    "/explore/scenarios/default/users/1": ("genre", "year_min", "kind", "recommender", "cursor"),
    "/explore/titles": ("q", "in", "page"),
    "/explore/movies/12": ("genre", "year_max", "kind", "cursor"),
    "/explore/popular": ("genre", "year_min", "year_max", "kind", "cursor"),
    "/explore/quality": ("metric",),
}


def test_odd_parameters_are_no_fault_of_the_server(explored: Home) -> None:
    addresses = [
        f"{path}?{field}={quote(value, safe='')}"
        for path, fields in FIELDS.items()
        for field in fields
        for value in ODD
    ]
    addresses += [f"{path}/{quote(value, safe='')}" for path in (*FIELDS, "/explore/movies") for value in ODD]
    for address, answer in asker(explored)(*addresses).items():
        assert answer.status_code < 500, (address, answer.text)
        if answer.status_code not in (303, 307):
            Page.of(answer, answer.status_code)


def test_before_the_first_run_every_page_says_what_to_do(empty_home: Home) -> None:
    prepare(empty_home)
    answers = asker(empty_home)(*PAGES)
    # The catalogue's own tables are there, and empty.
    Page.of(answers.pop("/explore/titles"), 200)
    for address, answer in answers.items():
        page = Page.of(answer, 503)
        assert "movierec run" in [e.text for e in page.all("code")], address
        assert answer.headers["retry-after"]


@pytest.fixture
def key(explored: Home) -> Iterator[Callable[[str], httpx.BasicAuth]]:
    """Makes a key of a role, as a browser shows it; from then on there are keys."""
    with explored.connect() as connection:
        yield lambda role: httpx.BasicAuth("anybody", keys.create(connection, role, role, 1))
        connection.execute("DELETE FROM access.keys")


def test_with_keys_a_browser_is_asked_for_one_and_sees_what_its_role_may_read(
    ask: Ask, key: Callable[[str], httpx.BasicAuth]
) -> None:
    application, reader = key("movierec_api"), key("analyst_reader")
    refused = ask("/")["/"]
    page = Page.of(refused, 401)
    assert "Basic" in refused.headers["www-authenticate"]
    assert "In a browser the key is the password" in page.all("main")[0].text
    stylesheet = str(page.all("link", rel="stylesheet")[0].get("href"))
    assert ask(stylesheet)[stylesheet].status_code == 200
    people = ("/explore/users/7", "/explore/scenarios/default/users/1")
    for answer in ask(*PAGES, *people, "/explore/movies/12", auth=application).values():
        Page.of(answer, 200)
    for answer in ask(*PAGES, "/explore/movies/12", "/explore/titles/tm2", auth=reader).values():
        Page.of(answer, 200)
    # What applications wrote and fabricated users are nothing for an analyst.
    for answer in ask(*people, auth=reader).values():
        Page.of(answer, 403)


def test_a_fault_of_the_server_is_a_page_that_gives_nothing_away(explored: Home) -> None:
    def fails() -> None:
        raise RuntimeError("secret")

    made = application(explored)
    made.add_api_route("/explore/fails", fails)
    with TestClient(made, base_url="http://localhost") as client:
        page = Page.of(client.get("/explore/fails"), 500)
    assert "The fault is the server's" in page.all("main")[0].text
    assert "secret" not in page.answer.text


def test_with_a_catalogue_alone_what_there_is_of_it_is_shown(catalogue_home: Home) -> None:
    prepare(catalogue_home)
    answers = asker(catalogue_home)(*PAGES, "/explore/users?scenario=default", "/explore/titles?q=heat")
    of_ratings = {"/explore/popular": 503, "/explore/quality": 503, "/explore/users": 303}
    assert {a: answer.status_code for a, answer in answers.items() if answer.status_code != 200} == of_ratings
    assert Page.of(answers["/explore/titles?q=heat"], 200).titles() == ["Heat", "Heat"]
    assert "MovieLens" not in Page.of(answers["/explore/users?scenario=default"], 200).links().values()


def test_with_ratings_alone_what_there_is_of_them_is_shown(tiny_home: Home) -> None:
    prepare(tiny_home)
    addresses = (*PAGES, "/explore/users/1", "/explore/movies/1", "/explore/titles?q=toy")
    for answer in asker(tiny_home)(*addresses).values():
        Page.of(answer, 200)


def test_the_stylesheet_and_the_icon_may_be_kept_and_change_their_address_with_their_content(
    look: Callable[..., Page], ask: Ask
) -> None:
    page = look("/")
    kept = [str(e.get("href")) for e in page.all("link")]
    for address, answer in ask(*kept).items():
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert {a.headers["content-type"] for a in ask(*kept).values()} == {
        "text/css; charset=utf-8",
        "image/svg+xml",
    }
