"""One's own orders as a list: what became of each, and the one thing to do next."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext, pgettext

from accounts.models import User
from makers_market.core.dates import full_date, month_day
from orders.models import Order, OrderLine, Shipment
from orders.progress import PILLS, STATUS_WORDS
from orders.reviewing import ARRIVED, STANDING

PAGE_SIZE = 20
PICTURES_MAX = 3
ON_THE_WAY = frozenset({Shipment.SHIPPED, Shipment.IN_TRANSIT})
ENDED_BADLY = (Shipment.LOST, Shipment.RETURNED)
ORDER_PILLS = {
    Order.PENDING: "warn",
    Order.PAYING: "warn",
    Order.FAILED: "bad",
    Order.UNFILLABLE: "bad",
    Order.REFUNDED: "bad",
}


class OrderShown:
    """An order as a row of the list; reads only what `own_orders` has loaded."""

    def __init__(self, order: Order, at: datetime) -> None:
        self.order = order
        self.at = at
        self.statuses = [shipment.status for shipment in order.shipments.all()]

    @property
    def number(self) -> str:
        return self.order.number

    @property
    def day(self) -> str:
        """Write the day it was placed, with the year once that is another one."""
        placed_at = self.order.placed_at
        is_this_year = localtime(placed_at).year == localtime(self.at).year
        return month_day(placed_at) if is_this_year else full_date(placed_at)

    @property
    def pictures(self) -> list[str]:
        """Give the digests of the first pieces' pictures."""
        lines: list[OrderLine] = list(self.order.lines.all())
        return [line.picture_digest for line in lines if line.picture_digest][:PICTURES_MAX]

    @property
    def parcels_count(self) -> int:
        return len(self.statuses)

    @property
    def pill(self) -> tuple[str, str]:
        """Give the pill's colour and words: of the order until it is paid, then of its parcels."""
        if self.order.is_cancelling:
            return "warn", gettext("Being cancelled")
        if self.order.status not in {Order.PAID, Order.CLOSED}:
            return ORDER_PILLS.get(self.order.status, ""), self.order.get_status_display()
        kept = {status for status in self.statuses if status != Shipment.CANCELLED}
        if not kept:
            return "", pgettext("order", "Cancelled")
        if kept <= ARRIVED:
            return "ok", gettext("Delivered")
        telling = self._telling(kept)
        if telling is None:
            return "info", gettext("Partly delivered")
        return PILLS[telling], str(STATUS_WORDS[telling])

    def _telling(self, kept: set[str]) -> str | None:
        """Give the parcel's state that matters most to the shopper; None if some have arrived."""
        for status in ENDED_BADLY:
            if status in kept:
                return status
        if kept & ON_THE_WAY:
            return Shipment.IN_TRANSIT
        if kept & ARRIVED:
            return None
        return Shipment.ACCEPTED if Shipment.ACCEPTED in kept else Shipment.NEW

    @property
    def pill_class(self) -> str:
        return self.pill[0]

    @property
    def pill_words(self) -> str:
        return self.pill[1]

    @property
    def can_be_paid(self) -> bool:
        is_open = self.order.status == Order.PENDING and not self.order.is_cancelling
        return is_open and self.order.pay_until > self.at

    @property
    def can_be_reviewed(self) -> bool:
        """Whether something of it has arrived."""
        return self.order.status in STANDING and bool(set(self.statuses) & ARRIVED)

    @property
    def action_words(self) -> str:
        """Say the one thing to do next."""
        if self.can_be_paid:
            return gettext("Continue to payment")
        if self.order.status in {Order.UNFILLABLE, Order.REFUNDED} or self._is_sent_back:
            return gettext("See the refund")
        if self.order.status in {Order.EXPIRED, Order.FAILED, Order.CANCELLED}:
            return gettext("Order these pieces again")
        moving = [status for status in self.statuses if status in ON_THE_WAY]
        if moving:
            return ngettext("Track your parcel", "Track your parcels", len(moving))
        return gettext("See the order")

    @property
    def _is_sent_back(self) -> bool:
        """Whether a paid order had all its parcels cancelled."""
        is_paid = self.order.status in {Order.PAID, Order.CLOSED}
        return is_paid and set(self.statuses) == {Shipment.CANCELLED}

    @property
    def action_url(self) -> str:
        if self.can_be_paid:
            return reverse("payments:start", args=[self.order.token])
        return self.order.get_absolute_url()


@dataclass(frozen=True)
class OrderPage:
    """Some of one's orders, newest first; `newer` and `older` name where the next pages begin."""

    orders: list[OrderShown]
    newer: str
    older: str


def own_orders(user: User, *, before: str = "", after: str = "", at: datetime) -> OrderPage:
    """Load a page of a person's orders in three queries (four with a place to begin).

    `before` and `after` are numbers of their own orders; raises Order.DoesNotExist for another's.
    """
    own = Order.objects.filter(user=user).prefetch_related("lines", "shipments")
    if after:
        rows = list(own.filter(pk__gt=_place(user, after)).order_by("id")[: PAGE_SIZE + 1])
        has_newer, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE][::-1]
        has_older = True
    else:
        older = own.filter(pk__lt=_place(user, before)) if before else own
        rows = list(older.order_by("-id")[: PAGE_SIZE + 1])
        has_older, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
        has_newer = bool(before)
    return OrderPage(
        orders=[OrderShown(order, at) for order in rows],
        newer=rows[0].number if rows and has_newer else "",
        older=rows[-1].number if rows and has_older else "",
    )


def _place(user: User, number: str) -> int:
    return Order.objects.only("pk").get(user=user, number=number).pk


def greeting(user: User, *, at: datetime) -> str:
    """Greet a person by the hour in Lisbon, and by first name where one is known."""
    hour = localtime(at).hour
    name = {"name": user.name.split()[0]} if user.name.strip() else None
    if 5 <= hour < 12:
        return gettext("Good morning, %(name)s") % name if name else gettext("Good morning")
    if 12 <= hour < 18:
        return gettext("Good afternoon, %(name)s") % name if name else gettext("Good afternoon")
    return gettext("Good evening, %(name)s") % name if name else gettext("Good evening")
