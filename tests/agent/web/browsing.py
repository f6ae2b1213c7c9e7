"""A person's browser: Debian's chromium, which fails where our policy is broken or another host is asked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright
from web_shop import PIN

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1440, "height": 900}
PATIENCE = 60_000  # ms until a condition must have come; nothing waits for it to pass
expect.set_options(timeout=PATIENCE)


@contextmanager
def open_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, url: str, size: dict[str, int], scheme: str = "light") -> Iterator[Page]:
    """A fresh browser on the page; whatever the policy forbids, or another host would be asked for, fails."""
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    wrong: list[str] = []
    own = urlsplit(url).netloc
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    page.on("request", lambda asked: wrong.append(asked.url) if urlsplit(asked.url).netloc != own else None)
    page.goto(url)
    yield page
    context.close()
    assert wrong == []


def enter(page: Page) -> None:
    page.fill("input[name=pin]", PIN)
    page.keyboard.press("Enter")
    expect(page.locator(".light")).to_be_visible(timeout=PATIENCE)


# Fields without a name for whoever cannot see them, and pictures without words.
UNNAMED = """[...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
    .filter((field) => !field.closest("label") && !field.getAttribute("aria-label"))
    .map((field) => field.name)
    .concat([...document.images].filter((image) => !image.alt).map((image) => image.src))"""


def check_page(page: Page, path: str) -> None:
    """It fits the screen, has one heading, and names what it shows."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{path} is {wide} px too wide at {page.viewport_size}"
    assert page.locator("h1").count() == 1, path
    assert page.evaluate(UNNAMED) == [], path


def reached_by_tab(page: Page, wanted: int) -> list[str]:
    """What Tab comes by, each with a ring to be seen."""
    reached = []
    for _ in range(wanted + 1):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "[document.activeElement.tagName, document.activeElement.textContent.trim(),"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        if found[0] == "BODY":
            break
        assert found[2] == "solid", found
        reached.append(found[1])
    return reached
