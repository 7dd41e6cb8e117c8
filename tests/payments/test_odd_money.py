"""Races and oddities of money: what two people, or Stripe and a person, do at the same moment."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from makers_market.core import audit
from orders import services as orders
from orders.models import Order
from payments import services
from payments.models import LedgerEntry, Payment, Refund, StripeEvent
from payments.services.refunding import refund_payment
from tests import factories
from tests.worker import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider", "inbox")]


def paid(provider, *lines) -> Order:
    order = factories.order(*lines)
    payment = services.start_payment(order.pk, at=timezone.now())
    provider.outcome(payment.session_id, "pay")
    services.settle_order(order.pk, at=timezone.now())
    return Order.objects.get(pk=order.pk)


def test_parcel_is_refunded_from_the_payment_that_was_kept(provider):
    """The extra money went straight back: what is left to give back lies in the other payment."""
    order = paid(provider, (factories.variant(), 1), (factories.variant(), 1))
    kept = Payment.objects.get()
    extra = Payment.objects.create(
        order=order, attempt=2, amount_cents=order.total_cents, status=Payment.SUCCEEDED,
        captured_cents=order.total_cents, created_at=kept.created_at, expires_at=kept.expires_at,
        session_id="cs_extra",
    )  # fmt: skip
    Payment.objects.filter(pk=kept.pk).update(session_id="cs_swapped")
    refund_payment(kept, reason="paid twice", token=f"extra:{kept.uuid}", at=timezone.now())

    refund = services.refund_shipment(
        order.shipments.first().pk, reason="cancelled", at=timezone.now()
    )

    assert refund.payment == extra


def test_maker_cancels_each_parcel_and_all_money_goes_back_once(provider):
    order = paid(provider, (factories.variant(), 1), (factories.variant(), 2))
    run_jobs()

    for shipment in [*order.shipments.all(), *order.shipments.all()]:
        orders.cancel_shipment(shipment.pk, by="mo", at=timezone.now())
    run_jobs()

    order.refresh_from_db()
    assert order.status == Order.CANCELLED
    assert sum(r.amount_cents for r in Refund.objects.all()) == order.total_cents
    assert {r.status for r in Refund.objects.all()} == {Refund.SUCCEEDED}
    assert audit.breaches(with_provider=True) == {}


def test_parcel_cancelled_while_the_whole_order_is_refunded_pays_back_no_more(provider):
    order = paid(provider, (factories.variant(), 1), (factories.variant(), 2))
    services.refund_order(order.pk, reason="sorry", token="button-1", at=timezone.now())

    with pytest.raises(services.RefundTooLarge):
        services.refund_shipment(order.shipments.first().pk, reason="x", at=timezone.now())

    assert Refund.objects.get().amount_cents == order.total_cents


def test_event_that_stripe_no_longer_knows_holds_up_no_other(provider):
    order = factories.order()
    payment = services.start_payment(order.pk, at=timezone.now())
    provider.outcome(payment.session_id, "pay")
    long_ago = timezone.now() - timedelta(hours=1)
    lost = {
        "id": "evt_0lost", "type": "checkout.session.completed", "created": 1_700_000_000,
        "data": {"object": {"id": "cs_lost", "client_reference_id": payment.reference}},
    }  # fmt: skip
    services.receive_event(lost, at=long_ago)
    for event in provider.events():
        services.receive_event(event, at=long_ago)

    services.retry_parked(at=timezone.now())

    assert StripeEvent.objects.get(pk="evt_0lost").state == StripeEvent.PARKED
    order.refresh_from_db()
    assert order.status == Order.PAID


def test_event_of_another_order_s_session_moves_nothing(provider):
    mine, theirs = factories.order(), factories.order()
    sessions = [services.start_payment(o.pk, at=timezone.now()).session_id for o in (mine, theirs)]
    provider.outcome(sessions[1], "pay")
    forged = {
        "id": "evt_1", "type": "checkout.session.completed", "created": 1_700_000_000,
        "data": {"object": {"id": sessions[1], "client_reference_id": f"{mine.uuid}.1"}},
    }  # fmt: skip
    services.receive_event(forged, at=timezone.now())

    services.apply_event("evt_1", at=timezone.now())

    assert set(Order.objects.values_list("pk", "status")) == {
        (mine.pk, "pending"), (theirs.pk, "paid"),
    }  # fmt: skip


@pytest.mark.parametrize("door", ["returned", "pay", "cancel"])
def test_order_whose_session_stripe_forgot_still_has_its_page(provider, shopper: Client, door: str):
    order = factories.order()
    services.start_payment(order.pk, at=timezone.now())
    provider.reset()

    url = f"/order/{order.token}/{door}/"
    answer = shopper.post(url) if door == "cancel" else shopper.get(url)

    assert answer.status_code in {302, 303}
    order.refresh_from_db()
    assert order.status == Order.PENDING


@pytest.mark.django_db(transaction=True)
def test_settled_and_cancelled_at_once_it_is_paid_once(provider):
    order = factories.order((factories.variant(stock=3), 2))
    payment = services.start_payment(order.pk, at=timezone.now())
    provider.outcome(payment.session_id, "pay")
    together, errors = Barrier(6), []

    def at_once(verb) -> None:
        together.wait()
        try:
            verb()
        except services.NotPayable:
            return
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    verbs = [lambda: services.settle_order(order.pk, at=timezone.now())] * 4
    verbs += [lambda: services.cancel_order(order.pk, by="buyer", at=timezone.now())] * 2
    threads = [Thread(target=at_once, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    order.refresh_from_db()
    assert order.status == Order.PAID
    assert LedgerEntry.objects.filter(kind="capture").count() == 1
    assert audit.breaches(with_provider=True) == {}


def test_form_token_of_another_order_is_no_crash():
    first = factories.order(token=(token := uuid4()))

    again = factories.order(token=token)

    assert again == first
