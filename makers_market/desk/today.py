"""Today: what a workshop has to do, what runs low, what was sold, and what it gets for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Window
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.middleware import Workplace
from catalog.inventory import running_low
from catalog.models import Stock
from catalog.review_pages import unanswered
from makers_market.core.money import in_euros
from orders.models import Shipment
from orders.parcels import (
    MOST_URGENT_FIRST,
    Packing,
    ParcelShown,
    Sold,
    packing_of,
    readable,
    sold_by_day,
)
from payments.queries import Payout, next_payout

DAYS = 30
PARCELS_SHOWN, LOW_SHOWN = 5, 4
NOON, EVENING = 12, 19
# The drawing's own units; the page stretches it.
WIDE, HIGH, ROOM = 300, 60, 6


def greeting(name: str, at: datetime) -> str:
    """Greet a person by the hour of the shop's clock."""
    hour = timezone.localtime(at).hour
    who = {"name": name}
    if hour < NOON:
        return gettext("Good morning, %(name)s") % who
    if hour < EVENING:
        return gettext("Good afternoon, %(name)s") % who
    return gettext("Good evening, %(name)s") % who


@dataclass(frozen=True)
class Chart:
    """Thirty days as one line and as figures; `change` in percent against the 30 days before."""

    days: list[tuple[date, Sold]]
    before: Sold

    @cached_property
    def total(self) -> Sold:
        return sum((sold for _day, sold in self.days), Sold())

    @property
    def headline(self) -> str:
        """Say the sum, and how much more or less that is where there is something to compare."""
        words = {"sum": in_euros(self.total.cents)}
        if not self.before.cents:
            return words["sum"]
        change = round(100 * (self.total.cents - self.before.cents) / self.before.cents)
        if change < 0:
            return gettext("%(sum)s, down %(percent)d%%") % (words | {"percent": -change})
        return gettext("%(sum)s, up %(percent)d%%") % (words | {"percent": change})

    @property
    def label(self) -> str:
        """Say in words what the line shows."""
        best = max(sold.cents for _day, sold in self.days)
        return gettext("Sales by day over 30 days, the best day %(sum)s") % {"sum": in_euros(best)}

    @property
    def line(self) -> str:
        """Give the line as an SVG path within 300 by 60 units."""
        most = max([sold.cents for _day, sold in self.days] + [1])
        step = WIDE / (len(self.days) - 1)
        points = (
            f"{i * step:.1f} {HIGH - ROOM - (HIGH - 2 * ROOM) * sold.cents / most:.1f}"
            for i, (_day, sold) in enumerate(self.days)
        )
        return "M" + " L".join(points)

    @property
    def area(self) -> str:
        """Give what lies below the line, closed at the foot of the drawing."""
        return f"{self.line} L{WIDE} {HIGH} L0 {HIGH} Z"


class Today:
    """What the page shows one member of a workshop; what they may not see is not loaded."""

    def __init__(self, workplace: Workplace, at: datetime) -> None:
        self.maker = workplace.maker
        self.at = at
        self.date = timezone.localdate(at)
        self.packs = workplace.can("pack")
        self.sees_money = workplace.can("see_money")
        self.writes = workplace.can("write_pieces")

    @cached_property
    def packing(self) -> Packing | None:
        return packing_of(self.maker.pk, today=self.date) if self.packs else None

    @property
    def sentences(self) -> Iterable[str]:
        """Say what there is to do, in one or two whole sentences."""
        if self.packing is None:
            return
        if not self.packing.count:
            yield gettext("Nothing to pack.")
            return
        yield ngettext(
            "%(count)d parcel to pack.", "%(count)d parcels to pack.", self.packing.count
        ) % {"count": self.packing.count}
        if self.packing.late:
            yield ngettext(
                "%(count)d should have been posted already.",
                "%(count)d should have been posted already.",
                self.packing.late,
            ) % {"count": self.packing.late}

    @cached_property
    def parcels(self) -> list[ParcelShown]:
        """The most urgent parcels, then the newest; none for who does not pack."""
        if not self.packs:
            return []
        mine = Shipment.objects.sent_by([self.maker.pk]).order_by(*MOST_URGENT_FIRST)
        return [ParcelShown(parcel, self.at) for parcel in readable(mine)[:PARCELS_SHOWN]]

    @cached_property
    def low(self) -> list[Stock]:
        """The scarcest of what runs low; each row knows as `whole` how many there are in all."""
        counted = running_low(self.maker.pk).annotate(whole=Window(Count("*")))
        return list(counted.prefetch_related("variant__product__pictures")[:LOW_SHOWN])

    @property
    def low_count(self) -> int:
        return self.low[0].whole if self.low else 0  # type: ignore[attr-defined]

    @cached_property
    def unanswered(self) -> int:
        """How many reviews have no reply; none for who does not write."""
        return unanswered(self.maker.pk).count() if self.writes else 0

    @cached_property
    def _sold(self) -> dict[date, Sold]:
        return sold_by_day(self.maker.pk, since=self.date - timedelta(days=2 * DAYS - 1))

    @property
    def week(self) -> Sold:
        """What was sold since Monday morning."""
        monday = self.date - timedelta(days=self.date.weekday())
        return sum((sold for day, sold in self._sold.items() if day >= monday), Sold())

    @cached_property
    def chart(self) -> Chart | None:
        """The last 30 days, today being the last; nothing for who may not see money."""
        if not self.sees_money:
            return None
        first = self.date - timedelta(days=DAYS - 1)
        days = [first + timedelta(days=i) for i in range(DAYS)]
        before = sum((sold for day, sold in self._sold.items() if day < first), Sold())
        return Chart([(day, self._sold.get(day, Sold())) for day in days], before)

    @cached_property
    def payout(self) -> Payout | None:
        return next_payout(self.maker.pk, at=self.at) if self.sees_money else None


def first_name_of(user: Any, fallback: str) -> str:
    """Give what to call a person: the first word of their name, else the workshop's person."""
    return (user.name.split() or [fallback])[0]
