"""Answers are held to Stripe's published examples and to the SDK's own classes."""

import json
import types
import typing
from decimal import Decimal
from pathlib import Path
from typing import Any

import stripe
from stripe.checkout import Session

from tests.sandbox.stripe_stand_in import Receiver, StandIn, order, wait_until

pytest_plugins = ["tests.sandbox.stripe_plugin"]

EXAMPLES = json.loads(Path(__file__).with_name("stripe_fixtures.json").read_text("utf-8"))[
    "resources"
]
CLASSES = {
    "checkout.session": Session,
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "balance_transaction": stripe.BalanceTransaction,
    "event": stripe.Event,
    "item": stripe.LineItem,
    "balance": stripe.Balance,
}


def misfits(example: Any, ours: Any, at: str = "") -> list[str]:
    """Give the paths where a key of the example is missing or its JSON type differs.

    A null, on either side, fits here: whether it may be null the SDK's class decides.
    """
    if isinstance(example, dict) and isinstance(ours, dict):
        missing = [f"{at}.{key} is missing" for key in example if key not in ours]
        inner = [misfits(example[key], ours[key], f"{at}.{key}") for key in example if key in ours]
        return missing + [each for found in inner for each in found]
    if isinstance(example, list) and isinstance(ours, list) and example and ours:
        return misfits(example[0], ours[0], f"{at}[0]")
    if example is None or ours is None or type(example) is type(ours):
        return []
    return [f"{at} is {type(ours).__name__}, not {type(example).__name__}"]


def fits(annotation: Any, value: Any) -> bool:
    """Say whether a JSON value is what the SDK's annotation promises, enums closed."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        literals = [part for part in parts if typing.get_origin(part) is typing.Literal]
        closed = [part for part in parts if not (literals and part is str)]
        return any(fits(part, value) for part in closed)
    if origin is typing.Literal:
        return value in parts
    if origin is list:
        return isinstance(value, list) and all(fits(parts[0], each) for each in value)
    if annotation in (int, str, bool):
        return type(value) is annotation
    if annotation is type(None):
        return value is None
    if annotation is Decimal:
        return isinstance(value, str) and Decimal(value).is_finite()
    if isinstance(annotation, type) and issubclass(annotation, stripe.StripeObject):
        return strays(annotation, value) == []
    # A name the SDK resolves later (an expandable object), a dict, or Any.
    return value is not None and not isinstance(value, bool)


def strays(cls: type, value: Any) -> list[str]:
    """Give the keys of an object that the SDK's class does not have, or has with other types."""
    if not isinstance(value, dict):
        return [f"not an object: {value!r}"]
    known = cls.__annotations__
    unknown = [f"{key} is unknown to {cls.__name__}" for key in value if key not in known]
    wrong = [
        f"{cls.__name__}.{key} = {each!r}"
        for key, each in value.items()
        if key in known and not fits(known[key], each)
    ]
    return unknown + wrong


def get(bank: StandIn, path: str) -> Any:
    """Give the JSON of an object as it goes over the wire."""
    return bank.raw("GET", f"/v1/{path}").json()


def everything(bank: StandIn, ids: list[str], outcomes: list[str]) -> list[dict[str, Any]]:
    """Play outcomes over sessions and give every object that came of it."""
    for session_id, outcome in zip(ids, outcomes, strict=True):
        for step in outcome.split():
            bank.outcome(session_id, step)
    lists = ["checkout/sessions", "payment_intents", "charges", "balance_transactions", "events"]
    listed = [get(bank, f"{path}?limit=100")["data"] for path in [*lists, "refunds"]]
    return [each for found in listed for each in found] + [get(bank, "balance")]


def test_objects_have_every_key_and_type_of_stripes(
    bank: StandIn, sdk: stripe.StripeClient
) -> None:
    outcomes = [
        "pay",
        "decline",
        "challenge",
        "later confirm",
        "later fail",
        "expire",
        "decline pay",
        "",
    ]
    ids = [sdk.v1.checkout.sessions.create(params=order()).id for _ in outcomes]
    bank.outcome(ids[0], "pay")
    paid = sdk.v1.checkout.sessions.retrieve(ids[0])
    for refunds in ("succeed", "pending", "fail"):
        bank.knob("knobs", refunds=refunds)
        sdk.v1.refunds.create(params={"payment_intent": str(paid.payment_intent), "amount": 100})
    bank.knob("knobs", refunds="succeed")

    found = everything(bank, ids[1:], outcomes[1:])
    found += get(bank, f"checkout/sessions/{ids[0]}/line_items")["data"]

    assert {each["object"] for each in found} == set(CLASSES)
    for each in found:
        kind = each["object"]
        example = {**EXAMPLES[kind], "data": {"object": {}}} if kind == "event" else EXAMPLES[kind]
        if kind == "charge" and each["payment_method_details"]["type"] != "card":
            example = {**example, "payment_method_details": {"type": "multibanco"}}
        assert misfits(example, each, kind) == []
        assert strays(CLASSES[kind], each) == []
        assert each.get("livemode") in (False, None)


def test_oracle_sees_missing_key_wrong_type_and_stray_key(sdk: stripe.StripeClient) -> None:
    session = json.loads(str(sdk.v1.checkout.sessions.create(params=order())))

    broken = {**session, "amount_total": "4550", "colour": "red", "status": "weird"}
    del broken["automatic_tax"]["enabled"]
    del broken["url"]

    assert set(misfits(EXAMPLES["checkout.session"], broken)) == {
        ".automatic_tax.enabled is missing",
        ".url is missing",
    }
    assert [each.split()[0] for each in sorted(strays(Session, broken))] == [
        "Session.amount_total",
        "Session.status",
        "colour",
    ]


def test_events_carry_version_cause_and_snapshot(
    bank: StandIn, sdk: stripe.StripeClient, stripe_receiver: Receiver
) -> None:
    bank.knob("webhook", url=stripe_receiver.url, secret="whsec_1")
    session = sdk.v1.checkout.sessions.create(params=order())
    sdk.v1.checkout.sessions.expire(session.id, options={"idempotency_key": "expire-1"})

    wait_until(lambda: bool(stripe_receiver.got))

    event = stripe_receiver.events()[0]
    assert event["api_version"] == stripe.api_version
    assert event["request"]["idempotency_key"] == "expire-1"
    assert event["request"]["id"].startswith("req_")
    assert event["data"]["object"]["id"] == session.id
    assert event["data"]["object"]["status"] == "expired"
    assert misfits({**EXAMPLES["event"], "data": {"object": {}}}, event) == []
