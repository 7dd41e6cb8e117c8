"""No page is wider than the screen, either way round: nobody scrolls sideways to read."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import HEIGHT, OpenPage
from tests.browser.walk import fill_shop, walk
from tests.browser.watching import Watch
from tests.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.django_db(transaction=True),
]
WIDTHS = (320, 390, 1280)
# By how many pixels the page is too wide, and what reaches out of it at either side; hiding what
# reaches out does not count as fitting, unless it is decoration, or lies in a strip that scrolls.
TOO_WIDE = """() => {
    const hidden = "[aria-hidden=true], svg *, .vh, .vh *, .visually-hidden, .visually-hidden *";
    const seen = `body *:not(${hidden})`;
    const page = document.scrollingElement;
    const out = (it) => {
        const box = it.getBoundingClientRect();
        return box.width && (box.right > page.clientWidth + 1 || box.left < -1);
    };
    const scrolls = (it) => it && (["auto", "scroll"].includes(getComputedStyle(it).overflowX)
        || scrolls(it.parentElement));
    const reaching = [...document.querySelectorAll(seen)]
        .filter((it) => out(it) && it.checkVisibility() && !scrolls(it));
    const excess = page.scrollWidth - page.clientWidth;
    return excess > 0 || reaching.length
        ? `${excess} px: ${reaching.at(-1)?.outerHTML.slice(0, 160)}` : "";
}"""
TURN = "way => { document.documentElement.dir = way; }"


def overflows(page: Page) -> set[str]:
    """Give where the page scrolls sideways: at which width, which way round, because of what."""
    found = set()
    # Makers and operators read English or Portuguese.
    is_back_room = page.locator("body.back-room").count() > 0
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for way in ("ltr",) if is_back_room else ("rtl", "ltr"):
            page.evaluate(TURN, way)
            if told := page.evaluate(TOO_WIDE):
                found.add(f"{width} {way} {told}")
    return found


@pytest.mark.long
def test_no_portuguese_page_is_wider_than_the_screen(shop: Shop, open_page: OpenPage, watch: Watch):
    watch.statuses = {404, 422}
    made = fill_shop(shop)
    page = open_page()

    found = {name: overflows(page) for name in walk(page, made, prefix="/pt")}

    assert {name: told for name, told in found.items() if told} == {}
