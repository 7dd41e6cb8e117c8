"""Taking money, against the Stripe stand-in: every way a payment can end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Stock
from makers_market.core import audit
from orders.models import Order
from payments import services
from payments.gateway import ProviderUnavailable
from payments.models import LedgerLine, Operation, Payment, Refund, StripeEvent
from tests import factories
from tests.worker import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider", "inbox")]


def started(order: Order) -> Payment:
    return services.start_payment(order.pk, at=timezone.now())


def hand_over_events(provider) -> None:
    """Deliver all of Stripe's events, oldest first, and run the jobs they cause."""
    for event in provider.events():
        services.receive_event(event, at=timezone.now())
    run_jobs()


def balances() -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in LedgerLine.objects.all():
        sums[line.account] = sums.get(line.account, 0) + line.amount_cents
    return sums


def all_is_well() -> bool:
    assert audit.breaches(with_provider=True) == {}
    return True


def test_start_payment_opens_one_session(provider):
    order = factories.order()

    payment = started(order)

    [session] = provider.objects("checkout/sessions")
    assert (payment.status, payment.session_id) == ("open", session["id"])
    assert session["amount_total"] == order.total_cents
    assert session["client_reference_id"] == f"{order.uuid}.1"
    assert Operation.objects.get().state == "done"


def test_start_payment_again_gives_same_session(provider):
    order = factories.order()
    first = started(order)

    again = started(order)

    assert again == first
    assert len(provider.objects("checkout/sessions")) == 1


def test_paid_session_pays_order_once(provider):
    mug = factories.variant(price_cents=10_000, stock=3)
    order = factories.order((mug, 1))
    payment = started(order)
    provider.outcome(payment.session_id, "pay")

    services.settle(payment.pk, at=timezone.now())
    hand_over_events(provider)
    hand_over_events(provider)

    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.status, payment.status, payment.captured_cents) == ("paid", "succeeded", 10_450)
    assert Stock.objects.get(pk=mug.pk).on_hand == 2
    fee = round(10_450 * 0.015 + 25 + 0.001)
    assert balances() == {
        "stripe_balance": 10_450 - fee,
        "stripe_fees": fee,
        "commission": -1000,
        f"maker_payable:{mug.product.maker_id}": -9450,
    }
    assert all_is_well()


@pytest.mark.parametrize("seed", range(6))
def test_events_in_any_order_lead_to_same_end(provider, seed):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")
    events = provider.events()
    shuffled = sorted(events * 2, key=lambda event: hash((event["id"], seed)))

    for event in shuffled:
        services.receive_event(event, at=timezone.now())
        run_jobs()

    order.refresh_from_db()
    assert order.status == "paid"
    assert StripeEvent.objects.count() == len(events)
    assert all_is_well()


def test_event_before_session_was_stored_is_not_lost(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")
    # As if we had been killed between Stripe's answer and our writing it down.
    Payment.objects.update(status="intent", session_id="", session_url="")
    payment.moves.filter(to_status="open").delete()
    Operation.objects.update(state="sent", provider_id="")

    hand_over_events(provider)

    order.refresh_from_db()
    assert order.status == "paid"
    assert all_is_well()


def test_declined_card_leaves_order_payable(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "decline")

    hand_over_events(provider)

    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.status, payment.status) == ("pending", "open")
    provider.outcome(payment.session_id, "pay")
    hand_over_events(provider)
    order.refresh_from_db()
    assert order.status == "paid"
    assert all_is_well()


def test_abandoned_payment_gives_stock_back_after_confirmed_expiry(provider):
    mug = factories.variant(stock=1)
    order = factories.order((mug, 1))
    started(order)
    assert Stock.objects.get(pk=mug.pk).available == 0

    provider.tell("clock", advance=41 * 60)
    hand_over_events(provider)

    order.refresh_from_db()
    assert order.status == "expired"
    assert Stock.objects.get(pk=mug.pk).available == 1
    assert all_is_well()


