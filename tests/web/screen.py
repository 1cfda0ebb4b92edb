"""A browser window: logging in, finding rows of the tree, and looking at the picture of the viewer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Locator, Page

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
CHROMIUM = "/usr/bin/chromium"
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def logged_in(browser: Browser, address: str, username: str, password: str) -> Iterator[Page]:
    """The main page after the login form. Errors of scripts fail the test."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": 1400, "height": 850},
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto("/webclient/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile("/webclient/(\\?.*)?$"))
    yield page
    context.close()
    assert problems == []


def shot(page: Page, name: str) -> None:
    """Keep a picture of the page for people to look at."""
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def row(page: Page, name: str) -> Locator:
    """The row of the tree with this text."""
    return page.get_by_role("treeitem").filter(has_text=name)


def settled(page: Page) -> None:
    """Wait until the viewer has drawn what it was asked for."""
    page.wait_for_timeout(250)
    page.locator('.picture[data-loading="0"]').wait_for()
    page.wait_for_timeout(250)


def picture(page: Page) -> np.ndarray:
    """What the viewer shows, as rows of RGB pixels."""
    settled(page)
    return np.asarray(Image.open(BytesIO(page.locator(".picture").screenshot())).convert("RGB"), dtype=int)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference of two pictures of the same size, 0 to 255."""
    return float(np.abs(one - other).mean())
