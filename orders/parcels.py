"""Parcels as the back rooms show them: words, days, and an address only while it is needed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Sum, When
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from makers_market.core.dates import in_words, moment
from orders.models import Order, OrderLine, Shipment, ShipmentMove
from orders.progress import PILLS, STATUS_WORDS, LineShown

ADDRESS_VISIBLE_FOR = timedelta(days=30)
TO_PACK = (Shipment.NEW, Shipment.ACCEPTED)
JOURNEYS_END = frozenset({Shipment.DELIVERED, Shipment.COLLECTED, Shipment.LOST, Shipment.RETURNED})
MAKER_WORDS = STATUS_WORDS | {Shipment.NEW: _("To pack")}
# What the role of a workshop may read of an order (orders/migrations/0002_walls.py).
READABLE = frozenset(
    {"id", "number", "placed_at", "name", "street", "postcode", "city", "country", "language"}
)
HIDDEN = [f"order__{x.name}" for x in Order._meta.concrete_fields if x.name not in READABLE]
# What is to be packed comes first, by its day; then everything else, the newest on top.
MOST_URGENT_FIRST = (
    Case(When(status__in=TO_PACK, then=0), default=1).asc(),
    Case(When(status__in=TO_PACK, then="post_by_date")).asc(nulls_last=True),
    "-pk",
)


def readable(parcels: "QuerySet[Shipment]") -> "QuerySet[Shipment]":
    """Load parcels with order, lines and history, leaving out what a workshop may not read."""
    loaded = parcels.select_related("order", "maker").defer(*HIDDEN)
    return loaded.prefetch_related("lines", "moves")


@dataclass(frozen=True)
class Packing:
    """How many parcels wait to be packed, and how many of those are due today or are late."""

    count: int
    due: int
    late: int


def packing_of(maker_id: int, *, today: date) -> Packing:
    """Count a workshop's parcels that are still to be packed, in one query."""
    waiting = Shipment.objects.filter(maker=maker_id, status__in=TO_PACK)
    counted = waiting.aggregate(
        count=Count("pk"),
        due=Count("pk", filter=Q(post_by_date=today)),
        late=Count("pk", filter=Q(post_by_date__lt=today)),
    )
    return Packing(**counted)


@dataclass(frozen=True)
class Sold:
    """What was sold on one day, or on several: pieces, and cents for them without delivery."""

    pieces: int = 0
    cents: int = 0

    def __add__(self, other: "Sold") -> "Sold":
        return Sold(self.pieces + other.pieces, self.cents + other.cents)


def sold_by_day(maker_id: int, *, since: date) -> dict[date, Sold]:
    """Give what a workshop sold on each day since then, in one query; days without are absent.

    A piece is sold on the day its order was paid, by the shop's clock; cancelled ones are not.
    """
    start = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    paid = OrderLine.objects.filter(
        shipment__maker=maker_id,
        shipment__moves__to_status=Shipment.NEW,
        shipment__moves__at__gte=start,
    ).exclude(shipment__status=Shipment.CANCELLED)
    days = paid.values(day=TruncDate("shipment__moves__at")).order_by()
    rows = days.annotate(pieces=Sum("quantity"), cents=Sum("total_cents"))
    return {row["day"]: Sold(row["pieces"], row["cents"]) for row in rows}


def short_day(value: date) -> str:
    # Translators: weekday, day and short month, in Django's date format: Mon 23 Nov.
    return in_words(value, pgettext("date format", "D j M"))


class ParcelShown:
    """One parcel at a moment; the parcel comes with order, lines and moves loaded."""

    def __init__(self, shipment: Shipment, at: datetime, words: Any = MAKER_WORDS) -> None:
        self.shipment = shipment
        self.at = at
        self.words = words

    @property
    def name(self) -> str:
        return str(self.shipment)

    @property
    def status_words(self) -> str:
        return str(self.words[self.shipment.status])

    @property
    def pill(self) -> str:
        return PILLS[self.shipment.status]

    @property
    def total_cents(self) -> int:
        return self.shipment.total_cents

    @cached_property
    def lines(self) -> list[LineShown]:
        language = get_language() or "en"
        return [LineShown(line, language) for line in self.shipment.lines.all()]

    @property
    def pieces(self) -> str:
        """Say in one line what is in it: "Mug (Salt) × 2, Ring [Engraving: Ada]"."""
        return ", ".join(map(_piece, self.lines))

    @cached_property
    def shows_address(self) -> bool:
        """Whether the maker still needs to know where the parcel goes or went."""
        if self.shipment.status in {Shipment.CANCELLED, Shipment.WAITING}:
            return False
        ended = [m.at for m in self._moves if m.to_status in JOURNEYS_END]
        return not ended or self.at - ended[0] < ADDRESS_VISIBLE_FOR

    @property
    def recipient(self) -> str:
        """Who it is for and where, or a dash once that is nobody's business any more."""
        order = self.shipment.order
        return f"{order.name}, {order.city}" if self.shows_address else "—"

    @property
    def when(self) -> str:
        """Say the day that counts now: until when to post it, or when it got where it is."""
        shipment = self.shipment
        if shipment.status in TO_PACK:
            day = {"day": short_day(shipment.post_by_date)}
            if shipment.is_collection:
                return gettext("Ready by %(day)s") % day
            return gettext("Post by %(day)s") % day
        last = self._moves[-1].at if self._moves else self.at
        if shipment.status == Shipment.SHIPPED:
            return gettext("Posted %(day)s") % {"day": short_day(last)}
        return short_day(last)

    @property
    def history(self) -> list[tuple[str, str]]:
        """Give (moment, what happened) in order, from the day it was paid."""
        steps = [move for move in self._moves if move.to_status != Shipment.WAITING]
        return [(moment(move.at), str(self.words[move.to_status])) for move in steps]

    @property
    def _moves(self) -> list[ShipmentMove]:
        return list(self.shipment.moves.all())


def _piece(line: LineShown) -> str:
    choice = f" ({line.variant_title})" if line.variant_title else ""
    count = f" × {line.quantity}" if line.quantity > 1 else ""
    answers = "".join(f" [{said.label}: {said.value}]" for said in line.personal)
    return f"{line.title}{choice}{count}{answers}"
