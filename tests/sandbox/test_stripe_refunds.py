"""Refunds, fees and the balance: every cent is accounted for."""

from typing import Any

import pytest
import stripe

from sandbox.world.stripe.charging import fee_cents
from tests.sandbox.stripe_stand_in import StandIn, order, plain

pytest_plugins = ["tests.sandbox.stripe_plugin"]


@pytest.fixture
def paid(bank: StandIn, sdk: stripe.StripeClient) -> dict[str, Any]:
    """Give a paid session of € 45.50."""
    return bank.outcome(sdk.v1.checkout.sessions.create(params=order()).id, "pay")


def charge_of(sdk: stripe.StripeClient, paid: dict[str, Any]) -> stripe.Charge:
    """Give the charge of a paid session as it is now."""
    return sdk.v1.charges.list(params={"payment_intent": paid["payment_intent"]}).data[0]


def booked(sdk: stripe.StripeClient) -> list[tuple[str, int, int]]:
    """Give (type, amount, fee) of every balance transaction, oldest first."""
    listed = sdk.v1.balance_transactions.list(params={"limit": 100}).data
    return [(each.type, each.amount, each.fee) for each in reversed(listed)]


def settle(bank: StandIn, refund_id: str, status: str) -> int:
    """Let the bank settle a refund and give the HTTP status of the answer."""
    path = f"{bank.url}/_sandbox/refunds/{refund_id}"
    return bank.http.post(path, json={"status": status}, timeout=10).status_code


@pytest.mark.parametrize(
    ("amount", "fee"), [(50, 26), (100, 27), (4550, 93), (1000, 40), (1033, 40), (1034, 41)]
)
def test_fee_is_one_and_a_half_percent_half_up_plus_25(amount: int, fee: int) -> None:
    assert fee_cents(amount) == fee


def test_refund_in_parts_then_nothing_is_left(
    bank: StandIn, sdk: stripe.StripeClient, paid: dict[str, Any]
) -> None:
    intent_id = paid["payment_intent"]
    part = sdk.v1.refunds.create(
        params={
            "payment_intent": intent_id,
            "amount": 1000,
            "reason": "requested_by_customer",
            "metadata": {"refund": "r1"},
        }
    )
    rest = sdk.v1.refunds.create(params={"charge": charge_of(sdk, paid).id})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.refunds.create(params={"payment_intent": intent_id, "amount": 1})

    charge = charge_of(sdk, paid)
    assert refused.value.code == "charge_already_refunded"
    assert (part.amount, part.status, plain(part.metadata)) == (1000, "succeeded", {"refund": "r1"})
    assert (rest.amount, rest.payment_intent) == (3550, intent_id)
    assert (charge.amount_refunded, charge.refunded) == (4550, True)
    assert booked(sdk) == [("charge", 4550, 93), ("refund", -1000, 0), ("refund", -3550, 0)]
    assert bank.types()[4:] == ["refund.created", "charge.refunded"] * 2
    mine = sdk.v1.refunds.list(params={"payment_intent": intent_id})
    assert [each.id for each in mine] == [rest.id, part.id]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"amount": 4551}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"reason": "regret"}, "reason"),
        ({"reverse_transfer": True}, "reverse_transfer"),
        ({"charge": "ch_none", "payment_intent": None}, "charge"),
        ({"payment_intent": "pi_none"}, "payment_intent"),
        ({"payment_intent": None}, None),
    ],
)
def test_refund_refuses_bad_request(
    bank: StandIn,
    sdk: stripe.StripeClient,
    paid: dict[str, Any],
    params: dict[str, Any],
    param: str | None,
) -> None:
    before = bank.state()["objects"]
    asked = {"payment_intent": paid["payment_intent"], **params}

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.refunds.create(params=asked)

    assert (refused.value.http_status, refused.value.param) == (400, param)
    assert bank.state()["objects"] == before


@pytest.mark.parametrize("outcome", ["decline", "later"])
def test_refund_refuses_intent_without_money(
    bank: StandIn, sdk: stripe.StripeClient, outcome: str
) -> None:
    session = bank.outcome(sdk.v1.checkout.sessions.create(params=order()).id, outcome)

    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        sdk.v1.refunds.create(params={"payment_intent": session["payment_intent"]})

    assert booked(sdk) == []


