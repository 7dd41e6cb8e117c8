"""An order in the shopper's words: its headline, and for each parcel a timeline."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker
from catalog.personal import Said, said
from catalog.promises import MadeBetween
from makers_market.core.dates import moment
from orders.models import Order, OrderLine, Shipment
from orders.reviewing import ARRIVED, purchase_of

PILLS = {
    Shipment.WAITING: "warn",
    Shipment.NEW: "warn",
    Shipment.ACCEPTED: "warn",
    Shipment.SHIPPED: "info",
    Shipment.IN_TRANSIT: "info",
    Shipment.DELIVERED: "ok",
    Shipment.COLLECTED: "ok",
    Shipment.SETTLED: "ok",
    Shipment.CANCELLED: "",
    Shipment.LOST: "bad",
    Shipment.RETURNED: "bad",
}
STATUS_WORDS = {
    Shipment.WAITING: _("Waiting for payment"),
    Shipment.NEW: _("The maker has been told"),
    Shipment.ACCEPTED: _("Being packed"),
    Shipment.SHIPPED: _("Posted"),
    Shipment.IN_TRANSIT: _("On its way"),
    Shipment.DELIVERED: _("Delivered"),
    Shipment.COLLECTED: _("Collected"),
    Shipment.SETTLED: _("Delivered"),
    Shipment.CANCELLED: _("Cancelled"),
    Shipment.LOST: _("Lost on the way"),
    Shipment.RETURNED: _("Back at the maker"),
}
EXPLANATIONS = {
    Order.PENDING: _("Your pieces are set aside for you until the payment page closes."),
    Order.PAYING: _("Your payment is on its way. Your pieces stay set aside until it arrives."),
    Order.EXPIRED: _("Nothing was charged. The pieces are for sale again."),
    Order.FAILED: _("The payment did not come through. Nothing was charged."),
    Order.CANCELLED: _("This order was cancelled."),
    Order.UNFILLABLE: _(
        "Your payment arrived after the pieces were sold. All of it is on its way back to you."
    ),
    Order.REFUNDED: _("All of your payment has been sent back to you."),
}


@dataclass(frozen=True)
class Step:
    """One step of a parcel's timeline; `state` is "done", "now" or "later"."""

    title: str
    detail: str
    state: str


class ParcelProgress:
    """A parcel as the order page and the mails show it."""

    def __init__(self, shipment: Shipment, count: int) -> None:
        self.shipment = shipment
        self.count = count
        self.reached = {move.to_status: move.at for move in shipment.moves.all()}

    @property
    def maker(self) -> Maker:
        return self.shipment.maker

    @property
    def position(self) -> int:
        return self.shipment.position

    @property
    def status(self) -> str:
        return self.shipment.status

    @property
    def status_words(self) -> str:
        return str(STATUS_WORDS[self.shipment.status])

    @property
    def pill(self) -> str:
        return PILLS[self.shipment.status]

    @property
    def total_cents(self) -> int:
        return self.shipment.total_cents

    @property
    def items_cents(self) -> int:
        return self.shipment.items_cents

    @property
    def delivery_cents(self) -> int:
        return self.shipment.delivery_cents

    @property
    def arrives_from(self) -> Any:
        return self.shipment.arrives_from_date

    @property
    def arrives_to(self) -> Any:
        return self.shipment.arrives_to_date

    @property
    def is_underway(self) -> bool:
        """Whether a window of arrival still means something."""
        done = {Shipment.DELIVERED, Shipment.COLLECTED, *Shipment.TERMINAL}
        return self.shipment.status not in done

    @property
    def is_collection(self) -> bool:
        return self.shipment.is_collection

    @property
    def can_be_reviewed(self) -> bool:
        return self.shipment.status in ARRIVED

    @property
    def tracking_number(self) -> str:
        return self.shipment.tracking_number

    @property
    def lines(self) -> list["LineShown"]:
        language = get_language() or "en"
        return [LineShown(line, language) for line in self.shipment.lines.all()]

    @property
    def steps(self) -> list[Step]:
        """Tell what is done, what is happening and what comes, each in words."""
        if self.shipment.status == Shipment.CANCELLED:
            return [self._step(_("Ordered"), Shipment.NEW), self._step(_("Cancelled"), "cancelled")]
        titles = self._titles()
        reached = [name for _title, name in titles if name in self.reached]
        ending = self.shipment.status in {Shipment.LOST, Shipment.RETURNED}
        steps = [self._step(title, name) for title, name in titles if name in reached or not ending]
        if ending:
            steps.append(self._step(STATUS_WORDS[self.shipment.status], self.shipment.status))
        return self._with_now(steps)

    def _titles(self) -> list[tuple[Any, str]]:
        name = {"name": self.maker.first_name}
        packing = gettext("%(name)s packs it") % name
        if self.shipment.is_collection:
            ready = gettext("Collected from %(name)s") % name
            return [
                (_("Ordered"), Shipment.NEW),
                (packing, Shipment.ACCEPTED),
                (ready, Shipment.COLLECTED),
            ]
        was_posted = Shipment.SHIPPED in self.reached
        posting = gettext("%(name)s posted it") if was_posted else gettext("%(name)s posts it")
        return [
            (_("Ordered"), Shipment.NEW),
            (packing, Shipment.ACCEPTED),
            (posting % name, Shipment.SHIPPED),
            (_("With the courier"), Shipment.IN_TRANSIT),
            (_("Delivered"), Shipment.DELIVERED),
        ]

    def _step(self, title: Any, name: str) -> Step:
        at = self.reached.get(name)
        return Step(str(title), moment(at) if at else "", "done" if at else "later")

    def _with_now(self, steps: list[Step]) -> list[Step]:
        """Mark as "now" the newest step reached, while the parcel is still underway."""
        done = [i for i, step in enumerate(steps) if step.state == "done"]
        if not done or not self.is_underway:
            return steps
        # News may skip a step ("delivered" before "with the courier"): what lies before is done.
        last = done[-1]
        return [
            Step(step.title, step.detail, "now" if i == last else ("done" if i < last else "later"))
            for i, step in enumerate(steps)
        ]


