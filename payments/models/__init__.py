"""Money: attempts to take it, calls to Stripe, what Stripe tells, refunds, and the books."""

from payments.models.ledger import LedgerEntry, LedgerLine
from payments.models.payment import Payment, PaymentMove
from payments.models.provider import Operation, StripeEvent
from payments.models.refund import Refund, RefundMove

__all__ = [
    "LedgerEntry",
    "LedgerLine",
    "Operation",
    "Payment",
    "PaymentMove",
    "Refund",
    "RefundMove",
    "StripeEvent",
]
