"""No page is wider than the screen: nobody scrolls sideways to read."""

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
# By how many pixels the page is too wide, and what reaches out of it; hiding what reaches out
# does not count as fitting, unless it is decoration, or lies in a strip that scrolls.
TOO_WIDE = """() => {
    const seen = "body *:not([aria-hidden=true], svg *, .visually-hidden *)";
    const page = document.scrollingElement;
    const out = (it) => it.getBoundingClientRect().right > page.clientWidth + 1;
    const scrolls = (it) => it && (["auto", "scroll"].includes(getComputedStyle(it).overflowX)
        || scrolls(it.parentElement));
    const reaching = [...document.querySelectorAll(seen)]
        .filter((it) => out(it) && it.checkVisibility() && !scrolls(it));
    const excess = page.scrollWidth - page.clientWidth;
    return excess > 0 || reaching.length
        ? `${excess} px: ${reaching.at(-1)?.outerHTML.slice(0, 160)}` : "";
}"""


def overflows(page: Page) -> dict[int, str]:
    """Give, for each width at which the page scrolls sideways, by how much and because of what."""
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if told := page.evaluate(TOO_WIDE):
            found[width] = told
    return found


@pytest.mark.parametrize("prefix", ["", "/pt"], ids=["en", "pt"])
def test_no_page_is_wider_than_the_screen(
    shop: Shop, open_page: OpenPage, watch: Watch, prefix: str
):
    watch.statuses = {404, 422}
    made = fill_shop(shop)
    page = open_page()

    found = {name: overflows(page) for name in walk(page, made, prefix=prefix)}

    assert {name: told for name, told in found.items() if told} == {}
