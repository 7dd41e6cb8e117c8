"""From a stranger to a first sale, in a real browser: apply, be approved, list a piece, ship it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Maker, User
from orders.models import Shipment
from tests import factories
from tests.accounts.mailbox import CODE
from tests.browser.conftest import PATIENCE_MS, OpenPage
from tests.browser.second_factor import fresh_code
from tests.browser.test_purchase import add, go_to_pay, order_and_pay
from tests.browser.watching import Watch
from tests.catalog.writing import image
from tests.shop import Shop
from tests.stand_ins import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
EMAIL = "ines@example.com"
PASSWORD = "three blue bowls in a row"
STORY = (
    "I throw bowls and mugs in the old bakery of Redondo, and fire twice a month with olive wood."
)
DESK_KEY = "KRUGKIDROVUWG2ZAMJZG653OEBTG66BA"


@pytest.fixture
def operator(shop: Shop) -> User:
    """An operator with an authenticator app, and the shelf a new piece goes on."""
    factories.category("ceramics")
    person = factories.operator("moderator")
    factories.totp(person, DESK_KEY)
    return person


def newest_code(shop: Shop, email: str) -> str:
    """Wait for the mail with a code; give the code."""
    found: list[str] = []

    def has_come() -> bool:
        texts = [mail["text"] for mail in shop.inbox.mails() if email in mail["to"]]
        found.extend(code.group() for code in map(CODE.search, texts) if code)
        return bool(found)

    wait_until(has_come, what="a code by mail")
    return found[-1]


def said(shop: Shop, subject: str) -> bool:
    return any(subject in mail["subject"] for mail in shop.inbox.mails())


def open_account(page: Page, shop: Shop) -> None:
    page.goto("/sell/")
    page.locator("main").get_by_role("link", name=re.compile("^Apply")).first.click()
    page.get_by_role("link", name="Open an account").click()
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name (optional)").fill("Inês Salgueiro")
    page.get_by_label(re.compile("^I agree")).check()
    page.get_by_role("button", name="Open an account").click()
    page.get_by_label("Code").fill(newest_code(shop, EMAIL))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Apply to sell")).to_be_visible()


def apply(page: Page) -> None:
    page.get_by_label("Name of your shop").fill("Olaria Salgueiro")
    page.get_by_label("Your first name").fill("Inês")
    page.get_by_label("Craft", exact=True).select_option("ceramics")
    page.get_by_label("Where you work").fill("Redondo, Alentejo")
    page.get_by_label("What do you make?").fill("Mugs and bowls for every day.")
    page.get_by_role("button", name="Go on to the checklist").click()


def set_up_second_factor(page: Page) -> str:
    """Confirm the password, then set up an authenticator app as the page asks; give its key."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    key = re.sub(r"\s", "", page.locator("[data-totp-key], code, .key").first.inner_text())
    page.get_by_label("Code").fill(fresh_code(key))
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_text("The authenticator app is set up.")).to_be_visible()
    return key


def fill_in_the_checklist(page: Page) -> None:
    page.goto("/workshop/shop/")
    page.get_by_label("Your story", exact=True).fill(STORY)
    page.get_by_role("button", name="Save the words").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto("/workshop/seller/")
    page.get_by_label("Legal name").fill("Inês Salgueiro, Unipessoal Lda.")
    page.get_by_label("Address", exact=True).fill("Rua do Forno 3, 7170-011 Redondo")
    page.get_by_label(re.compile("^Tax number", re.I)).fill("501964843")
    page.get_by_role("button", name="Save").click()
    page.goto("/workshop/delivery/")
    page.get_by_label("Delivery in Portugal, euros a parcel").fill("4.50")
    page.get_by_role("button", name="Save").click()


