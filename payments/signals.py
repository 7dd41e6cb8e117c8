"""Facts of payments; each is sent inside the transaction that makes it true, and carries ids."""

from django.dispatch import Signal

# told when money has gone back to a shopper; carries refund_id
refund_succeeded = Signal()
# told when a payment attempt ended without money after the shopper completed it; carries order_id
payment_failed = Signal()
# told when money is to go back and is set aside; carries refund_id
refund_requested = Signal()
# told when an event of Stripe was stored for the first time; carries event_id
event_received = Signal()