def test_pending_refund_books_when_it_succeeds(
    bank: StandIn, sdk: stripe.StripeClient, paid: dict[str, Any]
) -> None:
    bank.knob("knobs", refunds="pending")
    refund = sdk.v1.refunds.create(params={"payment_intent": paid["payment_intent"]})
    booked_before = booked(sdk)

    assert settle(bank, refund.id, "succeeded") == 200

    settled = sdk.v1.refunds.retrieve(refund.id, params={"expand": ["balance_transaction"]})
    assert (refund.status, refund.balance_transaction, len(booked_before)) == ("pending", None, 1)
    assert settled.status == "succeeded"
    assert isinstance(settled.balance_transaction, stripe.BalanceTransaction)
    assert settled.balance_transaction.net == -4550
    assert bank.types()[-1] == "refund.updated"


def test_pending_refund_that_fails_moves_no_money(
    bank: StandIn, sdk: stripe.StripeClient, paid: dict[str, Any]
) -> None:
    bank.knob("knobs", refunds="fail")

    answered = sdk.v1.refunds.create(params={"payment_intent": paid["payment_intent"]})

    failed = sdk.v1.refunds.retrieve(answered.id)
    assert (answered.status, failed.status) == ("pending", "failed")
    assert booked(sdk) == [("charge", 4550, 93)]
    assert charge_of(sdk, paid).amount_refunded == 0
    assert bank.types()[-4:] == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "refund.failed",
    ]


def test_refund_rejected_late_gives_money_back(
    bank: StandIn, sdk: stripe.StripeClient, paid: dict[str, Any]
) -> None:
    refund = sdk.v1.refunds.create(params={"payment_intent": paid["payment_intent"], "amount": 500})

    assert settle(bank, refund.id, "failed") == 200

    failed = sdk.v1.refunds.retrieve(refund.id, params={"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "unknown")
    assert booked(sdk)[1:] == [("refund", -500, 0), ("refund_failure", 500, 0)]
    assert (charge_of(sdk, paid).amount_refunded, charge_of(sdk, paid).refunded) == (0, False)


@pytest.mark.parametrize("status", ["succeeded", "pending", "dance"])
def test_settle_refuses_illegal_move(
    bank: StandIn, sdk: stripe.StripeClient, paid: dict[str, Any], status: str
) -> None:
    refund = sdk.v1.refunds.create(params={"payment_intent": paid["payment_intent"]})

    assert settle(bank, refund.id, status) == 400

    assert sdk.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_balance_is_the_sum_of_its_transactions(
    bank: StandIn, sdk: stripe.StripeClient, paid: dict[str, Any]
) -> None:
    sdk.v1.refunds.create(params={"payment_intent": paid["payment_intent"], "amount": 1000})

    fresh = sdk.v1.balance.retrieve()
    bank.knob("clock", advance=2 * 24 * 3600)
    later = sdk.v1.balance.retrieve()

    assert (fresh.available[0].amount, fresh.pending[0].amount) == (-1000, 4457)
    assert (later.available[0].amount, later.pending[0].amount) == (3457, 0)
    statuses = {each.status for each in sdk.v1.balance_transactions.list()}
    assert statuses == {"available"}


def test_list_balance_transactions_filters(
    bank: StandIn, sdk: stripe.StripeClient, paid: dict[str, Any]
) -> None:
    refund = sdk.v1.refunds.create(params={"payment_intent": paid["payment_intent"]})

    by_type = sdk.v1.balance_transactions.list(params={"type": "refund", "expand": ["data.source"]})
    by_source = sdk.v1.balance_transactions.list(params={"source": charge_of(sdk, paid).id})

    assert [each.source.id for each in by_type] == [refund.id]
    assert [(each.type, each.reporting_category) for each in by_source] == [("charge", "charge")]


def test_multibanco_money_is_booked_as_payment(bank: StandIn, sdk: stripe.StripeClient) -> None:
    session_id = sdk.v1.checkout.sessions.create(params=order()).id
    bank.outcome(session_id, "later")
    confirmed = bank.outcome(session_id, "confirm")

    sdk.v1.refunds.create(params={"payment_intent": confirmed["payment_intent"]})

    assert booked(sdk) == [("payment", 4550, 93), ("payment_refund", -4550, 0)]
    assert charge_of(sdk, confirmed).id.startswith("py_")
