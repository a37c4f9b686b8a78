"""A real headless Chromium, when there is one; every console error and foreign request fails."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SHOTS = Path(os.environ.get("WAVETANK_SCREENSHOTS") or "build/screenshots")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium from the system. Per module: its event loop must be gone when others want theirs."""
    api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("browser tests need Debian's chromium; .ci/run installs it")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with api.sync_playwright() as play:
        running = play.chromium.launch(executable_path=program, args=flags)
        yield running
        running.close()


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    """Servers entered here outlive the page: a browser asks for icons after the page is loaded."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def page(browser: Browser, servers: ExitStack) -> Iterator[Page]:
    """A page on which nothing may go wrong unseen."""
    tab = browser.new_page(viewport={"width": 1400, "height": 1000})
    wrong: list[str] = []
    tab.on("console", lambda entry: wrong.append(entry.text) if entry.type == "error" else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("request", lambda request: wrong.extend(_foreign(request.url)))
    yield tab
    tab.close()
    assert not wrong


def _foreign(url: str) -> list[str]:
    parts = urlsplit(url)
    local = parts.scheme in ("file", "data", "blob") or parts.hostname == "127.0.0.1"
    return [] if local else [f"left the origin: {url}"]
