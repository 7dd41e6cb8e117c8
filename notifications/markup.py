"""What mail programs may read of an order: schema.org as JSON-LD, without a word about the buyer.

Sources: https://schema.org/Order, https://schema.org/ParcelDelivery
"""

import json
from typing import Any

from django.conf import settings

from orders.models import Order
from orders.progress import LineShown, ParcelProgress

PROCESSING = "https://schema.org/OrderProcessing"
IN_TRANSIT = "https://schema.org/OrderInTransit"
DELIVERED = "https://schema.org/OrderDelivered"
PROBLEM = "https://schema.org/OrderProblem"
CANCELLED = "https://schema.org/OrderCancelled"
# Mail programs show a few pieces; a mail with all fifty would grow beyond what they keep.
OFFERS_MAX = 12
# The same four that Django's json_script escapes: nothing can end the script element early.
UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028"}


def as_script(facts: dict[str, Any]) -> str:
    """Write facts as JSON that is safe inside a script element."""
    return json.dumps(facts, ensure_ascii=False).translate(UNSAFE)


def order_markup(order: Order, parcels: list[ParcelProgress], url: str, status: str) -> str:
    """Describe an order; `url` opens its page, `status` is one of schema.org's."""
    lines = [line for parcel in parcels for line in parcel.lines]
    return as_script(
        _order(order, status)
        | {
            "url": url,
            "acceptedOffer": [_offer(line) for line in lines[:OFFERS_MAX]],
            "potentialAction": {"@type": "ViewAction", "url": url},
        }
    )


def parcel_markup(order: Order, parcel: ParcelProgress, url: str, status: str) -> str:
    """Describe one parcel on its way or arrived."""
    facts = {
        "@context": "https://schema.org",
        "@type": "ParcelDelivery",
        "partOfOrder": _order(order, status),
        "expectedArrivalFrom": parcel.arrives_from.isoformat(),
        "expectedArrivalUntil": parcel.arrives_to.isoformat(),
        "itemShipped": [_product(line) for line in parcel.lines[:OFFERS_MAX]],
        "potentialAction": {"@type": "TrackAction", "url": url},
    }
    if parcel.tracking_number:
        facts["trackingNumber"] = parcel.tracking_number
    return as_script(facts)


def _order(order: Order, status: str) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "Order",
        "merchant": {"@type": "Organization", "name": settings.MARKET["name"]},
        "orderNumber": order.number,
        "orderStatus": status,
        "orderDate": order.placed_at.isoformat(),
        "priceCurrency": order.currency,
        "price": _plain(order.total_cents),
    }


def _offer(line: LineShown) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "itemOffered": _product(line),
        "price": _plain(line.unit_price_cents),
        "priceCurrency": "EUR",
        "eligibleQuantity": {"@type": "QuantitativeValue", "value": line.quantity},
    }


def _product(line: LineShown) -> dict[str, str]:
    return {"@type": "Product", "name": line.title}


def _plain(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
