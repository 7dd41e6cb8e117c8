"""Reconciling: our books against Stripe's own list, both ways."""

from django.db.models import Sum
from django.db.models.functions import Coalesce

from payments import gateway
from payments.models import LedgerLine, Operation, Payment
from payments.models.ledger import STRIPE_BALANCE


def differing_balances() -> list[str]:
    """Compare `stripe_balance` with the sum of Stripe's balance transactions, in cents."""
    ours = LedgerLine.objects.filter(account=STRIPE_BALANCE).aggregate(
        sum=Coalesce(Sum("amount_cents"), 0)
    )["sum"]
    theirs = sum(movement.net for movement in gateway.list_balance_transactions())
    return [] if ours == theirs else [f"stripe_balance is {ours}, Stripe says {theirs}"]


def unmatched_objects() -> list[str]:
    """List sessions and refunds at Stripe that no operation made, and operations without one."""
    sessions = {s.id: s for s in gateway.list_sessions() if gateway.metadata_of(s).get("order")}
    refunds = {r.id for r in gateway.list_refunds() if gateway.metadata_of(r).get("refund")}
    done = Operation.objects.filter(state=Operation.DONE)
    made = set(done.filter(kind=Operation.OPEN_SESSION).values_list("provider_id", flat=True))
    refunded = set(done.filter(kind=Operation.REFUND).values_list("provider_id", flat=True))
    differences = (set(sessions) ^ made) | (refunds ^ refunded)
    return [f"{object_id} is on one side only" for object_id in sorted(differences)]


def unknown_money() -> list[str]:
    """List paid sessions at Stripe whose payment here has not succeeded."""
    paid = {
        s.id
        for s in gateway.list_sessions()
        if s.payment_status == "paid" and gateway.metadata_of(s).get("order")
    }
    booked = set(Payment.objects.exclude(captured_cents=0).values_list("session_id", flat=True))
    return [f"{session_id} is paid and not booked" for session_id in sorted(paid - booked)]
