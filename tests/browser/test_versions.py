"""A maker says in a real browser what a piece comes in; its page in the shop shows it at once."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Maker
from catalog.models import Product
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.test_pieces import at_work, photos, send
from tests.catalog.writing import PIECES, drafted
from tests.shop import Shop

__all__ = ["photos"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


def name_option(page: Page, number: int, name: str, *values: str) -> None:
    option = page.get_by_role("group", name=f"Option {number}")
    option.get_by_label("What they differ in").fill(name)
    for place, value in enumerate(values):
        option.get_by_label("Value", exact=True).nth(place).fill(value)


@pytest.mark.parametrize("javascript", [True, False])
def test_size_and_glaze_are_set_and_shown_at_once(
    shop: Shop, open_page: OpenPage, mo: Maker, javascript: bool
):
    piece = factories.variant("mug", maker=mo).product
    page = at_work(open_page(javascript=javascript), shop, piece)

    page.get_by_role("link", name="It comes in several versions").click()
    name_option(page, 1, "Size", "S", "L")
    page.get_by_role("button", name="Show the combinations").click()
    name_option(page, 2, "Glaze", "Chalk", "Cobalt")
    page.get_by_role("button", name="Show the combinations").click()
    page.get_by_label("Set all prices to, €").fill("28")
    page.get_by_role("button", name="Fill in").click()
    page.get_by_role("row", name=re.compile("L, Cobalt")).get_by_role("textbox").nth(1).fill(
        "34,50"
    )
    page.get_by_role("row", name=re.compile("L, Chalk")).get_by_role("checkbox").first.uncheck()
    page.get_by_role("button", name="Save versions and prices").click()
    expect(page.get_by_text("Saved: shoppers see it now.")).to_be_visible()
    page.goto(piece.url)

    assert page.get_by_role("main").get_by_text("€28.00").count() > 0
    page.goto(piece.variants.get(price_cents=3450).url)
    expect(page.get_by_role("main").get_by_text("€34.50").first).to_be_visible()
    chosen = {tuple(sorted(each.options.values())) for each in Product.objects.get().sellable}
    assert chosen == {("Chalk", "S"), ("Cobalt", "S"), ("Cobalt", "L")}


def test_click_on_a_picture_says_what_a_crop_keeps(
    shop: Shop, open_page: OpenPage, mo: Maker, photos: list[object]
):
    piece = drafted(mo)
    page = at_work(open_page(), shop, piece)
    shots = send(page, photos[:1])  # type: ignore[arg-type]
    expect(shots).to_have_count(1, timeout=60_000)

    page.get_by_text("What a crop keeps").click()
    picture = page.locator("[data-focus-picture]")
    box = picture.bounding_box()
    assert box
    picture.click(position={"x": box["width"] * 0.2, "y": box["height"] * 0.8})
    page.get_by_role("button", name="Save pictures").last.click()
    expect(page.get_by_text("Pictures saved.")).to_be_visible()

    shown = piece.pictures.get()
    assert (round(shown.focus_x, -1), round(shown.focus_y, -1)) == (20, 80)
    page.goto(f"{PIECES}{piece.pk}/change/")
    assert page.locator("picture.fx-20.fy-80").count() == 2
