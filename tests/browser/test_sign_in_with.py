"""Signing in by the certified issuer in a real browser, with the content policy on."""

import re
from collections.abc import Iterator

import pytest
from allauth.socialaccount.models import SocialAccount
from playwright.sync_api import Page, expect

from accounts.models import User
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.watching import Watch
from tests.oidc.certified import Certified
from tests.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
CONTINUE = "Continue with Amazon Cognito"
CALLBACK = "/accounts/oidc/cognito/login/callback/"


@pytest.fixture(scope="module")
def issuer(running_shop: Shop) -> Iterator[Certified]:
    running = Certified(running_shop.url + CALLBACK)
    running.start()
    yield running
    running.kill()


@pytest.fixture(autouse=True)
def pool(issuer: Certified, monkeypatch: pytest.MonkeyPatch) -> Certified:
    """Give the issuer, as the pool that the shop, when it starts, is known to."""
    for name, value in issuer.environment().items():
        monkeypatch.setenv(name, value)
    return issuer


def be(page: Page, pool: Certified, name: str) -> None:
    """Press the shop's button, and log in at the issuer as this person."""
    page.goto("/accounts/login/")
    page.get_by_role("button", name=CONTINUE).click()
    expect(page).to_have_url(re.compile(f"^{pool.url}/"))
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Log in").click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    # By way of the pool, if that has let them in.
    expect(page).to_have_url(re.compile(r"^http://localhost:\d+/$"))
    page.goto("/account/security/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def is_in(page: Page, pool: Certified) -> None:
    """See that the page about one's account opens, and whose it is connected with."""
    page.goto("/account/security/")
    expect(page.get_by_role("heading", name="Sign in with another account")).to_be_visible()
    expect(page.get_by_role("button", name="Disconnect")).to_have_count(1)


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_join_by_the_pool_and_come_again(
    shop: Shop, open_page: OpenPage, pool: Certified, javascript: bool
):
    page = open_page(javascript=javascript)

    be(page, pool, "nia")
    expect(page).to_have_url(f"{shop.url}/")
    is_in(page, pool)
    sign_out(page)
    page.goto("/accounts/login/?next=/basket/")
    # The issuer still knows the browser: one press leads there and back.
    page.get_by_role("button", name=CONTINUE).click()

    expect(page).to_have_url(f"{shop.url}/basket/")
    is_in(page, pool)
    person = User.objects.get()
    assert (person.email, person.name) == ("nia@example.com", "Nia")
    assert SocialAccount.objects.get().user == person


def test_account_is_connected_after_proof_of_both(
    open_page: OpenPage, watch: Watch, pool: Certified
):
    ada = factories.user("ada@example.com", name="Ada Martins")
    watch.statuses = {409}
    page = open_page()

    be(page, pool, "ada")
    expect(page.get_by_role("heading", name="You have an account here already")).to_be_visible()
    page.get_by_role("link", name="Sign in the usual way").click()
    page.get_by_label("Email").fill(ada.email)
    page.get_by_label("Password", exact=True).fill("pw")
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Connect Amazon Cognito").click()
    page.get_by_label("Password", exact=True).fill("pw")
    page.locator("main form").get_by_role("button").first.click()
    expect(page.get_by_text("Connected. From now on you can sign in that way.")).to_be_visible()
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name=CONTINUE).click()

    is_in(page, pool)
    assert SocialAccount.objects.get().user == ada
    assert list(User.objects.all()) == [ada]
