"""Passkeys in a real browser, whose authenticator is Chromium's own stand-in for one."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import CDPSession, Page, expect

from accounts.models import User
from makers_market.core.models import AuditEntry
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.second_factor import fresh_code
from tests.browser.watching import Watch
from tests.factories import TOTP_SECRET

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
IN_WORKSHOP = re.compile("^http://[^/]+/workshop/$")
# A phone or laptop with a fingerprint reader: it keeps passkeys and checks who touches it.
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def mo_s(open_page: OpenPage) -> tuple[Page, CDPSession, str]:
    """Give Mo's browser with a device that keeps passkeys; he has a workshop and no factor."""
    factories.maker("mo", members=[factories.user("mo@example.com", name="Mo")])
    page = open_page()
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    made = device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return page, device, made["authenticatorId"]


def sign_in(page: Page) -> None:
    page.get_by_label("Email").fill("mo@example.com")
    page.get_by_label("Password", exact=True).fill("pw")
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()


def confirm(page: Page) -> None:
    """Enter the password again, as sensitive pages ask."""
    page.get_by_label("Password", exact=True).fill("pw")
    page.get_by_role("button", name="Confirm").click()


def add_passkey(page: Page, name: str = "Phone") -> None:
    """Sign in at the workshop's door and set up a passkey where an app is proposed."""
    page.goto("/workshop/")
    sign_in(page)
    confirm(page)
    page.get_by_role("link", name="Use a passkey instead").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make the passkey").click()


def test_passkey_is_made_and_signs_in_to_the_workshop_by_itself(
    mo_s: tuple[Page, CDPSession, str],
):
    page, device, authenticator = mo_s

    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them, go on").click()
    expect(page).to_have_url(IN_WORKSHOP)
    kept = device.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
    page.context.clear_cookies()
    page.goto("/workshop/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page).to_have_url(IN_WORKSHOP)
    assert [each["isResidentCredential"] for each in kept["credentials"]] == [True]
    assert Authenticator.objects.get(type="webauthn").wrap().name == "Phone"
    added = AuditEntry.objects.filter(action="factor.added").values_list("changes", flat=True)
    assert {"factor": ["", "passkey"]} in list(added)


def test_passkey_stands_in_for_the_code_and_is_renamed_and_removed(
    mo_s: tuple[Page, CDPSession, str],
):
    page, _device, _id = mo_s
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()

    page.goto("/accounts/login/?next=/account/security/")
    sign_in(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page).to_have_url(re.compile("^http://[^/]+/account/security/$"))
    page.get_by_role("link", name="Rename").click()
    confirm(page)
    page.get_by_label("Name").fill("Work phone")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_text("Work phone", exact=True).first).to_be_visible()
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()

    assert not Authenticator.objects.exists()
    page.goto("/workshop/")
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()


def test_passkey_that_does_not_check_the_person_is_refused(mo_s: tuple[Page, CDPSession, str]):
    page, device, authenticator = mo_s
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    verified = {"authenticatorId": authenticator, "isUserVerified": False}
    device.send("WebAuthn.setUserVerified", verified)

    page.goto("/accounts/login/?next=/workshop/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_text("The passkey was not used.")).to_be_visible()
    page.goto("/workshop/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_passkey_answer_cannot_be_played_again(mo_s: tuple[Page, CDPSession, str]):
    page, _device, _id = mo_s
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/workshop/")
    with page.expect_request(lambda asked: asked.method == "POST") as answered:
        page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(IN_WORKSHOP)
    sent = answered.value

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.evaluate("fetch('/accounts/2fa/webauthn/login/', {headers: {Accept: 'application/json'}})")
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    form = re.sub("csrfmiddlewaretoken=[^&]*", f"csrfmiddlewaretoken={token}", sent.post_data)
    answer = page.request.post(
        sent.url, data=form,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": origin(page)},
    )  # fmt: skip

    assert answer.url.endswith("/accounts/login/")
    page.goto("/workshop/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def origin(page: Page) -> str:
    return str(page.evaluate("location.origin"))


def test_app_is_set_up_without_script_and_opens_the_desk(open_page: OpenPage, watch: Watch):
    boss = factories.operator()
    page = open_page(javascript=False)
    page.goto("/admin/")
    page.get_by_label("Email").fill(boss.email)
    page.get_by_label("Password", exact=True).fill("pw")
    page.locator("main").get_by_role("button", name="Sign in", exact=True).click()
    confirm(page)

    secret = page.locator(".secret").inner_text()
    expect(page.locator("img.qr")).to_be_visible()
    page.get_by_label("Code that the app shows").fill(fresh_code(secret))
    page.get_by_role("button", name="Set it up").click()
    page.get_by_role("link", name="I have kept them, go on").click()

    expect(page).to_have_url(re.compile("^http://[^/]+/admin/$"))
    assert User.objects.get(pk=boss.pk).authenticator_set.count() == 2


def test_code_is_asked_for_at_sign_in_without_script(open_page: OpenPage):
    mo = factories.maker("mo", members=[factories.user("mo@example.com", name="Mo")])
    factories.totp(mo.members.get())
    page = open_page(javascript=False)
    page.goto("/workshop/")
    sign_in(page)

    page.get_by_label("Code").fill(fresh_code(TOTP_SECRET))
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page).to_have_url(IN_WORKSHOP)
