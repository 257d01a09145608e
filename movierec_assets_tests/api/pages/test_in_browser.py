"""The explorer in headless Chromium: by keyboard alone, without scripts, on small screens, read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from movierec_assets_tests.api.pages.browsing import Visit

PAGES = {
    "start": "/",
    "users": "/explore/users",
    "fabricated users": "/explore/users?scenario=default",
    "user": "/explore/users/7",
    "filtered": "/explore/users/7?genre=Drama&year_min=1995",
    "ratings": "/explore/users/7/ratings",
    "fabricated user": "/explore/scenarios/default/users/1",
    "search": "/explore/titles?q=voyage",
    "title": "/explore/titles/tm2",
    "movie": "/explore/movies/1",
    "popular": "/explore/popular",
    "quality": "/explore/quality",
    "script": "/explore/movies/3",
}
LONG = "/explore/titles?q=" + "w" * 200
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """[...document.querySelectorAll('button, select, input:not([type=hidden]), summary, nav a')]
    .map(e => [e.outerHTML.slice(0, 120), e.getBoundingClientRect()])
    .filter(([_, box]) => box.width && (box.width < 24 || box.height < 24)).map(([what, _]) => what)"""


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_recommendation_and_what_is_like_it_are_found_by_keyboard_alone(
    visit: Callable[..., Visit], scripts: bool
) -> None:
    tab = visit(java_script_enabled=scripts)
    page = tab.go("/")
    tab.tab_to("a.skip")
    page.keyboard.press("Enter")
    tab.tab_to("input[name=user]")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    page.wait_for_url("**/explore/users/7")
    assert page.get_by_role("heading", level=1).inner_text() == "User 7"
    assert page.get_by_role("heading", name="What they liked").is_visible()
    assert page.locator(".why").first.inner_text().startswith("Because you rated")

    tab.tab_to("summary")
    page.keyboard.press("Enter")
    tab.tab_to("input[value=Drama]")
    page.keyboard.press("Space")
    tab.tab_to(".filters button")
    page.keyboard.press("Enter")
    page.wait_for_url("**genre=Drama**")
    facts = page.locator("ol .facts").all_inner_texts()
    assert facts
    assert all("Drama" in text for text in facts)

    first = page.locator("ol h3").all_inner_texts()
    tab.tab_to("a[rel=next]")
    page.keyboard.press("Enter")
    page.wait_for_url("**cursor=**")
    second = page.locator("ol h3").all_inner_texts()
    assert second
    assert not set(first) & set(second)

    tab.tab_to("ol h3 a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/explore/movies/*")
    assert page.get_by_role("heading", level=1).inner_text() == second[0]
    assert page.get_by_role("heading", name="Movies like this one").is_visible()
    tab.tab_to("ol h3 a")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert page.get_by_role("heading", level=1).inner_text() != second[0]


def test_a_title_is_searched_and_a_fabricated_user_is_picked_by_mouse(visit: Callable[..., Visit]) -> None:
    page = visit().go("/")
    page.get_by_role("searchbox", name="Title").fill("café")
    page.get_by_role("button", name="Find title").click()
    page.get_by_role("link", name="Le Café, 100%").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Le Café, 100%"
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Users").click()
    page.get_by_role("link", name="default").click()
    page.get_by_role("link", name="User 1", exact=True).click()
    page.get_by_label("Recommender").select_option("outsider")
    page.get_by_role("button", name="Filter").click()
    # Its reason is markup that would run, were it obeyed.
    assert page.locator(".why").inner_text().startswith('"><img')
    page.get_by_role("link", name="Clear").click()
    assert page.url.endswith("/explore/scenarios/default/users/1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_to_complain_of(visit: Callable[..., Visit], name: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = visit(color_scheme=scheme).go(PAGES[name])
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_needs_more_width_than_320_pixels(visit: Callable[..., Visit], name: str) -> None:
    page = visit(viewport={"width": 320, "height": 640}).go(PAGES[name])
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("name", PAGES)
def test_text_of_twice_the_size_fits(visit: Callable[..., Visit], name: str) -> None:
    page = visit(viewport={"width": 1280, "height": 800}).go(PAGES[name])
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(WIDER) <= 0


def test_a_long_word_breaks(visit: Callable[..., Visit]) -> None:
    page = visit(viewport={"width": 320, "height": 640}).go(LONG)
    assert page.evaluate(WIDER) <= 0


def test_night_is_dark_and_day_is_light(visit: Callable[..., Visit]) -> None:
    grounds: dict[str, Any] = {}
    for scheme in ("light", "dark"):
        page = visit(color_scheme=scheme).go("/")
        grounds[scheme] = page.evaluate(
            "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        )
    assert min(grounds["light"]) > 200 > 50 > max(grounds["dark"])


def test_a_problem_is_a_page_like_the_others(browser: Any, base: str) -> None:
    page = browser.new_page()
    answer = page.goto(f"{base}/explore/users/999999")
    assert answer.status == 404
    assert page.get_by_role("heading", level=1).inner_text() == "Not Found"
    page.get_by_role("link", name="To the start page").click()
    assert page.get_by_role("heading", level=1).is_visible()
    page.close()
