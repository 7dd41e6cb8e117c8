"""How many there are of a workshop's pieces, as its pages show it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from catalog.models import Product, Stock, StockMovement
from makers_market.core.dates import moment
from makers_market.core.models import AuditEntry

# From here on the shop says "n left", and its maker is told.
LOW_STOCK = 3
MOVEMENTS_SHOWN = 100


def kept(stock: "QuerySet[Stock]") -> "QuerySet[Stock]":
    """Keep what is not taken off sale, and what no longer offered is left; each with its piece."""
    rows = stock.exclude(variant__product__status=Product.RETIRED)
    rows = rows.exclude(variant__is_offered=False, on_hand=0)
    return rows.select_related("variant__product")


def scarce(stock: "QuerySet[Stock]") -> "QuerySet[Stock]":
    """Keep what shoppers can see and soon no longer buy."""
    on_sale = stock.filter(variant__is_offered=True, variant__product__status=Product.LIVE)
    return on_sale.filter(on_hand__lte=F("held") + LOW_STOCK)


def running_low(maker_id: int) -> "QuerySet[Stock]":
    """Give what runs low in a workshop, the scarcest first."""
    own = kept(Stock.objects.filter(variant__product__maker=maker_id))
    return scarce(own).order_by(F("on_hand") - F("held"), "pk")


@dataclass(frozen=True)
class Movement:
    """One change of a number: when, by how many, why in words, what caused it, and whose hand."""

    when: str
    quantity: int
    reason: str
    why: str
    actor: str
    reference: str


def movements_of(stock: Stock) -> list[Movement]:
    """Give the latest movements of a stock, the newest first; who did it is in the audit log."""
    newest = StockMovement.objects.filter(variant=stock.pk).order_by("-pk")[:MOVEMENTS_SHOWN]
    told = AuditEntry.objects.filter(subject=f"stock:{stock.pk}").order_by("-pk")
    known = {_reference(entry): entry for entry in told[:MOVEMENTS_SHOWN]}
    return [_shown(movement, known.get(movement.reference)) for movement in newest]


def _reference(entry: AuditEntry) -> str:
    return str(entry.changes.get("reference", ["", ""])[1])


def _shown(movement: StockMovement, entry: AuditEntry | None) -> Movement:
    words: Any = movement.get_reason_display()
    why, actor = (entry.why, entry.actor) if entry else ("", "")
    return Movement(
        moment(movement.at), movement.quantity, str(words), why, actor, movement.reference
    )
