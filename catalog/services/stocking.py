"""Stock: hold it while someone pays, sell what was held, give back what was not paid.

Rows are always locked in primary-key order by one SELECT, then changed by one conditional UPDATE:
a bare UPDATE of several rows locks them in no order and deadlocks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Stock, StockMovement, Variant
from makers_market.core.errors import Refusal


@dataclass(frozen=True)
class Shortage:
    """A variant of which fewer are for sale than wished."""

    variant: Variant
    wanted: int
    available: int

    def in_words(self) -> str:
        title = self.variant.product.title
        if not self.available:
            return _("%(title)s is sold out.") % {"title": title}
        return ngettext(
            "Only %(count)d of %(title)s is left.",
            "Only %(count)d of %(title)s are left.",
            self.available,
        ) % {"count": self.available, "title": title}


class SoldOut(Refusal):
    """Some wished pieces are not for sale in that number; `shortages` names them."""

    def __init__(self, shortages: list[Shortage]) -> None:
        super().__init__(" ".join(shortage.in_words() for shortage in shortages))
        self.shortages = shortages


@dataclass(frozen=True)
class Holding:
    """A number of one variant that an order holds or held."""

    variant_id: int
    quantity: int


HOLD = """
UPDATE catalog_stock AS stock SET held = held + wish.quantity
FROM unnest(%s::bigint[], %s::int[]) AS wish (variant_id, quantity)
WHERE stock.variant_id = wish.variant_id AND stock.on_hand - stock.held >= wish.quantity
"""
RELEASE = """
UPDATE catalog_stock AS stock SET held = held - wish.quantity
FROM unnest(%s::bigint[], %s::int[]) AS wish (variant_id, quantity)
WHERE stock.variant_id = wish.variant_id
"""
SELL = """
UPDATE catalog_stock AS stock
SET held = held - wish.quantity, on_hand = on_hand - wish.quantity
FROM unnest(%s::bigint[], %s::int[]) AS wish (variant_id, quantity)
WHERE stock.variant_id = wish.variant_id
"""
RECEIVE = """
UPDATE catalog_stock AS stock SET on_hand = on_hand + wish.quantity
FROM unnest(%s::bigint[], %s::int[]) AS wish (variant_id, quantity)
WHERE stock.variant_id = wish.variant_id
"""


@transaction.atomic(savepoint=False)
def hold_stock(wishes: Mapping[int, int]) -> dict[int, Variant]:
    """Hold stock (variant id → quantity) and give the locked variants with product and maker.

    Locks variants and their stock in primary-key order. Raises SoldOut and holds nothing when
    any is short. Quantities are 1 or more; an unknown variant counts as sold out.
    """
    variants = _locked(wishes)
    shortages = [
        Shortage(variant, wishes[pk], max(variant.available, 0) if _is_on_sale(variant) else 0)
        for pk, variant in variants.items()
        if variant.available < wishes[pk] or not _is_on_sale(variant)
    ]
    if shortages:
        raise SoldOut(shortages)
    _change(HOLD, wishes)
    return variants


def _locked(wishes: Mapping[int, int]) -> dict[int, Variant]:
    rows = (
        Stock.objects.select_related("variant__product__maker", "variant__product__category")
        .filter(pk__in=wishes)
        .order_by("pk")
        .select_for_update(of=("self", "variant"), no_key=True)
    )
    return {row.pk: row.variant for row in rows}


def _is_on_sale(variant: Variant) -> bool:
    product = variant.product
    return product.status == product.LIVE and product.maker.is_open


def _change(statement: str, quantities: Mapping[int, int]) -> None:
    ids = sorted(quantities)
    with connection.cursor() as cursor:
        cursor.execute(statement, [ids, [quantities[pk] for pk in ids]])
        if cursor.rowcount != len(ids):
            raise RuntimeError(f"stock changed {cursor.rowcount} of {len(ids)} rows under a lock")


def _lock_stock(holdings: Iterable[Holding]) -> dict[int, int]:
    quantities = {holding.variant_id: holding.quantity for holding in holdings}
    rows = Stock.objects.filter(pk__in=quantities).order_by("pk").select_for_update()
    for _row in rows:
        pass
    return quantities


@transaction.atomic
def release_stock(holdings: Iterable[Holding]) -> None:
    """Give held stock back for sale. Locks stock in primary-key order."""
    _change(RELEASE, _lock_stock(holdings))


@transaction.atomic
def sell_stock(holdings: Iterable[Holding], *, reference: str, at: datetime) -> None:
    """Turn held stock into sold stock and write its movements, once per reference.

    Locks stock in primary-key order.
    """
    quantities = _lock_stock(holdings)
    _change(SELL, quantities)
    _record(quantities, StockMovement.SOLD, sign=-1, reference=reference, at=at)


@transaction.atomic
def return_stock(holdings: Iterable[Holding], *, reference: str, at: datetime) -> None:
    """Put sold pieces that never left, or came back, on sale again. Locks stock in order."""
    quantities = _lock_stock(holdings)
    _change(RECEIVE, quantities)
    _record(quantities, StockMovement.RETURNED, sign=1, reference=reference, at=at)


@transaction.atomic
def receive_stock(variant: Variant, quantity: int, *, reference: str, at: datetime) -> bool:
    """Add finished pieces to what is on hand, once per reference; True if it was the first time.

    Raises ValueError for a quantity below 1.
    """
    if quantity < 1:
        raise ValueError("receive at least one piece")
    if StockMovement.objects.filter(
        variant=variant, reason=StockMovement.RECEIVED, reference=reference
    ).exists():
        return False
    quantities = _lock_stock([Holding(variant.pk, quantity)])
    _change(RECEIVE, quantities)
    _record(quantities, StockMovement.RECEIVED, sign=1, reference=reference, at=at)
    return True


def _record(
    quantities: Mapping[int, int], reason: str, *, sign: int, reference: str, at: datetime
) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(
            variant_id=pk, quantity=sign * quantities[pk], reason=reason, reference=reference, at=at
        )
        for pk in sorted(quantities)
    )
