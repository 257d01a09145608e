"""The home that pages are made of, and what looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets_tests.api.pages import browsing
from movierec_assets_tests.api.pages import explored as explored_home
from movierec_assets_tests.api.pages.page import Page
from movierec_assets_tests.requirements_of_tests import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from playwright.sync_api import Browser

    from movierec_assets_tests.homes import Home


@pytest.fixture(scope="session")
def explored() -> Iterator[Home]:
    """A home in which two runs have succeeded, with rows that applications wrote."""
    yield from explored_home.explored()


@pytest.fixture
def look(explored: Home) -> Callable[..., Page]:
    """Asks for a page, which must be an accessible one with this status."""
    ask = explored_home.asker(explored)

    def one(address: str, status: int = 200) -> Page:
        return Page.of(ask(address)[address], status)

    return one


@pytest.fixture
def ask(explored: Home) -> Callable[..., dict[str, httpx.Response]]:
    """Asks for addresses, whatever comes."""
    return explored_home.asker(explored)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """This machine's Chromium; for no longer than a module, as nobody else's event loop runs beside Playwright's."""
    found = browsing.chromium()
    require("browser", found is not None, "install Chromium (Debian: apt-get install chromium)")
    with browsing.launched(str(found)) as launched:
        yield launched


@pytest.fixture(scope="module")
def base(explored: Home) -> Iterator[str]:
    """Address of the served pages."""
    with browsing.served(explored) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, base: str) -> Iterator[Callable[..., browsing.Visit]]:
    """Opens tabs, with these options of the browser's context; none may have had anything to complain of."""
    visits: list[browsing.Visit] = []

    def one(**options: Any) -> browsing.Visit:
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        visits.append(browsing.Visit(context.new_page(), base))
        return visits[-1]

    yield one
    for each in visits:
        each.page.context.close()
    assert [said for each in visits for said in each.complaints] == []
