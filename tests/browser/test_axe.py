"""axe-core finds nothing to say about any page, light or dark, wide or narrow."""

from pathlib import Path
from typing import Any

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
AXE = Path(__file__).with_name("axe.min.js")
# The size of targets is asked for by WCAG 2.2 and off unless named.
RUN = """async () => (await axe.run(document, {
    resultTypes: ["violations"], rules: {"target-size": {enabled: true}},
})).violations"""
WIDTHS = (390, 1280)


def violations(page: Page) -> set[str]:
    """Ask axe about the page at each width; gives rule, place and what it found there."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    found = set()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for violation in page.evaluate(RUN):
            found |= {f"{width} {told(violation['id'], node)}" for node in violation["nodes"]}
    return found


def told(rule: str, node: dict[str, Any]) -> str:
    messages = [each["message"] for each in node["any"] + node["all"] + node["none"]]
    return f"{rule} at {node['target']}: {'; '.join(messages)}"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_finds_no_violation_on_any_page(shop: Shop, open_page: OpenPage, watch: Watch, dark: bool):
    watch.statuses = {404, 422}
    made = fill_shop(shop)
    # The policy of our pages lets no script in, axe's neither.
    page = open_page(dark=dark, bypass_csp=True)

    found = {name: violations(page) for name in walk(page, made)}

    assert {name: told for name, told in found.items() if told} == {}
