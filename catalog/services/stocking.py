"""Stock: hold it while someone pays, sell what was held, give back what was not paid.

Rows are always locked in primary-key order by one SELECT, then changed by one conditional UPDATE:
a bare UPDATE of several rows locks them in no order and deadlocks. A piece made to order takes no
stock but room in its maker's week (workload.py), locked after all stock. The listings, which a
trigger of the stock locks when a number changes, come last.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Stock, StockMovement, Variant, Workload, room_left
from catalog.promises import week_full_words
from catalog.services.alerting import tell_returned
from catalog.services.running_low import tell_low
from catalog.services.workload import give_room_back, take_room
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
    at: datetime | None = None

    def in_words(self) -> str:
        product = self.variant.product
        title = product.title
        if product.is_made_to_order and is_on_sale(self.variant):
            return self._of_a_week()
        if not self.available:
            return _("%(title)s is sold out.") % {"title": title}
        return ngettext(
            "Only %(count)d of %(title)s is left.",
            "Only %(count)d of %(title)s are left.",
            self.available,
        ) % {"count": self.available, "title": title}

    def _of_a_week(self) -> str:
        maker = self.variant.product.maker
        if not self.available:
            return week_full_words(maker, at=self.at or timezone.now())
        return ngettext(
            "%(name)s has room for %(count)d more piece this week.",
            "%(name)s has room for %(count)d more pieces this week.",
            self.available,
        ) % {"count": self.available, "name": maker.first_name}


class SoldOut(Refusal):
    """Some wished pieces are not for sale in that number; `shortages` names them."""

    def __init__(self, shortages: list[Shortage]) -> None:
        # Several pieces of one full week are one sad fact.
        super().__init__(" ".join(dict.fromkeys(each.in_words() for each in shortages)))
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


class OnlyOne(Refusal):
    """There is one such piece in the world."""

    def __init__(self) -> None:
        super().__init__(_("There is only one of this piece."))


@dataclass(frozen=True)
class Holding:
    """A number of one variant that an order holds or held.

    `made_in_week` is the Monday of the week it is made in; None for a piece taken from stock.
    """

    variant_id: int
    quantity: int
    made_in_week: date | None = None


@dataclass(frozen=True)
class Held:
    """Pieces now held, and the Monday of the week they are made in, if they are made."""

    variant: Variant
    quantity: int
    made_in_week: date | None


HOLD = """
UPDATE catalog_stock AS stock SET held = held + wish.quantity
FROM unnest(%s::bigint[], %s::int[]) AS wish (variant_id, quantity)
WHERE stock.variant_id = wish.variant_id AND stock.on_hand - stock.held >= wish.quantity
"""
RELEASE = """
UPDATE catalog_stock AS stock SET held = held - wish.quantity
FROM unnest(%s::bigint[], %s::int[]) AS wish (variant_id, quantity)
WHERE stock.variant_id = wish.variant_id
RETURNING stock.variant_id, stock.on_hand - stock.held
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
RETURNING stock.variant_id, stock.on_hand - stock.held
"""


@transaction.atomic(savepoint=False)
def hold_stock(wishes: Mapping[int, int], *, at: datetime | None = None) -> dict[int, Held]:
    """Hold stock (variant id → quantity), or room in the maker's week for what is made to order.

    Gives the locked variants with product and maker. Locks variants and their stock in
    primary-key order, then workloads. Raises SoldOut and holds nothing when any is short.
    Quantities are 1 or more; an unknown variant counts as sold out.
    """
    at = at or timezone.now()
    variants = _locked(wishes)
    made = {pk: each for pk, each in variants.items() if each.product.is_made_to_order}
    rooms: Counter[int] = Counter()
    for pk, variant in made.items():
        rooms[variant.product.maker_id] += wishes[pk]
    shortages = _short(variants, made, wishes)
    from_stock = {pk: count for pk, count in wishes.items() if pk not in made}
    weeks = take_room(rooms, at=at) if rooms else {}
    shortages += _short_of_room(made, wishes, weeks, at)
    if shortages:
        raise SoldOut(shortages)
    # The last: its trigger locks listings, which everybody locks after workloads.
    if from_stock:
        _change(HOLD, from_stock)
    return {
        pk: Held(each, wishes[pk], weeks[each.product.maker_id] if pk in made else None)
        for pk, each in variants.items()
    }


def _short(
    variants: Mapping[int, Variant], made: Mapping[int, Variant], wishes: Mapping[int, int]
) -> list[Shortage]:
    return [
        Shortage(variant, wishes[pk], max(variant.available, 0) if is_on_sale(variant) else 0)
        for pk, variant in variants.items()
        if not is_on_sale(variant) or (pk not in made and variant.available < wishes[pk])
    ]


def _short_of_room(
    made: Mapping[int, Variant], wishes: Mapping[int, int], weeks: Mapping[int, date], at: datetime
) -> list[Shortage]:
    """Name the made pieces whose maker's week had no room; its row is locked by now."""
    full = {pk: x for pk, x in made.items() if x.product.maker_id not in weeks and is_on_sale(x)}
    loads = Workload.objects.in_bulk({x.product.maker_id for x in full.values()}) if full else {}
    short = []
    for pk, variant in full.items():
        maker = variant.product.maker
        maker.workload = loads[maker.pk]
        short.append(Shortage(variant, wishes[pk], room_left(maker, at=at) or 0, at))
    return short


