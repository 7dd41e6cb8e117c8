"""The shop's main job in a real browser: from a piece to a delivered parcel."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Maker
from catalog.models import Variant
from orders.models import Order, Shipment
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.second_factor import fresh_code
from tests.browser.watching import Watch
from tests.shop import Shop
from tests.stand_ins import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
ADDRESS = {
    "Email": "ada@example.com",
    "Full name": "Ada Martins",
    "Street and number": "Rua da Esperança 41",
    "Postcode": "1200-655",
    "Town or city": "Lisboa",
}
SECONDS = 1000
# Each maker's authenticator app, so that neither waits for the other's next code.
APPS = {"mo": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "rui": "KRUGKIDROVUWG2ZAMJZG653OEBTG66BA"}
# Booked, carried and delivered by the carrier, and asked for by the page every four seconds.
DELIVERY_MS = 40 * SECONDS
# Both in one go, faster than any answer.
CHANGE_COUNTRY_AND_REMOVE = """() => {
    const country = document.querySelector("#country");
    country.value = "DE";
    country.dispatchEvent(new Event("change", {bubbles: true}));
    document.querySelector("form[action$='/basket/remove/'] button").click();
}"""
LINK = re.compile(r"http://\S+/order/\S+")


@pytest.fixture
def pieces() -> list[Variant]:
    """A mug of Mo and a soap of Rui, each with a workshop to sign in to."""
    made = []
    for name, craft in (("mo", "ceramics"), ("rui", "soap")):
        member = factories.user(f"{name}@example.com", name=name.title())
        factories.totp(member, APPS[name])
        workshop = factories.maker(name, members=[member], craft=craft)
        made.append(factories.variant(f"{name}-piece", maker=workshop, price_cents=2400))
    return made


def add(page: Page, piece: Variant) -> None:
    page.goto(piece.product.url)
    page.locator("#buy").get_by_role("button", name="Add to basket").click()
    expect(page).to_have_url(re.compile(r"/basket/$"))


def go_to_pay(page: Page) -> None:
    """Walk through checkout as a guest, from the basket to its last page."""
    page.get_by_role("link", name="Check out").click()
    for label, value in ADDRESS.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Continue to delivery").click()
    expect(page.get_by_role("heading", name="How should it travel?")).to_be_visible()
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_role("heading", name="Check and pay")).to_be_visible()


def order_and_pay(page: Page, shop: Shop) -> None:
    """Order; be refused by the bank once, stay on the payment page, then pay."""
    page.get_by_role("button", name=re.compile("^Order and pay")).click()
    expect(page).to_have_url(re.compile(f"^{shop.provider.url}/pay/"))
    page.get_by_role("button", name="Pay with a card that is declined").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    expect(page).to_have_url(re.compile(f"^{shop.provider.url}/pay/"))
    page.get_by_role("button", name=re.compile("^Pay €")).click()
    expect(page).to_have_url(re.compile(f"^{shop.url}/order/"))


def post_parcels(page: Page, maker: Maker) -> None:
    """Sign in to the workshop, with a code, and mark its parcels as accepted, then as posted."""
    page.goto("/workshop/")
    page.get_by_label("Email").fill(f"{maker.slug}@example.com")
    page.get_by_label("Password", exact=True).fill("pw")
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill(fresh_code(APPS[maker.slug]))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("^http://[^/]+/workshop/$"))
    page.goto("/workshop/orders/shipment/")
    for action, said in (("accept", "is being packed"), ("ship", "is posted")):
        expect(page.locator("input[name=_selected_action]")).to_have_count(1)
        page.locator("input[name=_selected_action]").check()
        page.locator("select[name=action]").select_option(action)
        page.locator("button[name=index]").click()
        expect(page.get_by_text(f"1 parcel {said}")).to_be_visible()


def all_delivered() -> bool:
    return not Shipment.objects.exclude(status=Shipment.DELIVERED).exists()


def expect_delivered(page: Page) -> None:
    expect(page.locator(".parcel .pill")).to_have_text(["Delivered"] * 2, timeout=DELIVERY_MS)


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_guest_buys_from_two_makers_and_sees_delivered(
    shop: Shop, open_page: OpenPage, pieces: list[Variant], javascript: bool
):
    page = open_page(javascript=javascript)
    for piece in pieces:
        add(page, piece)
    expect(page.locator("section.parcel")).to_have_count(2)
    go_to_pay(page)
    order_and_pay(page, shop)
    shop.rest()

    for piece in pieces:
        post_parcels(open_page(javascript=javascript), piece.product.maker)
    if javascript:
        # A mark that only this very document carries: a reload would lose it.
        page.evaluate("document.body.dataset.kept = 'yes'")
        expect_delivered(page)
        assert page.evaluate("document.body.dataset.kept") == "yes"
    wait_until(all_delivered, seconds=DELIVERY_MS / SECONDS, what="delivered")
    if not javascript:
        page.reload()
        expect_delivered(page)

    shop.rest()
    assert Order.objects.get().status == "paid"
    assert len(shop.inbox.mails(to="mo@example.com")) == 1
    subjects = [mail["subject"] for mail in shop.inbox.mails(to="ada@example.com")]
    assert len(subjects) == 5, subjects
    shop.audit()


def test_link_of_the_mail_opens_the_order_in_a_fresh_browser(
    shop: Shop, open_page: OpenPage, pieces: list[Variant]
):
    page = open_page()
    add(page, pieces[0])
    go_to_pay(page)
    order_and_pay(page, shop)
    shop.rest()

    (mail,) = shop.inbox.mails(to="ada@example.com")
    stranger = open_page()
    stranger.goto(LINK.search(mail["text"])[0])

    expect(stranger.get_by_text(Order.objects.get().number).first).to_be_visible()
    expect(stranger.locator(".receipt")).to_contain_text("Ada Martins")


def test_keyboard_alone_adds_to_the_basket(open_page: OpenPage, pieces: list[Variant]):
    page = open_page()
    page.goto(pieces[0].product.url)

    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    button = page.locator("#buy").get_by_role("button", name="Add to basket")
    for _step in range(20):
        page.keyboard.press("Tab")
        if button.evaluate("it => it === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/basket/$"))
    expect(page.locator("section.parcel")).to_have_count(1)
    expect(page.locator("nav.acts .badge")).to_have_text("1")


def test_basket_changes_in_place_and_removal_can_be_undone(
    open_page: OpenPage, pieces: list[Variant]
):
    page = open_page(width=390)
    add(page, pieces[0])
    page.evaluate("document.body.dataset.kept = 'yes'")

    page.get_by_role("button", name="One more").click()
    expect(page.locator(".item-price .price")).to_have_text("€48.00")
    expect(page.locator("nav.acts .badge")).to_have_text("2")
    page.locator("#country").select_option("DE")
    expect(page.locator(".parcel footer .price")).to_have_text("€12.00")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="Your basket is empty")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".item-price .price")).to_have_text("€48.00")

    assert page.evaluate("document.body.dataset.kept") == "yes"


def test_last_of_two_quick_changes_is_what_the_basket_shows(
    open_page: OpenPage, pieces: list[Variant]
):
    page = open_page()
    add(page, pieces[0])

    page.evaluate(CHANGE_COUNTRY_AND_REMOVE)

    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_wrong_address_is_said_beside_the_field(
    open_page: OpenPage, watch: Watch, pieces: list[Variant]
):
    watch.statuses = {422}
    page = open_page()
    add(page, pieces[0])
    page.get_by_role("link", name="Check out").click()

    page.get_by_label("Email", exact=True).fill("ada")
    page.get_by_role("button", name="Continue to delivery").click()

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Enter an email address").click()
    expect(page.get_by_label("Email", exact=True)).to_be_focused()
    expect(page.get_by_label("Email", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Email", exact=True)).to_have_value("ada")
