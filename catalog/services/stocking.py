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
from makers_market.core import audit_log
from makers_market.core.errors import Refusal

# More of one piece than any workshop has; a slip of the keyboard ends here, not in the column.
ON_HAND_MAX = 100_000


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


class HeldByOrders(Refusal):
    """Fewer pieces would be left than shoppers are paying for just now."""

    def __init__(self, held: int) -> None:
        if not held:
            super().__init__(_("There cannot be fewer than none."))
            return
        words = ngettext(
            "%(count)d of these is being paid for just now: there cannot be fewer.",
            "%(count)d of these are being paid for just now: there cannot be fewer.",
            held,
        )
        super().__init__(words % {"count": held})


class Outdated(Refusal):
    """The number changed between the counting and its being written down."""

    def __init__(self, on_hand: int) -> None:
        words = ngettext(
            "Meanwhile the number changed: %(count)d is on hand now. Please look once more.",
            "Meanwhile the number changed: %(count)d are on hand now. Please look once more.",
            on_hand,
        )
        super().__init__(words % {"count": on_hand})


class TooMany(Refusal):
    """More of one piece than a workshop can have."""

    def __init__(self) -> None:
        super().__init__(_("This is more than a workshop can have of one piece."))


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
def receive_stock(
    variant: Variant, quantity: int, *, reference: str, at: datetime, by: str = ""
) -> bool:
    """Add finished pieces to what is on hand, once per reference; True if it was the first time.

    Locks the variant's stock. With `by` the audit log keeps whose hand it was. Raises ValueError
    for a quantity below 1, TooMany for one that no shelf holds.
    """
    if quantity < 1:
        raise ValueError("receive at least one piece")
    stock = Stock.objects.select_for_update().get(pk=variant.pk)
    if _is_known(stock, StockMovement.RECEIVED, reference):
        return False
    _adjust(stock, quantity, StockMovement.RECEIVED, reference=reference, at=at)
    if by:
        _tell(stock, "stock.received", quantity, reference=reference, by=by, at=at)
    return True


@transaction.atomic
def correct_stock(
    variant: Variant, on_hand: int, *, seen: int, why: str, reference: str, by: str, at: datetime
) -> bool:
    """Set what is on hand to what was counted, once per reference; True if it was the first time.

    `seen` is the number the counting began with: raises Outdated if it has changed since, for a
    sale meanwhile would be undone. Locks the variant's stock. Raises HeldByOrders for fewer than
    checkouts hold, TooMany for more than a shelf holds; the number already there moves nothing.
    """
    stock = Stock.objects.select_for_update().get(pk=variant.pk)
    if _is_known(stock, StockMovement.CORRECTED, reference):
        return False
    if on_hand != stock.on_hand:
        if seen != stock.on_hand:
            raise Outdated(stock.on_hand)
        _correct(stock, on_hand - stock.on_hand, why=why, reference=reference, by=by, at=at)
    return True


@transaction.atomic
def take_stock_away(
    variant: Variant, quantity: int, *, why: str, reference: str, by: str, at: datetime
) -> bool:
    """Take broken, lost or given-away pieces off what is on hand, once per reference.

    Locks the variant's stock. Raises ValueError for a quantity below 1, HeldByOrders when fewer
    would be left than checkouts hold. True if it was the first time.
    """
    if quantity < 1:
        raise ValueError("take away at least one piece")
    stock = Stock.objects.select_for_update().get(pk=variant.pk)
    if _is_known(stock, StockMovement.CORRECTED, reference):
        return False
    _correct(stock, -quantity, why=why, reference=reference, by=by, at=at)
    return True


def _correct(
    stock: Stock, difference: int, *, why: str, reference: str, by: str, at: datetime
) -> None:
    if stock.on_hand + difference < stock.held:
        raise HeldByOrders(stock.held)
    _adjust(stock, difference, StockMovement.CORRECTED, reference=reference, at=at)
    _tell(stock, "stock.corrected", difference, reference=reference, by=by, at=at, why=why)


def _is_known(stock: Stock, reason: str, reference: str) -> bool:
    """Tell whether this form was counted before; the caller holds the stock's lock."""
    movements = StockMovement.objects.filter(variant_id=stock.pk, reason=reason)
    return movements.filter(reference=reference).exists()


def _adjust(stock: Stock, quantity: int, reason: str, *, reference: str, at: datetime) -> None:
    """Change what is on hand by a number, above or below zero, and write its movement."""
    if stock.on_hand + quantity > ON_HAND_MAX:
        raise TooMany
    _change(RECEIVE, {stock.pk: quantity})
    _record({stock.pk: quantity}, reason, sign=1, reference=reference, at=at)


def _tell(
    stock: Stock,
    action: str,
    quantity: int,
    *,
    reference: str,
    by: str,
    at: datetime,
    why: str = "",
) -> None:
    """Record who changed the number; `stock` is the row as it was before."""
    after = stock.on_hand + quantity
    changes = {"on_hand": (stock.on_hand, after), "reference": ("", reference)}
    maker = stock.variant.product.maker_id
    audit_log.record(action, stock, by=by, at=at, maker=maker, changes=changes, why=why)


def _record(
    quantities: Mapping[int, int], reason: str, *, sign: int, reference: str, at: datetime
) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(
            variant_id=pk, quantity=sign * quantities[pk], reason=reason, reference=reference, at=at
        )
        for pk in sorted(quantities)
    )