def _locked(wishes: Mapping[int, int]) -> dict[int, Variant]:
    rows = (
        Stock.objects.select_related("variant__product__maker", "variant__product__category")
        .filter(pk__in=wishes)
        .order_by("pk")
        .select_for_update(of=("self", "variant"), no_key=True)
    )
    return {row.pk: row.variant for row in rows}


def is_on_sale(variant: Variant) -> bool:
    """Tell whether shoppers may order a variant, if there are enough; reads product and maker."""
    product = variant.product
    return variant.is_offered and product.status == product.LIVE and product.maker.is_open


def _change(statement: str, quantities: Mapping[int, int]) -> None:
    ids = sorted(quantities)
    with connection.cursor() as cursor:
        cursor.execute(statement, [ids, [quantities[pk] for pk in ids]])
        if cursor.rowcount != len(ids):
            raise RuntimeError(f"stock changed {cursor.rowcount} of {len(ids)} rows under a lock")
        grown = cursor.fetchall() if cursor.description else []
    tell_returned(pk for pk, now in grown if 0 < now <= quantities[pk])


def _lock_stock(holdings: Iterable[Holding]) -> dict[int, int]:
    """Lock the stock of what was taken from stock; gives how many of each variant."""
    quantities: Counter[int] = Counter()
    for holding in holdings:
        if holding.made_in_week is None:
            quantities[holding.variant_id] += holding.quantity
    rows = Stock.objects.filter(pk__in=quantities).order_by("pk").select_for_update()
    for _row in rows:
        pass
    return dict(quantities)


def _give_room_back(holdings: Iterable[Holding]) -> None:
    """Give back the room of what is not made after all; stock is locked before."""
    made = [(each, each.made_in_week) for each in holdings if each.made_in_week]
    makers = dict(
        Variant.objects.filter(pk__in={each.variant_id for each, _week in made}).values_list(
            "pk", "product__maker_id"
        )
    )
    room: Counter[tuple[int, date]] = Counter()
    for holding, week in made:
        room[makers[holding.variant_id], week] += holding.quantity
    give_room_back(room)


@transaction.atomic
def release_stock(holdings: Iterable[Holding]) -> None:
    """Give held stock back for sale, and held room in the week back to that week.

    Locks stock in primary-key order, then workloads.
    """
    holdings = list(holdings)
    quantities = _lock_stock(holdings)
    _give_room_back(holdings)
    if quantities:
        _change(RELEASE, quantities)


@transaction.atomic
def sell_stock(holdings: Iterable[Holding], *, reference: str, at: datetime) -> None:
    """Turn held stock into sold stock and write its movements, once per reference.

    What is made to order was never on hand: its room stays taken and nothing moves. Locks stock
    in primary-key order.
    """
    if quantities := _lock_stock(holdings):
        _change(SELL, quantities)
        _record(quantities, StockMovement.SOLD, sign=-1, reference=reference, at=at)


@transaction.atomic
def return_stock(holdings: Iterable[Holding], *, reference: str, at: datetime) -> None:
    """Put sold pieces that never left, or came back, on sale again.

    A piece made to order is not put into stock: its room goes back to its week. Locks stock in
    primary-key order, then workloads.
    """
    holdings = list(holdings)
    quantities = _lock_stock(holdings)
    _give_room_back(holdings)
    if quantities:
        _change(RECEIVE, quantities)
        _record(quantities, StockMovement.RETURNED, sign=1, reference=reference, at=at)


@transaction.atomic
def receive_stock(
    variant: Variant, quantity: int, *, reference: str, at: datetime, by: str = ""
) -> bool:
    """Add finished pieces to what is on hand, once per reference; True if it was the first time.

    Locks the variant's stock. With `by` the audit log keeps whose hand it was. Raises ValueError
    for a quantity below 1, TooMany for one that no shelf holds, OnlyOne for a second piece of
    its kind.
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
    if quantity > 0 and stock.variant.product.is_one_of_a_kind:
        _refuse_second(stock, quantity)
    _change(RECEIVE, {stock.pk: quantity})
    _record({stock.pk: quantity}, reason, sign=1, reference=reference, at=at)


def _refuse_second(stock: Stock, quantity: int) -> None:
    """Refuse another of a piece of which there is one, be it on hand or with who bought it."""
    gone = stock.variant.movements.filter(
        reason__in=[StockMovement.SOLD, StockMovement.RETURNED]
    ).aggregate(sum=Coalesce(Sum("quantity"), 0))["sum"]
    if stock.on_hand - gone + quantity > 1:
        raise OnlyOne


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
    movements = StockMovement.objects.bulk_create(
        StockMovement(
            variant_id=pk, quantity=sign * quantities[pk], reason=reason, reference=reference, at=at
        )
        for pk in sorted(quantities)
    )
    tell_low(movements)
