"""Headless Chromium, with and without JavaScript, light and dark, narrow and wide."""

import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright

from makers_market.core.models import Edition
from tests.browser.watching import Watch
from tests.shop import Shop

NAMES = ("chromium", "google-chrome", "chromium-browser")
# Root needs --no-sandbox; the others keep Chromium from talking to anybody but the shop.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
HEIGHT = 900
PATIENCE_MS = 15_000
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the machine's own Chromium; its absence is a failure, `bin/test` installs it."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, f"none of {', '.join(NAMES)} is installed: run bin/test, or bin/test --fast"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Give the eye on every page of the test; at its end nothing may have been complained of."""
    eye = Watch()
    yield eye
    assert eye.problems == []


@pytest.fixture
def open_page(chromium: Browser, shop: Shop, watch: Watch) -> Iterator[OpenPage]:
    """Give a way to open a page in a fresh context, which has no cookies.

    Takes `javascript`, `dark`, `width` in CSS pixels, and Playwright's own context options.
    """
    opened = []

    def open_page(
        *, javascript: bool = True, dark: bool = False, width: int = 1280, **options: Any
    ) -> Page:
        context = chromium.new_context(
            base_url=shop.url, java_script_enabled=javascript, locale="en-GB",
            color_scheme="dark" if dark else "light", reduced_motion="reduce",
            viewport={"width": width, "height": HEIGHT}, **options,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE_MS)
        watch.follow(context)
        opened.append(context)
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def kept_shop(django_db_setup: None, django_db_blocker: Any, running_shop: Shop) -> Iterator[Shop]:
    """Give an open shop that all tests of a module share; what one leaves, the next one finds.

    Such a module is marked with a plain django_db: nothing that its tests write is committed.
    """
    with django_db_blocker.unblock():
        cache.clear()
        Edition.objects.create(number=time.time_ns() // 1000)
        running_shop.open()
        yield running_shop
        running_shop.kill("worker")
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
        call_command("flush", verbosity=0, interactive=False)
