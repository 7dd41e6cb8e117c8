"""Invariants 1 to 3 and 5 to 9, the parts that payments can see."""

from collections import Counter
from datetime import timedelta

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce, Now

from makers_market.core.audit import invariant
from makers_market.core.lifecycle import broken_histories
from orders.models import Order
from payments.models import LedgerEntry, LedgerLine, Operation, Payment, Refund, StripeEvent
from payments.models.ledger import REFUND_CLEARING
from payments.models.provider import hash_params
from payments.services import reconciling


@invariant("1b payment amount = order total = captured amount")
def payments_fit_orders() -> list[str]:
    wrong = Payment.objects.exclude(amount_cents=F("order__total_cents"))
    uncaptured = Payment.objects.filter(status=Payment.SUCCEEDED).exclude(
        captured_cents=F("amount_cents")
    )
    return [f"payment {payment}" for payment in wrong | uncaptured]


@invariant("2 refunds of a payment never exceed its charge")
def refunds_within_charge() -> list[str]:
    counting = Q(refunds__status__in=Refund.COUNTING)
    back = Coalesce(Sum("refunds__amount_cents", filter=counting), 0)
    rows = Payment.objects.annotate(back=back).filter(back__gt=F("captured_cents"))
    return [f"payment {payment} is refunded beyond its charge" for payment in rows]


@invariant("3 at most one succeeded payment an order, unless the extra one is refunded")
def paid_once() -> list[str]:
    counting = Q(refunds__status__in=Refund.COUNTING)
    succeeded = Payment.objects.filter(status=Payment.SUCCEEDED).annotate(
        back=Coalesce(Sum("refunds__amount_cents", filter=counting), 0)
    )
    kept = Counter(succeeded.exclude(back=F("captured_cents")).values_list("order_id", flat=True))
    return [f"order {order_id} was paid {n} times" for order_id, n in kept.items() if n > 1]


@invariant("5a each operation has its frozen parameters and one object")
def operations_whole() -> list[str]:
    changed = [
        f"operation {operation}: parameters changed"
        for operation in Operation.objects.iterator()
        if hash_params(operation.params) != operation.params_hash
    ]
    shared = (
        Operation.objects.exclude(provider_id="")
        .exclude(kind=Operation.EXPIRE_SESSION)
        .values("kind", "provider_id")
        .annotate(count=Count("id"))
        .filter(count__gt=1)
    )
    return changed + [f"{row['provider_id']} belongs to {row['count']}" for row in shared]


@invariant("6a every ledger entry balances")
def entries_balance() -> list[str]:
    rows = LedgerEntry.objects.annotate(sum=Coalesce(Sum("lines__amount_cents"), 0))
    return [f"entry {entry}: {entry.sum}" for entry in rows.exclude(sum=0)]


@invariant("6b every succeeded payment is in the books, refund clearing = refunds on their way")
def books_are_complete() -> list[str]:
    captured = set(LedgerEntry.objects.filter(kind="capture").values_list("source", flat=True))
    paid = {
        f"payment:{uuid}"
        for uuid in Payment.objects.exclude(captured_cents=0).values_list("uuid", flat=True)
    }
    clearing = LedgerLine.objects.filter(account=REFUND_CLEARING).aggregate(
        sum=Coalesce(Sum("amount_cents"), 0)
    )["sum"]
    moving = [Refund.REQUESTED, Refund.SENT, Refund.UNKNOWN, Refund.PENDING]
    on_their_way = Refund.objects.filter(status__in=moving).aggregate(
        sum=Coalesce(Sum("amount_cents"), 0)
    )["sum"]
    broken = [f"{source}: books and payments differ" for source in sorted(captured ^ paid)]
    if clearing != -on_their_way:
        broken.append(f"refund_clearing {clearing}, on their way {on_their_way}")
    return broken


@invariant("7 every paid order has a succeeded payment, every succeeded payment a paid order")
def money_and_orders_meet() -> list[str]:
    paid = Order.objects.filter(
        Q(status__in=[Order.PAID, Order.CLOSED, Order.UNFILLABLE, Order.REFUNDED]),
        total_cents__gt=0,
    ).exclude(payments__captured_cents__gt=0)
    unpaid_states = [*Order.AWAITING, Order.EXPIRED, Order.FAILED]
    lonely = Payment.objects.filter(status=Payment.SUCCEEDED, order__status__in=unpaid_states)
    return [f"order {o.number} is paid without money" for o in paid] + [
        f"payment {payment} without a paid order" for payment in lonely
    ]


@invariant("8b histories of payments and refunds are contiguous and legal")
def histories_hold() -> list[str]:
    return broken_histories(Payment) + broken_histories(Refund)


@invariant("9 nothing is stuck")
def nothing_is_stuck() -> list[str]:
    pending = Order.objects.filter(
        status=Order.PENDING, placed_at__lt=Now() - timedelta(minutes=50)
    )
    paying = Order.objects.filter(status=Order.PAYING, placed_at__lt=Now() - timedelta(days=8))
    operations = Operation.objects.filter(
        state__in=[Operation.SENT, Operation.UNKNOWN], first_sent_at__lt=Now() - timedelta(hours=1)
    )
    events = StripeEvent.objects.filter(
        state=StripeEvent.RECEIVED, received_at__lt=Now() - timedelta(minutes=5)
    )
    return [
        *(f"order {order.number} is {order.status}" for order in pending | paying),
        *(f"operation {operation}" for operation in operations),
        *(f"event {event}" for event in events),
    ]


@invariant("5b, 6c, 7b our books agree with Stripe's", asks_provider=True)
def stripe_agrees() -> list[str]:
    return [
        *reconciling.unmatched_objects(),
        *reconciling.differing_balances(),
        *reconciling.unknown_money(),
    ]
