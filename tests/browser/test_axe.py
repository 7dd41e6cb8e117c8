"""axe-core finds nothing to say about any page, light or dark; none is wider than the screen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import HEIGHT, OpenPage
from tests.browser.test_widths import TURN, overflows
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
RUN = """async (asked) => {
    const found = await axe.run(document, {resultTypes: ["violations"], ...asked});
    return found.violations;
}"""
Scheme = Literal["light", "dark"]
Look = tuple[int, Scheme]
EVERY_LOOK: list[Look] = [(390, "dark"), (1280, "light"), (390, "light"), (1280, "dark")]
# The size of targets is asked for by WCAG 2.2 and off unless named. Dark is other tokens, which
# are colours and nothing else: tests/look/test_tokens.py.
RULES: dict[Scheme, dict[str, Any]] = {
    "light": {"rules": {"target-size": {"enabled": True}}},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}


def violations(page: Page, looks: Sequence[Look] = EVERY_LOOK) -> set[str]:
    """Ask axe about the page at these widths and in these schemes; it is left light and wide."""
    found = set()
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        found |= {f"{width} {scheme} {fault}" for fault in faults(page, scheme)}
    page.set_viewport_size({"width": 1280, "height": HEIGHT})
    page.emulate_media(color_scheme="light")
    return found


def faults(page: Page, scheme: Scheme, *, rules: dict[str, Any] | None = None) -> set[str]:
    """Ask axe about the page as wide as it is; gives rule, place and what it found there."""
    page.emulate_media(color_scheme=scheme)
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    asked = page.evaluate(RUN, rules or RULES[scheme])
    return {told(violation["id"], node) for violation in asked for node in violation["nodes"]}


def told(rule: str, node: dict[str, Any]) -> str:
    messages = [each["message"] for each in node["any"] + node["all"] + node["none"]]
    return f"{rule} at {node['target']}: {'; '.join(messages)}"


@pytest.mark.parametrize(
    ("looks", "direction"),
    [
        pytest.param(EVERY_LOOK[:2], "ltr", id="narrow-dark-wide-light"),
        pytest.param(EVERY_LOOK[2:], "ltr", id="narrow-light-wide-dark", marks=pytest.mark.long),
        pytest.param(EVERY_LOOK[1:3], "rtl", id="right-to-left", marks=pytest.mark.long),
    ],
)
def test_finds_no_violation_on_any_page(
    shop: Shop, open_page: OpenPage, watch: Watch, looks: Sequence[Look], direction: str
):
    watch.statuses = {404, 422}
    made = fill_shop(shop)
    # The policy of our pages lets no script in, axe's neither.
    page = open_page(bypass_csp=True)

    found = {}
    for name in walk(page, made):
        page.evaluate(TURN, direction)
        found[name] = violations(page, looks) | overflows(page)

    assert {name: told for name, told in found.items() if told} == {}
