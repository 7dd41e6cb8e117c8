"""axe finds nothing to say about the back rooms and an account, and no page of them is too wide."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import HEIGHT, OpenPage
from tests.browser.rooms import furnish
from tests.browser.test_axe import AXE, RUN, told
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
# Each look is (width, dark).
EVERY_DAY = ((NARROW, True), (WIDE, False))
AT_LENGTH = ((NARROW, False), (WIDE, True))


def problems(page: Page, width: int) -> set[str]:
    """Give what axe says of the page as it is, and of a narrow page how far it is too wide."""
    page.add_script_tag(path=AXE)
    found = {told(rule["id"], node) for rule in page.evaluate(RUN) for node in rule["nodes"]}
    if width == NARROW:
        page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
        found |= {wide for wide in [page.evaluate(TOO_WIDE)] if wide}
        page.set_viewport_size({"width": width, "height": HEIGHT})
    return found


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param(EVERY_DAY, id="narrow-dark-wide-light"),
        pytest.param(AT_LENGTH, id="narrow-light-wide-dark", marks=pytest.mark.long),
    ],
)
def test_finds_no_fault_with_any_room(
    shop: Shop, open_page: OpenPage, watch: Watch, looks: tuple[tuple[int, bool], ...]
):
    watch.statuses = {422, 429}
    rooms = furnish(shop, fill_shop(shop))

    found = {}
    for width, dark in looks:
        # The policy of our pages lets no script in, axe's neither.
        page = open_page(dark=dark, width=width, bypass_csp=True)
        for name in rooms.walk(page):
            found[f"{width} {name}"] = problems(page, width)

    assert {name: told for name, told in found.items() if told} == {}