def test_stock_stays_held_until_stripe_confirms(provider):
    mug = factories.variant(stock=1)
    order = factories.order((mug, 1))
    payment = started(order)
    Payment.objects.update(expires_at=timezone.now() - timedelta(minutes=1))

    services.settle_overdue(at=timezone.now())

    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.status, payment.status) == ("pending", "open")
    assert Stock.objects.get(pk=mug.pk).available == 0


def test_slow_payment_is_confirmed_days_later(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "later")
    hand_over_events(provider)
    order.refresh_from_db()
    assert order.status == "paying"

    provider.outcome(payment.session_id, "confirm")
    hand_over_events(provider)

    order.refresh_from_db()
    assert order.status == "paid"
    assert all_is_well()


def test_slow_payment_that_fails_gives_stock_back(provider):
    mug = factories.variant(stock=1)
    order = factories.order((mug, 1))
    payment = started(order)
    provider.outcome(payment.session_id, "later")
    hand_over_events(provider)

    provider.outcome(payment.session_id, "fail")
    hand_over_events(provider)

    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.status, payment.status) == ("failed", "failed")
    assert Stock.objects.get(pk=mug.pk).available == 1
    assert all_is_well()


def test_cancel_expires_session_first(provider):
    mug = factories.variant(stock=1)
    order = factories.order((mug, 1))
    started(order)

    services.cancel_order(order.pk, by="buyer", at=timezone.now())

    order.refresh_from_db()
    assert order.status == "cancelled"
    assert provider.objects("checkout/sessions")[0]["status"] == "expired"
    assert Stock.objects.get(pk=mug.pk).available == 1
    assert all_is_well()


