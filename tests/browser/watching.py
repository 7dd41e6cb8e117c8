"""A browser's page under watch: what its console complains of fails the test."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

# Chromium's console repeats every answer of 400 and above; a test names those it asks for.
ANSWERED = re.compile(r"the server responded with a status of (\d+)")
# What a page gives up because it is left, or because a newer click replaces it.
# HTMX then logs two errors; a request that truly fails logs htmx:sendError beside them.
GIVEN_UP = ("net::ERR_ABORTED", "htmx:sendAbort", "htmx:afterRequest")


@dataclass
class Watch:
    """Collects console errors, uncaught errors and failed requests of a context's pages."""

    problems: list[str] = field(default_factory=list)
    # Statuses that pages may answer in this test; files, whose addresses end without /, may not.
    statuses: set[int] = field(default_factory=set)

    def follow(self, context: BrowserContext) -> None:
        context.on("page", self._follow_page)

    def _follow_page(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on("requestfailed", self._note_failure)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"} or message.text.startswith(GIVEN_UP):
            return
        where = message.location.get("url", "")
        answered = ANSWERED.search(message.text)
        is_page = urlsplit(where).path.endswith("/")
        if not (answered and is_page and int(answered[1]) in self.statuses):
            self.problems.append(f"{message.type}: {message.text} ({where})")

    def _note_failure(self, request: Request) -> None:
        if request.failure not in GIVEN_UP:
            self.problems.append(f"{request.method} {request.url}: {request.failure}")
