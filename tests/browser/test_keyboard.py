"""By keyboard alone from home to a basket: in reading order, seen all the way, never caught."""

import re

import pytest
from playwright.sync_api import Page, expect

from catalog import services
from catalog.models import Term
from tests import factories
from tests.browser.conftest import OpenPage
from tests.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]
PIECES = 4
# More than any of these pages has to stop at.
STOPS_MAX = 120
# Where the focus is: its words, whether it can be seen where it is, and whether what comes
# before it on the page is what was met before it.
STOP = """() => {
    const it = document.activeElement, box = it.getBoundingClientRect();
    if (it === document.body) return null;
    const label = it.labels?.[0]?.innerText;
    const words = it.getAttribute("aria-label") || label || it.innerText || it.name || "";
    const isLater = !window.met || !!(window.met.compareDocumentPosition(it)
        & Node.DOCUMENT_POSITION_FOLLOWING);
    window.met = it;
    const ring = [it, it.closest(".card"), it.closest("form")].filter(Boolean)
        .some((each) => getComputedStyle(each).outlineStyle !== "none");
    const isOn = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const isFree = !top || it.contains(top) || top.contains(it) || !!top.closest("label, .card");
    return {words: words.trim().replace(/\\s+/g, " "), isLater, isSeen: ring && isOn && isFree};
}"""


@pytest.fixture(scope="module")
def shop(kept_shop: Shop) -> Shop:
    """A shop with a few pieces of one craft, one of them blue."""
    blue = Term.objects.create(kind="colour", slug="blue", name_en="Blue", swatch="cobalt")
    green = Term.objects.create(kind="colour", slug="green", name_en="Green", swatch="sage")
    maker = factories.maker("mo")
    made = [factories.variant(f"piece-{n}", maker=maker).product for n in range(PIECES)]
    for piece in made:
        piece.terms.add(blue if piece == made[0] else green)
    services.index_pieces(piece.pk for piece in made)
    return kept_shop


def stops(page: Page) -> list[dict[str, object]]:
    """Press Tab until the page has been left at its end; gives each stop on the way."""
    page.evaluate("() => { document.activeElement.blur(); window.met = null; }")
    met = []
    for _ in range(STOPS_MAX):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return met
        met.append(stop)
    raise AssertionError(f"caught in {[stop['words'] for stop in met[-5:]]}")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what has this name."""
    met = []
    for _ in range(STOPS_MAX):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        met.append(stop and stop["words"])
        if stop and stop["words"].startswith(name):
            return
    raise AssertionError(f"{name} is not among {met}")


def ready(page: Page) -> None:
    expect(page.locator("nav.acts[hx-trigger^=load]")).to_have_count(0)


def test_from_home_to_a_basket(open_page: OpenPage):
    page = open_page()
    page.goto("/")
    ready(page)

    tab_to(page, "Ceramics")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/c/ceramics/$"))
    ready(page)
    tab_to(page, "Blue")
    page.keyboard.press("Space")
    expect(page.locator("#count")).to_have_text("1 piece")
    expect(page.get_by_label("Blue")).to_be_focused()
    tab_to(page, "Piece-0")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/p/piece-0/$"))
    ready(page)
    tab_to(page, "Add to basket")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/basket/$"))
    expect(page.locator("section.parcel")).to_have_count(1)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "path", ["/", "/c/ceramics/?colour=blue&colour=green", "/search/?q=piece", "/m/mo/", "/saved/"]
)
def test_every_stop_is_seen_and_in_order(open_page: OpenPage, path: str, width: int):
    page = open_page(width=width)
    page.goto(path)
    ready(page)

    met = stops(page)

    assert met[0]["words"] == "Skip to content"
    assert [stop["words"] for stop in met if not stop["isSeen"]] == []
    assert [stop["words"] for stop in met[1:] if not stop["isLater"]] == []


def test_sheet_opens_lets_go_and_gives_the_focus_back(open_page: OpenPage):
    page = open_page(width=390)
    page.goto("/c/ceramics/")
    ready(page)
    opener = page.get_by_role("button", name="Filter and sort")

    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#filters")).to_be_visible()
    tab_to(page, "Blue")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Show 1 piece")).to_be_visible()
    expect(page.get_by_label("Blue")).to_be_focused()
    expect(page.locator("#filters")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator("#filters")).to_be_hidden()
    expect(page.get_by_role("button", name="Filter and sort (1)")).to_be_focused()
