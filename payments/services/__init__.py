"""The verbs of payments: take money once, learn what Stripe knows, give money back, keep books."""

from payments.services.applying import apply_event, catch_up, receive_event, retry_parked
from payments.services.refunding import (
    RefundTooLarge,
    refund_order,
    refund_shipment,
    send_refund,
)
from payments.services.settling import (
    PaymentMismatch,
    settle,
    settle_order,
    settle_overdue,
)
from payments.services.starting import (
    NotPayable,
    cancel_order,
    expire_overdue,
    start_payment,
)

__all__ = [
    "NotPayable",
    "PaymentMismatch",
    "RefundTooLarge",
    "apply_event",
    "cancel_order",
    "catch_up",
    "expire_overdue",
    "receive_event",
    "refund_order",
    "refund_shipment",
    "retry_parked",
    "send_refund",
    "settle",
    "settle_order",
    "settle_overdue",
    "start_payment",
]
