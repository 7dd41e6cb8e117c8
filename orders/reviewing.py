"""Which sold lines may be reviewed, and by whom: what has arrived, once."""

from orders.models import Order, OrderLine, Shipment

ARRIVED = frozenset({Shipment.DELIVERED, Shipment.COLLECTED, Shipment.SETTLED})
STANDING = frozenset({Order.PAID, Order.CLOSED})


def purchase_of(line: OrderLine) -> str:
    """Name a line as reviews do."""
    return f"line:{line.pk}"


def has_arrived(line: OrderLine) -> bool:
    """Tell whether the piece is in the buyer's hands: not cancelled, lost or sent back."""
    return line.order.status in STANDING and line.shipment.status in ARRIVED


def signature(name: str) -> str:
    """Propose how a buyer signs: the first name and the last one's letter, "Ada M."."""
    first, *rest = name.split() or [""]
    return f"{first} {rest[-1][0]}." if rest else first
