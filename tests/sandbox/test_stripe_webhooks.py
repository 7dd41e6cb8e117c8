"""Deliveries: signed, at least once, held, doubled, shuffled, and alive after a restart."""

import time
from collections import Counter

import pytest
import stripe

from tests.sandbox.stripe_stand_in import SECRET, Receiver, StandIn, order, wait_until

pytestmark = pytest.mark.slow

pytest_plugins = ["tests.sandbox.stripe_plugin"]

PAID = {
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
}


@pytest.fixture
def listening(bank: StandIn, stripe_receiver: Receiver) -> StandIn:
    """Give the stand-in with its webhook endpoint set."""
    bank.knob("webhook", url=stripe_receiver.url, secret=SECRET)
    return bank


def pay(bank: StandIn) -> str:
    """Create and pay a session; gives its id."""
    session = bank.client().v1.checkout.sessions.create(params=order())
    bank.outcome(session.id, "pay")
    return session.id


def test_delivery_is_signed_so_that_the_sdk_accepts_it(
    listening: StandIn, stripe_receiver: Receiver
) -> None:
    session_id = pay(listening)

    wait_until(lambda: len(stripe_receiver.got) == 4)

    for headers, body in stripe_receiver.got:
        event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], SECRET)
        signed_at = int(headers["Stripe-Signature"].split(",")[0].removeprefix("t="))
        assert abs(signed_at - time.time()) < 60
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body + b" ", headers["Stripe-Signature"], SECRET)
        assert event.type in PAID
    assert set(stripe_receiver.types()) == PAID
    done = [each for each in stripe_receiver.events() if each["type"].startswith("checkout")]
    assert done[0]["data"]["object"]["id"] == session_id
    assert done[0]["data"]["object"]["payment_status"] == "paid"


def test_delivery_is_repeated_until_taken(listening: StandIn, stripe_receiver: Receiver) -> None:
    stripe_receiver.answers.extend([500, 302])
    session = listening.client().v1.checkout.sessions.create(params=order())
    listening.client().v1.checkout.sessions.expire(session.id)

    wait_until(lambda: len(stripe_receiver.got) == 3)
    wait_until(lambda: listening.state()["deliveries"]["done"] == 1)

    assert stripe_receiver.types() == ["checkout.session.expired"] * 3
    assert len({event["id"] for event in stripe_receiver.events()}) == 1
    assert listening.state()["deliveries"] == {"held": 0, "due": 0, "done": 1, "dead": 0}


def test_dead_endpoint_does_not_slow_the_api(bank: StandIn) -> None:
    bank.knob("webhook", url="http://127.0.0.1:9/nobody", secret=SECRET)

    began = time.monotonic()
    pay(bank)
    seconds = time.monotonic() - began

    wait_until(lambda: bank.state()["deliveries"]["due"] == 4)
    event = bank.client().v1.events.list().data[0]
    failed = bank.client().v1.events.list(params={"delivery_success": False})
    assert seconds < 1
    assert event.pending_webhooks == 1
    assert len(failed.data) == 4


def test_held_events_wait_for_release(listening: StandIn, stripe_receiver: Receiver) -> None:
    listening.knob("knobs", hold_events=True)
    pay(listening)
    time.sleep(0.4)
    before_release = len(stripe_receiver.got)
    held = listening.state()["deliveries"]["held"]

    released = listening.knob("release", shuffle=True)["released"]

    wait_until(lambda: listening.state()["deliveries"]["done"] == 4)
    assert (before_release, held, released) == (0, 4, 4)
    assert set(stripe_receiver.types()) == PAID
    assert len(listening.types()) == 4


def test_duplicate_events_arrive_as_often_as_told(
    listening: StandIn, stripe_receiver: Receiver
) -> None:
    listening.knob("knobs", duplicate_events=2, shuffle_events=True)
    pay(listening)

    wait_until(lambda: listening.state()["deliveries"]["done"] == 12)

    arrived = Counter(event["id"] for event in stripe_receiver.events())
    assert sorted(arrived.values()) == [3, 3, 3, 3]


def test_deliver_sends_one_event_again(listening: StandIn, stripe_receiver: Receiver) -> None:
    listening.knob("knobs", hold_events=True)
    pay(listening)
    event = listening.client().v1.events.list(params={"type": "checkout.session.completed"}).data[0]

    listening.knob("deliver", event=event.id, times=20)

    wait_until(lambda: listening.state()["deliveries"]["done"] == 20)
    assert {each["id"] for each in stripe_receiver.events()} == {event.id}


def test_list_events_filters(bank: StandIn, sdk: stripe.StripeClient) -> None:
    pay(bank)
    bank.knob("clock", advance=100)
    expired = sdk.v1.checkout.sessions.create(params=order())
    sdk.v1.checkout.sessions.expire(expired.id)
    now = bank.state()["now"]

    def types(**params: object) -> list[str]:
        return [event.type for event in sdk.v1.events.list(params=params)]

    assert types(type="checkout.session.completed") == ["checkout.session.completed"]
    assert types(type="checkout.session.*") == [
        "checkout.session.expired",
        "checkout.session.completed",
    ]
    assert types(types=["charge.succeeded", "payment_intent.created"]) == [
        "charge.succeeded",
        "payment_intent.created",
    ]
    assert types(created={"gte": now - 50}) == ["checkout.session.expired"]
    assert types(limit=2) == ["checkout.session.expired", "checkout.session.completed"]
    with pytest.raises(stripe.InvalidRequestError, match="not both"):
        types(type="charge.succeeded", types=["charge.succeeded"])


def test_deliveries_go_on_after_kill_9(mortal_bank: StandIn, stripe_receiver: Receiver) -> None:
    mortal_bank.knob("webhook", url="http://127.0.0.1:9/nobody", secret=SECRET)
    session_id = pay(mortal_bank)
    wait_until(lambda: mortal_bank.state()["deliveries"]["due"] == 4)
    mortal_bank.kill()

    mortal_bank.start()
    mortal_bank.knob("webhook", url=stripe_receiver.url)

    wait_until(lambda: mortal_bank.state()["deliveries"]["done"] == 4, seconds=15)
    assert set(stripe_receiver.types()) == PAID
    headers, body = stripe_receiver.got[0]
    assert stripe.Webhook.construct_event(body, headers["Stripe-Signature"], SECRET).id
    assert session_id in {each["data"]["object"]["id"] for each in stripe_receiver.events()}


@pytest.mark.parametrize(
    "asked", [{"url": "ftp://x/", "secret": "s"}, {"url": "nonsense", "secret": "s"}]
)
def test_webhook_refuses_what_is_no_address(bank: StandIn, asked: dict[str, str]) -> None:
    answer = bank.http.post(f"{bank.url}/_sandbox/webhook", json=asked, timeout=10)

    assert answer.status_code == 400
    assert bank.state()["webhook_url"] is None
