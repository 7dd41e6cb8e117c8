"""Saving as a guest and signing in, following, and one mail for what is back, in a browser."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from catalog import services as catalog
from catalog.models import Variant
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.watching import Watch
from tests.shop import Shop
from tests.stand_ins import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
PASSWORD = "a-password-of-ada-2026"


@pytest.fixture
def ada_at_home() -> User:
    """Ada, with one piece saved in her account."""
    user = factories.user("ada@example.com", name="Ada Martins")
    user.set_password(PASSWORD)
    user.save()
    catalog.save_piece(None, factories.variant("vase").product, user=user, at=timezone.now())
    return user


@pytest.fixture
def mug(mo) -> Variant:
    return factories.variant("mug", maker=mo)


def sign_in(page: Page) -> None:
    page.locator("input[name=login]").fill("ada@example.com")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form:has(input[name=password]) button").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_guest_saves_signs_in_and_finds_both(
    shop: Shop, open_page: OpenPage, watch: Watch, ada_at_home: User, mug: Variant, javascript: bool
):
    page = open_page(javascript=javascript)
    page.goto("/m/mo/")
    if javascript:
        expect(page.locator("nav.acts[data-saved]")).to_be_attached()

    page.get_by_role("button", name="Save Mug").click()
    expect(page.locator("#said" if javascript else "#saved")).to_be_visible()
    page.goto("/saved/")
    page.locator("main").get_by_role("link", name="Sign in").click()
    sign_in(page)

    expect(page).to_have_url(re.compile("/saved/$"))
    expect(page.get_by_text("1 piece you saved before signing in is here too.")).to_be_visible()
    expect(page.locator(".card")).to_have_count(2)


def test_heart_is_marked_on_every_page_and_taken_back(
    shop: Shop, open_page: OpenPage, watch: Watch, mug: Variant
):
    page = open_page()
    page.goto("/m/mo/")
    page.locator(".heart button[aria-pressed=false]").click()
    expect(page.get_by_role("link", name="Saved 1 piece")).to_be_visible()

    page.goto("/p/mug/")
    heart = page.locator("#heart button")
    expect(heart).to_have_attribute("aria-pressed", "true")
    heart.click()

    expect(heart).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#said")).to_have_text("No longer saved: Mug")
    expect(page.locator("nav.acts .badge")).to_have_count(0)


def test_guest_follows_only_after_signing_in(
    shop: Shop, open_page: OpenPage, watch: Watch, ada_at_home: User, mug: Variant
):
    page = open_page()
    page.goto("/m/mo/")
    expect(page.locator("nav.acts[data-saved]")).to_be_attached()

    page.get_by_role("button", name="Follow Mo").click()
    sign_in(page)
    expect(page).to_have_url(re.compile("/m/mo/$"))
    expect(page.locator("nav.acts[data-follows]")).to_be_attached()
    page.get_by_role("button", name="Follow Mo").click()

    expect(page.get_by_role("button", name="You follow Mo")).to_be_visible()
    wait_until(lambda: list(ada_at_home.follows.values_list("maker__slug", flat=True)) == ["mo"])


@pytest.mark.parametrize("javascript", [True, False])
def test_alert_mail_arrives_once(
    shop: Shop, open_page: OpenPage, watch: Watch, mo, javascript: bool
):
    bowl = factories.variant("bowl", stock=0, maker=mo)
    page = open_page(javascript=javascript)
    page.goto("/p/bowl/")
    page.get_by_label("Tell me when it is back").fill("eve@example.com")
    page.get_by_role("button", name="Tell me").click()
    expect(page.get_by_text("We write to you once, as soon as it is back.")).to_be_visible()

    for reference in ("first", "second"):
        catalog.receive_stock(bowl, 1, reference=reference, at=timezone.now())
    shop.rest()

    [mail] = shop.inbox.mails(to="eve@example.com")
    link = re.search(r"http://\S+/p/bowl/\S*", mail["text"])
    assert link
    page.goto(link[0])
    expect(page.get_by_role("button", name="Add to basket").first).to_be_visible()