def test_cancel_of_paid_session_honours_payment(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")

    services.cancel_order(order.pk, by="buyer", at=timezone.now())

    order.refresh_from_db()
    assert order.status == "paid"


def test_cancel_waits_while_stripe_is_away(provider):
    mug = factories.variant(stock=1)
    order = factories.order((mug, 1))
    started(order)
    provider.fault("/v1/checkout/sessions/*", "500", times=1)

    with pytest.raises(ProviderUnavailable):
        services.cancel_order(order.pk, by="buyer", at=timezone.now())

    order.refresh_from_db()
    assert (order.status, order.is_cancelling) == ("pending", True)
    assert Stock.objects.get(pk=mug.pk).available == 0


def test_late_money_without_stock_goes_straight_back(provider):
    mug = factories.variant(stock=1)
    late = factories.order((mug, 1))
    payment = started(late)
    provider.outcome(payment.session_id, "later")
    hand_over_events(provider)
    provider.outcome(payment.session_id, "fail")
    hand_over_events(provider)
    factories.order((mug, 1))
    # The bank changes its mind: a late confirmation of what it had called failed.
    session = paid_copy_of(payment, provider)
    services.settling.apply_session(payment.pk, session, at=timezone.now())
    run_jobs()

    late.refresh_from_db()
    refund = Refund.objects.get()
    assert (late.status, refund.status) == ("refunded", "succeeded")
    assert refund.amount_cents == late.total_cents
    assert Stock.objects.get(pk=mug.pk).held == 1
    assert audit.breaches() == {}


def paid_copy_of(payment: Payment, provider) -> object:
    """Pay another order of the same price, and show its charge as this payment's session."""
    twin = factories.order((factories.variant(stock=1), 1))
    other = started(twin)
    provider.outcome(other.session_id, "pay")
    paid = services.settling.gateway.retrieve_session(other.session_id)
    paid.id = payment.session_id
    paid.client_reference_id = payment.reference
    return paid


@pytest.mark.parametrize("kind", ["500", "429", "reset", "500_after", "reset_after"])
def test_start_payment_heals_when_stripe_stumbles(provider, kind):
    order = factories.order()
    provider.fault("/v1/checkout/sessions", kind)

    with pytest.raises(ProviderUnavailable):
        started(order)
    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("pending", "unknown")
    payment = started(order)

    assert payment.status == "open"
    assert len(provider.objects("checkout/sessions")) == 1
    assert all_is_well()


@pytest.mark.parametrize("kind", ["500", "429", "reset", "500_after", "reset_after"])
def test_refund_happens_once_when_stripe_stumbles(provider, kind):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")
    services.settle(payment.pk, at=timezone.now())
    refund = services.refund_shipment(order.shipments.get().pk, reason="test", at=timezone.now())
    provider.fault("/v1/refunds", kind)

    with pytest.raises(ProviderUnavailable):
        services.send_refund(refund.pk, at=timezone.now())
    services.send_refund(refund.pk, at=timezone.now())

    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert len(provider.objects("refunds")) == 1
    run_jobs()
    assert all_is_well()


def test_refund_requested_twice_is_one(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")
    services.settle(payment.pk, at=timezone.now())
    parcel = order.shipments.get()

    first = services.refund_shipment(parcel.pk, reason="a", at=timezone.now())
    second = services.refund_shipment(parcel.pk, reason="b", at=timezone.now())

    assert first == second
    assert Operation.objects.filter(kind="refund").count() == 1


def test_refund_of_more_than_was_paid_is_refused(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")
    services.settle(payment.pk, at=timezone.now())
    services.refund_shipment(order.shipments.get().pk, reason="a", at=timezone.now())

    with pytest.raises(services.RefundTooLarge):
        services.refund_order(order.pk, reason="b", token="b", at=timezone.now())

    assert Refund.objects.count() == 1


def test_refund_without_payment_is_refused():
    order = factories.order()

    with pytest.raises(services.refunding.NothingToRefund):
        services.refund_order(order.pk, reason="b", token="b", at=timezone.now())

    assert not Refund.objects.exists()


def test_refund_that_bounces_later_is_undone_in_the_books(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")
    services.settle(payment.pk, at=timezone.now())
    before = balances()
    refund = services.refund_shipment(order.shipments.get().pk, reason="a", at=timezone.now())
    services.send_refund(refund.pk, at=timezone.now())
    refund.refresh_from_db()

    provider.tell(f"refunds/{refund.provider_id}", status="failed")
    hand_over_events(provider)

    refund.refresh_from_db()
    after = {account: cents for account, cents in balances().items() if cents}
    assert refund.status == "failed"
    assert after == before
    assert all_is_well()


def test_session_of_another_amount_moves_nothing(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")
    Payment.objects.update(amount_cents=order.total_cents - 1)

    with pytest.raises(services.PaymentMismatch):
        services.settle(payment.pk, at=timezone.now())

    order.refresh_from_db()
    assert order.status == "pending"
    assert not LedgerLine.objects.exists()


def test_event_of_unknown_order_is_parked_then_dies(provider):
    event = {
        "id": "evt_1", "type": "checkout.session.completed", "created": 1_700_000_000,
        "data": {"object": {"id": "cs_1", "client_reference_id": "nobody"}},
    }  # fmt: skip
    long_ago = timezone.now() - timedelta(hours=73)
    services.receive_event(event, at=long_ago)
    run_jobs()
    assert StripeEvent.objects.get().state == "parked"

    services.retry_parked(at=timezone.now())

    assert StripeEvent.objects.get().state == "dead"


def test_catch_up_finds_events_that_never_came(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")

    services.catch_up(at=timezone.now(), since=timezone.now() - timedelta(hours=2))
    run_jobs()

    order.refresh_from_db()
    assert order.status == "paid"


def test_order_stripe_never_heard_of_expires(provider):
    mug = factories.variant(stock=1)
    order = factories.order((mug, 1))
    provider.fault("/v1/checkout/sessions", "500")
    with pytest.raises(ProviderUnavailable):
        started(order)
    an_hour_ago = timezone.now() - timedelta(minutes=60)
    Order.objects.update(placed_at=an_hour_ago)
    Payment.objects.update(expires_at=an_hour_ago + timedelta(minutes=40), created_at=an_hour_ago)

    with pytest.raises(services.NotPayable):
        started(order)

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().status) == ("expired", "failed")
    assert Stock.objects.get(pk=mug.pk).available == 1


def test_start_payment_after_paying_is_refused(provider):
    order = factories.order()
    payment = started(order)
    provider.outcome(payment.session_id, "pay")
    services.settle(payment.pk, at=timezone.now())

    with pytest.raises(services.NotPayable):
        started(order)

    assert len(provider.objects("checkout/sessions")) == 1
