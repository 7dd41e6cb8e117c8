"""axe finds nothing to say about the back rooms and an account, and no page of them is too wide."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import HEIGHT, OpenPage
from tests.browser.rooms import furnish
from tests.browser.test_axe import RULES, Scheme, faults
from tests.browser.test_widths import TOO_WIDE
from tests.browser.walk import fill_shop
from tests.browser.watching import Watch
from tests.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.django_db(transaction=True),
]
NARROWEST, NARROW, WIDE = 320, 390, 1280
EVERY_DAY: dict[int, Scheme] = {NARROW: "dark", WIDE: "light"}
AT_LENGTH: dict[int, Scheme] = {NARROW: "light", WIDE: "dark"}


def problems(page: Page, looks: dict[int, Scheme]) -> set[str]:
    """Give what axe says of the page in each look, and how far it is too wide when narrow."""
    found = set()
    for width, scheme in looks.items():
        page.set_viewport_size({"width": width, "height": HEIGHT})
        seen = faults(page, scheme, rules=RULES["light"])
        found |= {f"{width} {scheme} {fault}" for fault in seen}
    page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
    found |= {wide for wide in [page.evaluate(TOO_WIDE)] if wide}
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    return found


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param(EVERY_DAY, id="narrow-dark-wide-light", marks=pytest.mark.long),
        pytest.param(AT_LENGTH, id="narrow-light-wide-dark", marks=pytest.mark.long),
    ],
)
def test_finds_no_fault_with_any_room(
    shop: Shop, open_page: OpenPage, watch: Watch, looks: dict[int, Scheme]
):
    watch.statuses = {422, 429}
    rooms = furnish(shop, fill_shop(shop))
    # The policy of our pages lets no script in, axe's neither.
    page = open_page(bypass_csp=True)

    found = {name: problems(page, looks) for name in rooms.walk(page)}

    assert {name: told for name, told in found.items() if told} == {}