@dataclass(frozen=True)
class LineShown:
    """A sold line in the reader's language."""

    line: OrderLine
    language: str

    @property
    def title(self) -> str:
        return self.line.title_in(self.language)

    @property
    def purchase(self) -> str:
        return purchase_of(self.line)

    @property
    def variant_title(self) -> str:
        return self.line.variant_title

    @property
    def quantity(self) -> int:
        return self.line.quantity

    @property
    def total_cents(self) -> int:
        return self.line.total_cents

    @property
    def unit_price_cents(self) -> int:
        return self.line.unit_price_cents

    @property
    def vat_basis_points(self) -> int:
        return self.line.vat_basis_points

    @property
    def picture_digest(self) -> str:
        return self.line.picture_digest

    @property
    def personal(self) -> list[Said]:
        return said(self.line.personal)

    @property
    def made(self) -> MadeBetween | None:
        """The days between which a piece made to order leaves; None for one from stock."""
        first, last = self.line.ships_from_date, self.line.ships_by_date
        return MadeBetween(first, last) if first and last else None


def parcels_of(order: Order) -> list[ParcelProgress]:
    """Load an order's parcels with makers, lines and histories, in four queries."""
    shipments = list(
        order.shipments.select_related("maker")
        .prefetch_related("lines", "moves")
        .order_by("position")
    )
    return [ParcelProgress(shipment, len(shipments)) for shipment in shipments]


def headline(order: Order, parcels: list[ParcelProgress]) -> str:
    """Say the state of an order in words: the page's heading."""
    unpaid = {
        Order.PENDING: _("Waiting for your payment"),
        Order.PAYING: _("Confirming your payment"),
        Order.EXPIRED: pgettext_lazy("order", "Not paid in time"),
        Order.FAILED: _("The payment did not come through"),
        Order.CANCELLED: pgettext_lazy("order", "Cancelled"),
        Order.UNFILLABLE: _("Sold out while you were paying"),
        Order.REFUNDED: _("Your money is back"),
    }
    if order.status in unpaid:
        return str(unpaid[order.status])
    return _headline_of_parcels(order, parcels)


def _headline_of_parcels(order: Order, parcels: list[ParcelProgress]) -> str:
    statuses = {parcel.status for parcel in parcels} - {Shipment.CANCELLED}
    arrived = {Shipment.DELIVERED, Shipment.COLLECTED, Shipment.SETTLED}
    if statuses and statuses <= arrived:
        return gettext("Delivered")
    if statuses & {Shipment.SHIPPED, Shipment.IN_TRANSIT}:
        return gettext("On its way to %(city)s") % {"city": order.city}
    if statuses & {Shipment.LOST, Shipment.RETURNED}:
        return gettext("Something went wrong on the way")
    if statuses & arrived:
        return gettext("Partly delivered")
    if Shipment.ACCEPTED in statuses:
        return gettext("Being packed")
    return gettext("Thank you, it is paid")


def explanation(order: Order, parcels: list[ParcelProgress]) -> str:
    """Say what the state means for the shopper."""
    if order.status in EXPLANATIONS:
        return str(EXPLANATIONS[order.status])
    count = len(parcels)
    return ngettext(
        "%(count)d maker has been told and posts your parcel.",
        "%(count)d makers have been told; each posts a parcel of their own.",
        count,
    ) % {"count": count}
