"""Every invariant of money and stock is broken once, by hand, and `audit_money` must say so."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Variant
from makers_market.core import audit
from orders import services as orders
from orders.models import Basket, Order
from payments import services as payments
from tests import factories
from tests.worker import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("living_shop")]

# What the database itself forbids is switched off first, in the table a break begins with.
BREAKS = {
    "1a order total = sum of its parcels = sum of lines and delivery": [
        "UPDATE orders_shipment SET items_cents = items_cents + 1, total_cents = total_cents + 1",
        "UPDATE orders_orderline SET unit_price_cents = 1, total_cents = quantity",
        "UPDATE orders_order SET delivery_cents = delivery_cents + 1,"
        " total_cents = total_cents + 1",
    ],
    "1b payment amount = order total = captured amount": [
        "UPDATE payments_payment SET amount_cents = amount_cents + 1 WHERE status = 'open'",
        "UPDATE payments_payment SET captured_cents = 1 WHERE status = 'succeeded'",
    ],
    "1c a paid order's parcels have left waiting, an unpaid order's have not": [
        "UPDATE orders_shipment SET status = 'waiting' WHERE status = 'new'",
        "UPDATE orders_shipment SET status = 'new' WHERE status = 'waiting'",
    ],
    "1d a parcel is posted no earlier than its pieces are made": [
        "UPDATE orders_orderline SET ships_by_date = ships_by_date + 90"
        " WHERE ships_by_date IS NOT NULL",
    ],
    "1e what answers add to a price is within the price": [
        "UPDATE orders_orderline SET personal = jsonb_set(personal, '{0,extra_cents}', '999999')"
        " WHERE personal <> '[]'",
    ],
    "2 refunds of a payment never exceed its charge": [
        "UPDATE payments_refund SET amount_cents = amount_cents + 1000000",
    ],
    "3 at most one succeeded payment an order, unless the extra one is refunded": [
        "UPDATE payments_payment AS extra SET order_id = kept.order_id, attempt = 2,"
        " status = 'succeeded', captured_cents = extra.amount_cents"
        " FROM payments_payment AS kept"
        " WHERE kept.status = 'succeeded' AND extra.status = 'open'",
    ],
    "4a stock on hand = sum of its movements": [
        "UPDATE catalog_stock SET on_hand = on_hand + 1",
        "DELETE FROM catalog_stockmovement WHERE reason = 'sold'",
    ],
    "4b 0 <= held <= on hand": [
        "UPDATE catalog_stock SET held = on_hand + 1",
        "UPDATE catalog_stock SET held = -1",
    ],
    "4c held = sum of live holds of stock": [
        "UPDATE orders_hold SET quantity = quantity + 1 WHERE state = 'live'",
        "UPDATE orders_hold SET made_in_week = NULL WHERE state = 'live'"
        " AND made_in_week IS NOT NULL",
        "UPDATE catalog_stock SET held = held + 1 WHERE on_hand > held",
    ],
    "4d no live hold without a live order, no sold hold without a paid one": [
        "UPDATE orders_order SET status = 'expired' WHERE status = 'pending'",
        "UPDATE orders_hold SET state = 'sold' WHERE state = 'live'",
    ],
    "4e room taken in a maker's latest week = what is held and sold of it": [
        "UPDATE catalog_workload SET taken = taken + 1",
        "UPDATE orders_hold SET state = 'released' WHERE state = 'live'"
        " AND made_in_week IS NOT NULL",
    ],
    "4f what an order holds of a variant = what its lines sell of it": [
        "UPDATE orders_hold SET quantity = quantity + 1 WHERE state = 'sold'",
    ],
    "5a each operation has its frozen parameters and one object": [
        """UPDATE payments_operation SET params = params || '{"eve": 1}'""",
        "UPDATE payments_operation SET provider_id = 'cs_1' WHERE kind = 'open_session'",
    ],
    "5b, 6c, 7b our books agree with Stripe's": [
        "UPDATE payments_operation SET provider_id = 'cs_lost' WHERE state = 'done'"
        " AND subject IN (SELECT 'payment:' || uuid FROM payments_payment WHERE status = 'open')",
        "UPDATE payments_ledgerline SET amount_cents = amount_cents + 1"
        " WHERE account = 'stripe_balance'",
        "UPDATE payments_payment SET session_id = 'cs_other' WHERE status = 'succeeded'",
    ],
    "6a every ledger entry balances": [
        "UPDATE payments_ledgerline SET amount_cents = amount_cents + 1"
        " WHERE account = 'commission'",
    ],
    "6b every succeeded payment is in the books, refund clearing = refunds on their way": [
        "UPDATE payments_ledgerentry SET kind = 'other' WHERE kind = 'capture'",
        "UPDATE payments_refund SET status = 'pending'",
    ],
    "7 every paid order has a succeeded payment, every succeeded payment a paid order": [
        "UPDATE orders_order SET status = 'expired' WHERE status = 'paid'",
        "UPDATE orders_order SET status = 'paid' WHERE status = 'pending'",
    ],
    "8a histories of orders and parcels are contiguous and legal": [
        "DELETE FROM orders_ordermove WHERE from_status = ''",
        "UPDATE orders_shipmentmove SET to_status = 'delivered' WHERE to_status = 'new'",
        "UPDATE orders_order SET status = 'closed' WHERE status = 'paid'",
    ],
    "8b histories of payments and refunds are contiguous and legal": [
        "DELETE FROM payments_paymentmove WHERE to_status = 'open'",
        "UPDATE payments_refundmove SET to_status = 'failed' WHERE to_status = 'succeeded'",
    ],
    "8c every paid order was thanked for, once": [
        "UPDATE orders_ordermove SET at = at - interval '6 minutes',"
        " subject_id = (SELECT id FROM orders_order WHERE status = 'pending')"
        " WHERE to_status = 'paid'",
    ],
    "9 nothing is stuck": [
        "UPDATE orders_order SET placed_at = now() - interval '51 minutes'",
        "UPDATE orders_order SET status = 'paying', placed_at = now() - interval '9 days'",
        "UPDATE payments_operation SET state = 'unknown',"
        " first_sent_at = now() - interval '61 minutes'",
        "UPDATE payments_stripeevent SET state = 'received',"
        " received_at = now() - interval '6 minutes'",
    ],
    "10a a listing has the stock of its piece": [
        "UPDATE catalog_listing SET available = available + 1",
        "UPDATE catalog_variant SET is_offered = false",
    ],
    "10b a listing has the lowest price of its piece": [
        "UPDATE catalog_listing SET price_cents = price_cents + 1",
    ],
    "10c a listing counts the reviews that are shown": [
        "UPDATE catalog_review SET state = 'hidden'",
    ],
    "9b no mail waits for an hour": [
        "UPDATE notifications_mail SET state = 'queued',"
        " created_at = now() - interval '61 minutes'",
    ],
}  # fmt: skip
CASES = [(name, statement) for name, statements in BREAKS.items() for statement in statements]


def engraved(*others: Variant) -> Basket:
    """Fill a basket with a ring for Ada, one for Eve, and one of each other piece."""
    ring = factories.variant(price_cents=3300)
    asked = factories.personal(ring, extra_cents=700)
    basket = factories.basket(*((piece, 1) for piece in others))
    for name in ("Ada", "Eve"):
        orders.add_to_basket(basket, sku=ring.sku, quantity=1, raw={asked.input_name: name})
    return basket


@pytest.fixture
def living_shop(provider, inbox) -> None:
    """A shop with a paid order of three parcels, one of them paid back, and an order that waits.

    In both is a piece made to order; the one that waits has engraved rings, the mug a review.
    """
    made = [factories.variant(), factories.variant(), factories.made_to_order(per_week=5)]
    factories.review(made[0].product)
    paid = factories.order((made[0], 1), (made[1], 2), (made[2], 1))
    session = payments.start_payment(paid.pk, at=timezone.now()).session_id
    provider.outcome(session, "pay")
    payments.settle_order(paid.pk, at=timezone.now())
    payments.start_payment(factories.place(engraved(made[0], made[2])).pk, at=timezone.now())
    run_jobs()
    orders.cancel_shipment(paid.shipments.first().pk, by="mo", at=timezone.now())
    run_jobs()
    payments.catch_up(at=timezone.now(), since=timezone.now() - timedelta(hours=1))
    run_jobs()


def audited(*options: str) -> tuple[int, str]:
    """Run the command; give its exit code and what it said."""
    said = StringIO()
    try:
        call_command("audit_money", *options, stdout=said)
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


def break_by_hand(statement: str) -> int:
    """Do what no code of ours does, the database's own rules switched off; gives rows changed."""
    table = statement.split()[2 if statement.startswith("DELETE") else 1]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass",
            [table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(statement)
        return int(cursor.rowcount)


def test_healthy_shop_has_no_breach():
    code, said = audited("--with-stripe")

    assert code == 0
    assert f"0 broken rows, {len(BREAKS)} invariants" in said
    assert Order.objects.filter(status=Order.PAID).count() == 1


def test_every_invariant_has_a_break():
    named = {each.name for each in audit.invariants(with_provider=True)}

    assert named == set(BREAKS)


def test_names_what_is_broken():
    """All in one test: a living shop takes longer to make than to break and look at."""
    for name, statement in CASES:
        with transaction.atomic():
            changed = break_by_hand(statement)
            code, said = audited("--with-stripe")
            transaction.set_rollback(True)

        assert changed > 0, statement
        assert code == 1, statement
        assert f"BROKEN {name}:" in said, statement
