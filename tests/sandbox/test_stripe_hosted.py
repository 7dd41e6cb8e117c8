"""The hosted page, by plain HTTP: what each button does, and what it never does."""

import time

import pytest
import stripe

from tests.sandbox.stripe_stand_in import StandIn, line, order

pytest_plugins = ["tests.sandbox.stripe_plugin"]

DONE = "http://shop.test/done?session="


@pytest.fixture
def session_id(sdk: stripe.StripeClient) -> str:
    """Give Ada's open session."""
    return sdk.v1.checkout.sessions.create(params=order()).id


def status(sdk: stripe.StripeClient, session_id: str) -> tuple[str | None, str]:
    """Give (status, payment status) of a session."""
    session = sdk.v1.checkout.sessions.retrieve(session_id)
    return session.status, session.payment_status


def page(bank: StandIn, path: str) -> str:
    """Give the HTML of a page that answers 200."""
    answer = bank.http.get(f"{bank.url}{path}", timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_page_shows_what_is_bought_and_that_it_is_a_test(bank: StandIn, session_id: str) -> None:
    html = page(bank, f"/pay/{session_id}")

    for text in ("no money moves", "€45.50", "Mug × 2", "€25.00", "Bowl", "ada@example.com"):
        assert text in html
    for value in ("pay", "decline", "challenge", "later", "back"):
        assert f'name="outcome" value="{value}"' in html
    assert 'value="4242 4242 4242 4242"' in html
    assert 'role="alert"' not in html
    assert "<script" not in html


def test_page_escapes_everything(bank: StandIn, sdk: stripe.StripeClient) -> None:
    evil = order(line_items=[line("<script>alert(1)</script>", 5000)])
    del evil["customer_email"]
    session = sdk.v1.checkout.sessions.create(params=evil)

    answer = bank.press(f"/pay/{session.id}", outcome="pay", email='"><script>x', card="'\"><b>")

    assert answer.status_code == 422
    assert "<script>" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_pay_leads_to_success_url(bank: StandIn, sdk: stripe.StripeClient, session_id: str) -> None:
    answer = bank.press(f"/pay/{session_id}", outcome="pay", card="4242 4242 4242 4242")

    assert (answer.status_code, answer.headers["Location"]) == (303, DONE + session_id)
    assert status(sdk, session_id) == ("complete", "paid")


def test_pay_twice_charges_once(bank: StandIn, sdk: stripe.StripeClient, session_id: str) -> None:
    bank.press(f"/pay/{session_id}", outcome="pay")

    again = bank.press(f"/pay/{session_id}", outcome="pay")

    assert again.status_code == 303
    followed = bank.http.get(f"{bank.url}/pay/{session_id}", allow_redirects=False, timeout=10)
    assert (followed.status_code, followed.headers["Location"]) == (303, DONE + session_id)
    assert len(sdk.v1.charges.list().data) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"outcome": "decline"}, "Your card was declined."),
        ({"outcome": "pay", "card": "4000000000000002"}, "Your card was declined."),
        ({"outcome": "pay", "card": "4000 0000 0000 9995"}, "insufficient funds"),
    ],
)
def test_declined_card_stays_on_page(
    bank: StandIn, sdk: stripe.StripeClient, session_id: str, fields: dict[str, str], words: str
) -> None:
    answer = bank.press(f"/pay/{session_id}", **fields)

    html = page(bank, answer.headers["Location"])
    assert answer.status_code == 303
    assert 'role="alert"' in html
    assert words in html
    assert status(sdk, session_id) == ("open", "unpaid")
    assert bank.types()[-1] == "payment_intent.payment_failed"


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "pay", "card": "4111111111111111"},
        {"outcome": "pay", "card": ""},
        {"outcome": "dance"},
        {"outcome": "approve"},
    ],
)
def test_page_refuses_what_is_no_test_card_or_button(
    bank: StandIn, sdk: stripe.StripeClient, session_id: str, fields: dict[str, str]
) -> None:
    answer = bank.press(f"/pay/{session_id}", **fields)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert status(sdk, session_id) == ("open", "unpaid")
    assert bank.types() == []


@pytest.mark.parametrize("fields", [{"outcome": "challenge"}, {"card": "4000002500003155"}])
def test_challenge_approved_pays(
    bank: StandIn, sdk: stripe.StripeClient, session_id: str, fields: dict[str, str]
) -> None:
    asked = bank.press(f"/pay/{session_id}", **fields)
    assert status(sdk, session_id) == ("open", "unpaid")
    assert 'value="approve"' in page(bank, asked.headers["Location"])

    approved = bank.press(f"/pay/{session_id}/challenge", outcome="approve")

    followed = bank.http.get(
        f"{bank.url}{approved.headers['Location']}", allow_redirects=False, timeout=10
    )
    assert asked.headers["Location"] == f"/pay/{session_id}/challenge"
    assert followed.headers["Location"] == DONE + session_id
    assert status(sdk, session_id) == ("complete", "paid")
    assert "payment_intent.requires_action" in bank.types()


