"""Engraved and made-to-order pieces, as a shopper and as their maker meet them."""

import re

import pytest
from playwright.sync_api import Page, expect

from catalog.models import Variant
from orders import services as orders
from orders.models import Order
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.second_factor import fresh_code
from tests.browser.test_purchase import go_to_pay
from tests.browser.watching import Watch
from tests.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def ring() -> Variant:
    """A ring of Mo that is engraved, and made when it is ordered."""
    mo = factories.user("mo@example.com", name="Mo Fonte")
    factories.totp(mo)
    piece = factories.made_to_order("ring", maker=factories.maker("mo", members=[mo]), per_week=5)
    factories.personal(piece, extra_cents=500)
    return piece


def add(page: Page, piece: Variant, engraving: str) -> None:
    page.goto(piece.product.url)
    page.get_by_label("Engraving", exact=True).fill(engraving)
    page.locator("#buy").get_by_role("button", name="Add to basket").click()


def see_parcel(page: Page, order: Order) -> None:
    """Sign in to the workshop, with a code, and open the order's parcel."""
    page.goto("/workshop/")
    page.get_by_label("Email").fill("mo@example.com")
    page.get_by_label("Password", exact=True).fill("pw")
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill(fresh_code(factories.TOTP_SECRET))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("^http://[^/]+/workshop/$"))
    page.goto(f"/workshop/orders/shipment/{order.shipments.get().pk}/change/")


@pytest.mark.parametrize(
    "javascript",
    [pytest.param(True, id="script"), pytest.param(False, id="no-script", marks=pytest.mark.long)],
)
def test_buy_two_engravings_as_two_lines(
    shop: Shop, open_page: OpenPage, watch: Watch, ring: Variant, javascript: bool
) -> None:
    page = open_page(javascript=javascript)
    watch.statuses.add(422)
    add(page, ring, "")
    field = page.get_by_label("Engraving", exact=True)
    expect(field).to_have_accessible_description(re.compile("tell the maker what to write"))
    expect(page.get_by_role("alert")).to_contain_text("Engraving: tell the maker what to write.")

    field.fill("Für Ada")
    page.get_by_role("button", name="Add to basket").click()
    add(page, ring, "Zé & Eve")

    expect(page.locator(".item .said b")).to_have_text(["Für Ada", "Zé & Eve"])
    expect(page.locator(".item").first).to_contain_text("Made for you, ships")
    go_to_pay(page)
    expect(page.locator(".said b")).to_have_text(["Für Ada", "Zé & Eve"])
    page.get_by_role("button", name=re.compile("^Order and pay")).click()
    expect(page).to_have_url(re.compile(f"^{shop.provider.url}/pay/"))
    page.get_by_role("button", name=re.compile("^Pay €")).click()
    expect(page).to_have_url(re.compile(f"^{shop.url}/order/"))
    expect(page.locator("#live .said b")).to_have_text(["Für Ada", "Zé & Eve"])

    shop.rest()
    maker = open_page(javascript=javascript)
    see_parcel(maker, Order.objects.get())
    shown = maker.locator(".engraving dd")
    expect(shown).to_have_text(["Für Ada", "Zé & Eve"])
    if javascript:
        assert shown.first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 28
    shop.audit()


def test_a_full_week_is_said_with_its_day(shop: Shop, open_page: OpenPage, ring: Variant) -> None:
    page = open_page()
    page.goto(ring.product.url)
    expect(page.locator(".buying")).to_contain_text("ships in 5 to 10 working days")
    raw = {ring.product.personal_fields.get().input_name: "Eve"}
    basket = orders.add_to_basket(None, sku=ring.sku, quantity=5, raw=raw)
    add(page, ring, "Ada")
    expect(page.locator(".said b")).to_have_text(["Ada"])

    factories.place(basket)
    page.reload()

    full = "week is full. Ordering opens again on Monday"
    expect(page.locator(".notice").first).to_contain_text(full)
    expect(page.get_by_role("link", name="Check out")).to_have_count(0)