def draft_a_piece(page: Page, photo: Path) -> None:
    page.goto("/workshop/catalog/product/add/")
    page.get_by_label("Title", exact=True).fill("Speckled bowl")
    page.get_by_label("Description", exact=True).fill("Thrown, dipped once, 16 cm wide.")
    page.get_by_label("Category").select_option(index=1)
    page.get_by_label("Price, €").first.fill("34.00")
    page.get_by_label("Ready to post").first.fill("3")
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_label("Add pictures").set_input_files([photo])
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-shot] img").first).to_be_visible(timeout=4 * PATIENCE_MS)
    page.get_by_role("textbox", name="What it shows", exact=True).fill("A speckled bowl on a table")
    page.get_by_role("button", name="Save pictures").last.click()
    expect(page.get_by_text("Pictures saved.")).to_be_visible()


def at_the_desk(page: Page, operator: User) -> None:
    page.goto("/admin/moderation/")
    page.get_by_label("Email").fill(operator.email)
    page.get_by_label("Password", exact=True).fill("pw")
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill(fresh_code(DESK_KEY))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/admin/moderation/$"))


def decide(page: Page, thing: str, decision: str, *, why: str = "") -> None:
    """Open what waits in the queue and decide on it."""
    page.goto("/admin/moderation/")
    page.get_by_role("link", name=thing).first.click()
    if why:
        page.get_by_label("Reason").fill(why)
    page.get_by_role("button", name=decision, exact=True).click()


def test_stranger_becomes_a_maker_and_ships_a_first_parcel(
    shop: Shop, open_page: OpenPage, watch: Watch, operator: User, tmp_path: Path
):
    watch.statuses.add(404)  # what nobody has approved yet
    photo = tmp_path / "bowl.jpg"
    photo.write_bytes(image("JPEG", (1200, 1500)))
    hers, desk, guest = open_page(), open_page(), open_page()

    open_account(hers, shop)
    apply(hers)
    set_up_second_factor(hers)
    fill_in_the_checklist(hers)
    draft_a_piece(hers, photo)
    hers.goto("/workshop/")
    hers.get_by_role("button", name="Send the application in").click()
    assert Maker.objects.get().status == Maker.SUBMITTED

    at_the_desk(desk, operator)
    decide(desk, "Olaria Salgueiro", "Reject", why="Tell us a little more about your kiln, please.")
    wait_until(lambda: said(shop, "Not accepted yet"), what="the mail with the reason")
    hers.goto("/workshop/")
    expect(hers.get_by_text("Tell us a little more about your kiln, please.")).to_be_visible()
    hers.get_by_role("button", name="Send the application in").click()
    decide(desk, "Olaria Salgueiro", "Approve")
    wait_until(lambda: said(shop, "Accepted: Olaria Salgueiro"), what="the mail of welcome")

    hers.goto("/workshop/catalog/product/")
    hers.get_by_role("link", name="Speckled bowl").first.click()
    hers.get_by_role("button", name="Send to review").click()
    assert guest.goto("/p/speckled-bowl/").status == 404  # type: ignore[union-attr]
    decide(desk, "Speckled bowl", "Approve")
    wait_until(lambda: said(shop, "On sale: Speckled bowl"), what="the mail that it is on sale")

    buy(guest, shop)
    wait_until(lambda: Shipment.objects.filter(status=Shipment.NEW).exists(), what="payment")
    ship(hers)
    expect(guest.locator(".parcel .pill")).to_have_text(["Delivered"], timeout=4 * PATIENCE_MS)


def buy(page: Page, shop: Shop) -> None:
    variant = Maker.objects.get().products.get().variants.get()
    add(page, variant)
    go_to_pay(page)
    order_and_pay(page, shop)


def ship(page: Page) -> None:
    page.goto("/workshop/")
    expect(page.get_by_text("1 parcel to pack.")).to_be_visible()
    page.goto("/workshop/orders/shipment/")
    for action, words in (("accept", "is being packed"), ("ship", "is posted")):
        page.locator("input[name=_selected_action]").check()
        page.locator("select[name=action]").select_option(action)
        page.locator("button[name=index]").click()
        expect(page.get_by_text(f"1 parcel {words}")).to_be_visible()
