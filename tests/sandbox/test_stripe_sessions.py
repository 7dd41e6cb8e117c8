"""The life of a Checkout Session: open, complete, expired; lists, cursors, expansions."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.sandbox.stripe_stand_in import StandIn, line, order, plain, wait_until

pytest_plugins = ["tests.sandbox.stripe_plugin"]


def test_create_session_gives_open_session(bank: StandIn, sdk: stripe.StripeClient) -> None:
    session = sdk.v1.checkout.sessions.create(params=order(locale="pt", expand=["line_items"]))

    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_total, session.currency, session.livemode) == (4550, "eur", False)
    assert session.payment_intent is None
    assert session.url == f"{bank.url}/pay/{session.id}"
    assert session.client_reference_id == "order-1.1"
    assert plain(session.metadata) == {"order": "order-1", "attempt": "1"}
    assert session.success_url == "http://shop.test/done?session={CHECKOUT_SESSION_ID}"
    assert session.expires_at - session.created == 24 * 3600
    assert [
        (item.description, item.quantity, item.amount_total) for item in session.line_items
    ] == [
        ("Mug", 2, 2500),
        ("Bowl", 1, 2050),
    ]
    assert bank.types() == []


def test_create_session_takes_50_cents(sdk: stripe.StripeClient) -> None:
    session = sdk.v1.checkout.sessions.create(params=order(line_items=[line("Pin", 25, 2)]))

    assert session.amount_total == 50


def test_create_session_offers_allowed_methods_only(sdk: stripe.StripeClient) -> None:
    def offered(**params: list[str]) -> list[str]:
        return sdk.v1.checkout.sessions.create(params=order(**params)).payment_method_types

    assert offered() == ["card", "link", "mb_way", "multibanco"]
    assert offered(allowed_payment_method_types=["link", "card", "ideal"]) == ["card", "link"]
    assert offered(excluded_payment_method_types=["multibanco"]) == ["card", "link", "mb_way"]
    with pytest.raises(stripe.InvalidRequestError, match="No valid payment method types"):
        offered(allowed_payment_method_types=["ideal"])


@pytest.mark.parametrize("seconds", [29 * 60, 24 * 3600 + 60])
def test_create_session_refuses_expiry_out_of_bounds(
    bank: StandIn, sdk: stripe.StripeClient, seconds: int
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expires_at"):
        sdk.v1.checkout.sessions.create(params=order(expires_at=int(time.time()) + seconds))

    assert bank.state()["objects"] == {}


def test_create_session_measures_expiry_by_its_own_clock(
    bank: StandIn, sdk: stripe.StripeClient
) -> None:
    in_40_minutes = int(time.time()) + 40 * 60
    bank.knob("clock", advance=11 * 60)

    with pytest.raises(stripe.InvalidRequestError, match="at least 30 minutes"):
        sdk.v1.checkout.sessions.create(params=order(expires_at=in_40_minutes))


def test_session_expires_by_clock(bank: StandIn, sdk: stripe.StripeClient) -> None:
    soon = sdk.v1.checkout.sessions.create(params=order(expires_at=int(time.time()) + 40 * 60))
    late = sdk.v1.checkout.sessions.create(params=order())

    moved = bank.knob("clock", advance=41 * 60)

    assert moved["expired"] == 1
    expired = sdk.v1.checkout.sessions.retrieve(soon.id)
    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
    assert sdk.v1.checkout.sessions.retrieve(late.id).status == "open"
    assert bank.types() == ["checkout.session.expired"]


def test_clock_expires_session_nobody_asks_about(bank: StandIn, sdk: stripe.StripeClient) -> None:
    sdk.v1.checkout.sessions.create(params=order(expires_at=int(time.time()) + 40 * 60))
    bank.knob("clock", offset=40 * 60 - 1)

    wait_until(lambda: bank.state()["objects"].get("event", 0) == 1)

    assert bank.types() == ["checkout.session.expired"]


def test_expire_cancels_begun_intent(bank: StandIn, sdk: stripe.StripeClient) -> None:
    session = sdk.v1.checkout.sessions.create(params=order())
    bank.outcome(session.id, "decline")

    expired = sdk.v1.checkout.sessions.expire(session.id)

    intent = sdk.v1.payment_intents.retrieve(str(expired.payment_intent))
    assert (expired.status, expired.url, intent.status) == ("expired", None, "canceled")
    assert bank.types()[-2:] == ["checkout.session.expired", "payment_intent.canceled"]


@pytest.mark.parametrize("outcome", ["pay", "later", "expire"])
def test_expire_refuses_session_that_is_not_open(
    bank: StandIn, sdk: stripe.StripeClient, outcome: str
) -> None:
    session = sdk.v1.checkout.sessions.create(params=order())
    before = bank.outcome(session.id, outcome)

    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        sdk.v1.checkout.sessions.expire(session.id)

    assert bank.raw("GET", f"/v1/checkout/sessions/{session.id}").json() == before


def test_pay_leads_to_intent_charge_and_fee(bank: StandIn, sdk: stripe.StripeClient) -> None:
    session = sdk.v1.checkout.sessions.create(params=order())
    bank.outcome(session.id, "pay")

    paid = sdk.v1.checkout.sessions.retrieve(
        session.id, params={"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )

    intent = paid.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    booked = charge.balance_transaction
    assert isinstance(booked, stripe.BalanceTransaction)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details is not None
    assert paid.customer_details.email == "ada@example.com"
    assert (intent.status, intent.amount_received) == ("succeeded", 4550)
    assert (intent.transfer_group, plain(intent.metadata)) == ("order-1", {"order": "order-1"})
    assert (charge.paid, charge.amount_captured, charge.transfer_group) == (True, 4550, "order-1")
    assert (booked.amount, booked.fee, booked.net, booked.source) == (4550, 93, 4457, charge.id)
    assert bank.types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize(
    ("last", "payment_status", "intent_status", "event"),
    [
        ("confirm", "paid", "succeeded", "checkout.session.async_payment_succeeded"),
        ("fail", "unpaid", "requires_payment_method", "checkout.session.async_payment_failed"),
    ],
)
def test_pay_later_completes_unpaid_and_ends(
    bank: StandIn,
    sdk: stripe.StripeClient,
    last: str,
    payment_status: str,
    intent_status: str,
    event: str,
) -> None:
    session = sdk.v1.checkout.sessions.create(params=order())

    promised = bank.outcome(session.id, "later")
    ended = bank.outcome(session.id, last)

    intent = sdk.v1.payment_intents.retrieve(ended["payment_intent"])
    assert (promised["status"], promised["payment_status"]) == ("complete", "unpaid")
    assert (ended["status"], ended["payment_status"]) == ("complete", payment_status)
    assert intent.status == intent_status
    assert bank.types()[1:3] == ["payment_intent.processing", "checkout.session.completed"]
    assert bank.types()[-1] == event


def test_decline_leaves_session_open(bank: StandIn, sdk: stripe.StripeClient) -> None:
    session = sdk.v1.checkout.sessions.create(params=order())

    declined = bank.outcome(session.id, "insufficient")

    intent = sdk.v1.payment_intents.retrieve(declined["payment_intent"])
    assert (declined["status"], declined["payment_status"]) == ("open", "unpaid")
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.decline_code == "insufficient_funds"
    assert bank.types()[1:] == ["charge.failed", "payment_intent.payment_failed"]
    assert bank.outcome(session.id, "pay")["payment_intent"] == intent.id


def test_outcome_refuses_closed_session(bank: StandIn, sdk: stripe.StripeClient) -> None:
    session = sdk.v1.checkout.sessions.create(params=order())
    bank.outcome(session.id, "pay")
    before = bank.state()["objects"]

    path = f"{bank.url}/_sandbox/sessions/{session.id}/outcome"
    answers = [
        bank.http.post(path, json={"outcome": outcome}, timeout=10)
        for outcome in ("pay", "decline", "later", "confirm", "fail", "expire", "dance")
    ]

    assert [answer.status_code for answer in answers] == [400] * 7
    assert bank.state()["objects"] == before


def test_list_pages_newest_first_with_cursors(bank: StandIn, sdk: stripe.StripeClient) -> None:
    made = [sdk.v1.checkout.sessions.create(params=order()).id for _ in range(5)]
    newest_first = made[::-1]

    first = sdk.v1.checkout.sessions.list(params={"limit": 2})
    rest = sdk.v1.checkout.sessions.list(params={"starting_after": first.data[-1].id, "limit": 3})
    before = sdk.v1.checkout.sessions.list(params={"ending_before": made[0], "limit": 2})
    walked = [
        each.id for each in sdk.v1.checkout.sessions.list(params={"limit": 2}).auto_paging_iter()
    ]

    assert ([each.id for each in first.data], first.has_more) == (newest_first[:2], True)
    assert ([each.id for each in rest.data], rest.has_more) == (newest_first[2:], False)
    assert ([each.id for each in before.data], before.has_more) == (newest_first[2:4], True)
    assert walked == newest_first


def test_list_filters(bank: StandIn, sdk: stripe.StripeClient) -> None:
    paid = sdk.v1.checkout.sessions.create(params=order())
    sdk.v1.checkout.sessions.create(params=order(customer_email="eve@example.com"))
    bank.knob("clock", advance=100)
    intent_id = bank.outcome(paid.id, "pay")["payment_intent"]
    now = bank.state()["now"]

    sessions, intents = sdk.v1.checkout.sessions, sdk.v1.payment_intents
    assert [each.id for each in sessions.list(params={"payment_intent": intent_id})] == [paid.id]
    assert [each.id for each in sessions.list(params={"status": "complete"})] == [paid.id]
    mine = sessions.list(params={"customer_details": {"email": "ada@example.com"}})
    assert [each.id for each in mine] == [paid.id]
    assert list(sessions.list(params={"created": {"gte": now - 50}})) == []
    assert [each.id for each in intents.list(params={"created": {"gte": now - 50}})] == [intent_id]
    assert [each.amount for each in sdk.v1.charges.list(params={"transfer_group": "order-1"})] == [
        4550
    ]
    assert list(sdk.v1.charges.list(params={"transfer_group": "order-2"})) == []


def test_list_line_items_pages_in_order(sdk: stripe.StripeClient) -> None:
    lines = [line(f"Piece {number}", 100 + number) for number in range(12)]
    session = sdk.v1.checkout.sessions.create(params=order(line_items=lines))

    listed = sdk.v1.checkout.sessions.line_items.list(session.id, params={"limit": 5})

    assert [item.description for item in listed.data] == [f"Piece {n}" for n in range(5)]
    assert [item.amount_total for item in listed.auto_paging_iter()] == list(range(100, 112))


@pytest.mark.parametrize("path", ["payment_intent.latest_charge.x", "a.b.c.d.e", "url"])
def test_expand_refuses_what_cannot_expand(
    bank: StandIn, sdk: stripe.StripeClient, path: str
) -> None:
    session = sdk.v1.checkout.sessions.create(params=order())
    bank.outcome(session.id, "pay")

    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        sdk.v1.checkout.sessions.retrieve(session.id, params={"expand": [path]})


def test_50_parallel_clients_make_50_sessions(bank: StandIn) -> None:
    def buy(number: int) -> str:
        sdk = bank.client()
        params = order(client_reference_id=f"order-{number}")
        session = sdk.v1.checkout.sessions.create(params=params)
        bank.press(f"/pay/{session.id}", outcome="pay")
        return str(sdk.v1.checkout.sessions.retrieve(session.id).payment_status)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(buy, range(50)))

    assert answers == ["paid"] * 50
    objects = bank.state()["objects"]
    assert (objects["checkout.session"], objects["charge"], objects["event"]) == (50, 50, 200)


def test_20_parallel_payments_charge_once(bank: StandIn, sdk: stripe.StripeClient) -> None:
    session = sdk.v1.checkout.sessions.create(params=order())

    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda _: bank.press(f"/pay/{session.id}", outcome="pay"), range(20))
        )

    assert {answer.status_code for answer in answers} == {303}
    assert bank.state()["objects"]["charge"] == 1
    assert bank.types().count("checkout.session.completed") == 1
