"""Writing a review with stars and a picture, through the order's link, in a browser."""

import re
from io import BytesIO

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from catalog.models import Review
from orders import services as orders
from orders.models import Order, Shipment
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.watching import Watch
from tests.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def arrived() -> Order:
    """A guest's order of one mug of Mo's, which has arrived."""
    made = factories.order((factories.variant("mug", maker=factories.maker("mo")), 1))
    orders.mark_paid(made.pk, at=timezone.now())
    made.shipments.update(status=Shipment.DELIVERED)
    made.refresh_from_db()
    return made


@pytest.fixture
def photo() -> FilePayload:
    file = BytesIO()
    Image.new("RGB", (900, 600), "teal").save(file, "JPEG")
    return {"name": "mug.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def rate(page: Page, legend: str, stars: int) -> None:
    choice = page.get_by_role("group", name=legend)
    choice.locator("label").nth(stars - 1).click()
    expect(choice.get_by_role("radio").nth(stars - 1)).to_be_checked()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_write_a_review_with_a_picture(
    shop: Shop, open_page: OpenPage, watch: Watch, arrived: Order, photo: FilePayload,
    javascript: bool,
) -> None:  # fmt: skip
    page = open_page(javascript=javascript)
    watch.statuses.add(422)
    page.goto(f"/order/{arrived.token}/")
    page.get_by_role("link", name="Write a review").click()
    page.get_by_label("Your review").fill("I use it each day.")
    page.get_by_role("button", name="Publish the review").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose one to five stars")
    assert not Review.objects.exists()

    rate(page, "How do you like the piece?", 5)
    rate(page, "How did the maker sell, pack and post it?", 4)
    page.get_by_label("Pictures").set_input_files([photo])
    page.get_by_role("button", name="Publish the review").click()
    expect(page.get_by_text("Your review is published.")).to_be_visible()
    shop.rest()

    page.get_by_role("link", name="See it on the piece's page").click()
    expect(page).to_have_url(re.compile("/p/mug/"))
    page.reload()
    review = page.locator("article.review")
    expect(review).to_contain_text("I use it each day.")
    expect(review).to_contain_text("bought this piece")
    shown = review.get_by_role("img", name=re.compile("^Picture 1 by "))
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.naturalWidth") > 0


def test_stars_are_chosen_with_arrow_keys(
    shop: Shop, open_page: OpenPage, watch: Watch, arrived: Order
) -> None:
    page = open_page(dark=True, width=390)
    page.goto(f"/order/{arrived.token}/review/{arrived.lines.get().pk}/")
    stars = page.get_by_role("group", name="How do you like the piece?").get_by_role("radio")

    stars.first.focus()
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowRight")

    expect(stars.nth(3)).to_be_checked()
    icons = stars.locator("xpath=..").locator("svg")
    colours = [icon.evaluate("e => getComputedStyle(e).color") for icon in icons.all()]
    assert len(set(colours[:4])) == 1
    assert colours[4] not in colours[:4]
