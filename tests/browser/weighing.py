"""What a page costs on the wire: each request it makes until it is quiet, and its bytes."""

import gzip
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response

# The kinds that make up a page without its pictures, as browsers name them.
WORDS = ("document", "xhr", "fetch", "stylesheet", "script", "font")
# Own scripts; the rest of them is HTMX.
VENDOR = "/js/vendor/"
# Pictures that the browser fetched ahead, for when the shopper scrolls.
AHEAD = """() => [...document.images]
    .filter((it) => it.loading === "lazy" && it.getBoundingClientRect().top >= innerHeight)
    .map((it) => it.currentSrc)"""


@dataclass
class Weight:
    """Counts requests, and bytes as they travel: text compressed, pictures and fonts as is."""

    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    sizes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    own_script: int = 0
    # Requests without those for pictures that lie below the first view.
    first_view: int = 0

    @property
    def parts(self) -> int:
        """Requests for HTML, CSS, JS and fonts."""
        return sum(self.requests[kind] for kind in WORDS)

    @property
    def html(self) -> int:
        return self.sizes["document"]

    def add(self, response: Response) -> None:
        kind = response.request.resource_type
        body = response.body()
        is_text = kind not in {"font", "image"}
        size = len(gzip.compress(body, 6)) if is_text else len(body)
        self.requests[kind] += 1
        self.sizes[kind] += size
        if kind == "script" and VENDOR not in urlsplit(response.url).path:
            self.own_script += size


def weigh(page: Page, path: str) -> Weight:
    """Open an address in a browser that has nothing of the shop yet, and weigh what it fetches."""
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("response", keep)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    weight = Weight()
    ahead = set(page.evaluate(AHEAD))
    for answer in answers:
        if answer.ok:
            weight.add(answer)
            weight.first_view += answer.url not in ahead and not answer.url.startswith("data:")
    return weight