def test_challenge_refused_stays_on_page(
    bank: StandIn, sdk: stripe.StripeClient, session_id: str
) -> None:
    bank.press(f"/pay/{session_id}", outcome="challenge")

    answer = bank.press(f"/pay/{session_id}/challenge", outcome="refuse")

    assert "unable to authenticate" in page(bank, answer.headers["Location"])
    assert status(sdk, session_id) == ("open", "unpaid")
    assert bank.types()[-1] == "payment_intent.payment_failed"


def test_challenge_cannot_be_approved_unasked(
    bank: StandIn, sdk: stripe.StripeClient, session_id: str
) -> None:
    answer = bank.press(f"/pay/{session_id}/challenge", outcome="approve")

    assert answer.headers["Location"] == f"/pay/{session_id}"
    assert status(sdk, session_id) == ("open", "unpaid")


@pytest.mark.parametrize(("button", "paid"), [("confirm", "paid"), ("fail", "unpaid")])
def test_later_is_ended_from_page_after_return(
    bank: StandIn, sdk: stripe.StripeClient, session_id: str, button: str, paid: str
) -> None:
    answer = bank.press(f"/pay/{session_id}", outcome="later")
    promised = status(sdk, session_id)
    waiting = page(bank, f"/pay/{session_id}")

    bank.press(f"/pay/{session_id}", outcome=button)

    assert answer.headers["Location"] == DONE + session_id
    assert promised == ("complete", "unpaid")
    assert f'value="{button}"' in waiting
    assert status(sdk, session_id) == ("complete", paid)


def test_later_is_refused_when_the_shop_does_not_allow_it(
    bank: StandIn, sdk: stripe.StripeClient
) -> None:
    params = order(allowed_payment_method_types=["card"])
    session_id = sdk.v1.checkout.sessions.create(params=params).id

    answer = bank.press(f"/pay/{session_id}", outcome="later")

    assert 'value="later"' not in page(bank, f"/pay/{session_id}")
    assert answer.status_code == 422
    assert status(sdk, session_id) == ("open", "unpaid")


def test_back_leads_to_cancel_url_and_changes_nothing(
    bank: StandIn, sdk: stripe.StripeClient, session_id: str
) -> None:
    answer = bank.press(f"/pay/{session_id}", outcome="back")

    assert (answer.status_code, answer.headers["Location"]) == (303, "http://shop.test/basket")
    assert status(sdk, session_id) == ("open", "unpaid")
    assert bank.types() == []


def test_page_without_cancel_url_has_no_way_back(bank: StandIn, sdk: stripe.StripeClient) -> None:
    params = order()
    del params["cancel_url"]
    session_id = sdk.v1.checkout.sessions.create(params=params).id

    answer = bank.press(f"/pay/{session_id}", outcome="back")

    assert 'value="back"' not in page(bank, f"/pay/{session_id}")
    assert answer.status_code == 422


def test_page_asks_for_email_the_shop_did_not_give(bank: StandIn, sdk: stripe.StripeClient) -> None:
    params = order()
    del params["customer_email"]
    session_id = sdk.v1.checkout.sessions.create(params=params).id
    html = page(bank, f"/pay/{session_id}")

    nameless = bank.press(f"/pay/{session_id}", outcome="pay", email="ada")
    bank.press(f"/pay/{session_id}", outcome="challenge", email="ada@example.com")
    bank.press(f"/pay/{session_id}/challenge", outcome="approve")

    details = sdk.v1.checkout.sessions.retrieve(session_id).customer_details
    assert 'type="email"' in html
    assert nameless.status_code == 422
    assert details is not None
    assert details.email == "ada@example.com"


def test_expired_session_says_so_and_takes_no_money(
    bank: StandIn, sdk: stripe.StripeClient
) -> None:
    soon = int(time.time()) + 40 * 60
    session_id = sdk.v1.checkout.sessions.create(params=order(expires_at=soon)).id
    bank.knob("clock", advance=41 * 60)

    bank.press(f"/pay/{session_id}", outcome="pay")

    answer = bank.http.get(f"{bank.url}/pay/{session_id}", timeout=10)
    assert answer.status_code == 410
    assert "has expired" in answer.text
    assert status(sdk, session_id) == ("expired", "unpaid")
    assert sdk.v1.charges.list().data == []


@pytest.mark.parametrize("path", ["/pay/cs_test_none", "/pay/cs_test_none/challenge"])
def test_unknown_session_answers_404(bank: StandIn, path: str) -> None:
    answers = [bank.http.get(f"{bank.url}{path}", timeout=10), bank.press(path, outcome="pay")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_control_page_lists_sessions_and_events(bank: StandIn, session_id: str) -> None:
    bank.press(f"/pay/{session_id}", outcome="pay")

    html = page(bank, "/_sandbox/")

    assert f"/pay/{session_id}" in html
    assert "checkout.session.completed" in html
