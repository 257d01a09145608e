"""A real browser, headless, on the application served over HTTP."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import uvicorn

from movierec_assets_tests.api.pages.explored import application
from movierec_assets_tests.databases import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from movierec_assets_tests.homes import Home

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)


def chromium() -> str | None:
    """Where this machine's Chromium is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def launched(program: str) -> Iterator[Browser]:
    """The browser; nothing is downloaded for it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        yield browser
        browser.close()


@contextmanager
def served(home: Home) -> Iterator[str]:
    """The application on a loopback port, in a thread of this process."""
    app = application(home)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < end, "the server does not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


@dataclass
class Visit:
    """A tab, and what it was up to.

    Attributes:
        page: The tab.
        base: Address of the server.
        complaints: What the console had, errors of scripts, requests that failed or went elsewhere.
    """

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self.complaints.append(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page.on("request", lambda request: self._host(request.url))

    def _host(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.base).netloc:
            self.complaints.append(f"another host: {url}")

    def go(self, path: str) -> Page:
        """Open a page."""
        self.page.goto(self.base + path)
        return self.page

    def tab_to(self, selector: str, most: int = 120) -> None:
        """Press Tab until the focus is on what the selector means; every stop on the way must be visible."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            seen: Any = self.page.evaluate(FOCUS, selector)
            assert seen["visible"], f"the focus cannot be seen on {seen['what']}"
            if seen["there"]:
                return
        raise AssertionError(f"{selector} is not reached by {most} presses of Tab")


FOCUS = """selector => {
    const at = document.activeElement;
    const shown = at.matches('.pill input') ? at.nextElementSibling : at;
    const style = getComputedStyle(shown), box = shown.getBoundingClientRect();
    return {
        there: at.matches(selector),
        what: at.outerHTML.slice(0, 200),
        visible: at === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
            && box.width > 0 && box.height > 0),
    };
}"""
