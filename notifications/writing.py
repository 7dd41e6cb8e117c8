"""What the mails say: each kind has a template in HTML and one in plain text."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext

from makers_market.core.money import in_euros
from notifications import markup
from notifications.look import DARK_BANDS, STYLES, craft_styles
from orders.models import Order, Shipment
from orders.progress import ParcelProgress, parcels_of
from payments.models import Refund

# Above this many makers are counted, not named.
NAMED_MAX = 3


@dataclass(frozen=True)
class Written:
    """A mail ready to be sent."""

    subject: str
    html: str
    text: str

    def to(self, recipient: str) -> dict[str, Any]:
        """Address it: the parameters of Resend's call."""
        return {
            "from": settings.MAIL_FROM,
            "to": [recipient],
            "subject": self.subject,
            "html": self.html,
            "text": self.text,
        }


def write(kind: str, uuid: UUID, *, language: str) -> Written:
    """Write a mail of a kind about the thing with this uuid, in a language.

    Both bodies say the same: a heading that is the news, a lead, one button, the facts.
    """
    with translation.override(language):
        return dress(kind, WRITERS[kind](uuid), language=language)


def dress(kind: str, about: dict[str, Any], *, language: str) -> Written:
    """Render a kind's templates about something, in the language that is active."""
    context = about | {
        "market": settings.MARKET,
        "site_url": settings.SITE_URL,
        "media_url": urljoin(f"{settings.SITE_URL}/", settings.MEDIA_URL),
        "look": STYLES,
        "dark_bands": DARK_BANDS,
        "LANGUAGE_CODE": language,
    }
    text = render_to_string(f"notifications/{kind}.txt", context)
    return Written(
        subject=context["subject"],
        html=_packed(render_to_string(f"notifications/{kind}.html", context)),
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
    )


def _packed(html: str) -> str:
    """Take the templates' indentation out: mail programs cut what is long."""
    return re.sub(r"\n\s*", "\n", html)


@dataclass(frozen=True)
class ParcelWritten:
    """A parcel with what the mail adds to it: its maker's tile and colours."""

    progress: ParcelProgress
    styles: dict[str, str]
    initial: str


def _dressed(progress: ParcelProgress) -> ParcelWritten:
    maker = progress.maker
    return ParcelWritten(progress, craft_styles(maker.craft), maker.first_name[:1].upper())


def _about_order(order: Order, *, status: str) -> dict[str, Any]:
    parcels = parcels_of(order)
    url = settings.SITE_URL + order.get_absolute_url()
    return {
        "order": order,
        "parcels": [_dressed(parcel) for parcel in parcels],
        "pieces": sum(line.quantity for parcel in parcels for line in parcel.lines),
        "button": gettext("See your order"),
        "button_url": url,
        "markup": markup.order_markup(order, parcels, url, status),
    }


def _first_name(order: Order) -> str:
    return order.name.split(" ")[0]


def _makers_in_words(parcels: list[ParcelWritten]) -> str:
    """Name the makers: "Mo", "Mo and Rui", "Mo, Rui and Clara", or how many there are."""
    names = [parcel.progress.maker.first_name for parcel in parcels]
    if len(names) > NAMED_MAX:
        return gettext("%(count)d makers") % {"count": len(names)}
    if len(names) == 1:
        return names[0]
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def _order_paid(uuid: UUID) -> dict[str, Any]:
    order = Order.objects.get(uuid=uuid)
    context = _about_order(order, status=markup.PROCESSING)
    makers, count = _makers_in_words(context["parcels"]), len(context["parcels"])
    words = {
        "number": order.number,
        "count": count,
        "makers": makers,
        "name": _first_name(order),
    }
    return context | {
        "subject": ngettext(
            "Paid: order %(number)s, one parcel on the way soon",
            "Paid: order %(number)s, %(count)d parcels on the way soon",
            count,
        )
        % words,
        "heading": ngettext(
            "Thank you, %(name)s. %(makers)s is on it.",
            "Thank you, %(name)s. %(makers)s are on it.",
            count,
        )
        % words,
        "lead": ngettext(
            "Order %(number)s is paid. %(makers)s has been told and packs your pieces.",
            "Order %(number)s is paid. %(makers)s have been told; each packs their own parcel.",
            count,
        )
        % words,
        "button": ngettext("Track your parcel", "Track your parcels", count),
    }


def _order_unfillable(uuid: UUID) -> dict[str, Any]:
    order = Order.objects.get(uuid=uuid)
    words = {"number": order.number, "amount": in_euros(order.total_cents)}
    return _about_order(order, status=markup.CANCELLED) | {
        "subject": gettext("Sold out: order %(number)s, your money is on its way back") % words,
        "heading": gettext("Sold out while you were paying"),
        "lead": gettext(
            "Your payment for order %(number)s arrived after the last pieces were sold. All of it,"
            " %(amount)s, is on its way back to you the way you paid. You need not do anything."
        )
        % words,
    }


def _payment_failed(uuid: UUID) -> dict[str, Any]:
    order = Order.objects.get(uuid=uuid)
    words = {"number": order.number, "amount": in_euros(order.total_cents)}
    return _about_order(order, status=markup.PROBLEM) | {
        "subject": gettext("Not paid: order %(number)s, nothing was charged") % words,
        "heading": gettext("Your payment did not come through"),
        "lead": gettext(
            "The payment of %(amount)s for order %(number)s was not completed. Nothing was charged"
            " and the pieces are for sale again. If you still want them, order them once more."
        )
        % words,
    }


def _about_shipment(uuid: UUID) -> tuple[Shipment, ParcelProgress]:
    shipment = (
        Shipment.objects.select_related("order", "maker")
        .prefetch_related("lines", "moves")
        .get(uuid=uuid)
    )
    return shipment, ParcelProgress(shipment, shipment.order.shipments.count())


def _parcel_words(shipment: Shipment) -> dict[str, str]:
    return {
        "maker": shipment.maker.name,
        "maker_name": shipment.maker.first_name,
        "number": shipment.order.number,
        "city": shipment.order.city,
        "name": shipment.order.name,
    }


def _about_parcel(shipment: Shipment, parcel: ParcelProgress, *, status: str) -> dict[str, Any]:
    url = settings.SITE_URL + shipment.order.get_absolute_url()
    return {
        "parcel": _dressed(parcel),
        "button": gettext("See your order"),
        "button_url": url,
        "markup": markup.parcel_markup(shipment.order, parcel, url, status),
    }


def _shipment_new(uuid: UUID) -> dict[str, Any]:
    """Write to who packs: who gets what by when; no sums, and nothing else about the shopper."""
    shipment, parcel = _about_shipment(uuid)
    workshop = reverse("workshop:orders_shipment_change", args=[shipment.pk])
    words = _parcel_words(shipment) | {"parcel": str(shipment)}
    if parcel.is_collection:
        lead = gettext("Parcel %(parcel)s is paid. %(name)s collects it from your workshop.")
    else:
        lead = gettext("Parcel %(parcel)s is paid and goes to %(name)s in %(city)s.")
    return {
        "parcel": _dressed(parcel),
        "shipment": shipment,
        "subject": gettext("To pack: parcel %(parcel)s") % words,
        "heading": gettext("A parcel to pack for %(name)s") % words,
        "lead": lead % words,
        "button": gettext("Open it in your workshop"),
        "button_url": settings.SITE_URL + workshop,
    }


def _shipment_shipped(uuid: UUID) -> dict[str, Any]:
    shipment, parcel = _about_shipment(uuid)
    words = _parcel_words(shipment)
    return _about_parcel(shipment, parcel, status=markup.IN_TRANSIT) | {
        "subject": gettext("Posted: your parcel from %(maker)s, order %(number)s") % words,
        "heading": gettext("%(maker_name)s posted your parcel") % words,
        "lead": gettext("Your parcel of order %(number)s is on its way to you in %(city)s.")
        % words,
        "button": gettext("Track your parcel"),
    }


def _shipment_delivered(uuid: UUID) -> dict[str, Any]:
    shipment, parcel = _about_shipment(uuid)
    words = _parcel_words(shipment)
    if parcel.is_collection:
        subject = gettext("Collected: your pieces from %(maker)s, order %(number)s")
        heading = gettext("You have your pieces from %(maker_name)s")
    else:
        subject = gettext("Delivered: your parcel from %(maker)s, order %(number)s")
        heading = gettext("Your parcel from %(maker_name)s has arrived")
    return _about_parcel(shipment, parcel, status=markup.DELIVERED) | {
        "subject": subject % words,
        "heading": heading % words,
        "lead": gettext(
            "If something is not right, or you change your mind within 14 days, write to us and"
            " name order %(number)s."
        )
        % words,
    }


def _refund_succeeded(uuid: UUID) -> dict[str, Any]:
    refund = Refund.objects.select_related("payment__order", "shipment__maker").get(uuid=uuid)
    order = refund.payment.order
    words = {"number": order.number, "amount": in_euros(refund.amount_cents)}
    if refund.shipment:
        words["maker"] = refund.shipment.maker.name
        lead = gettext(
            "%(amount)s for your parcel from %(maker)s, order %(number)s, went back the way you"
            " paid. Banks can take up to ten working days to show it."
        )
    else:
        lead = gettext(
            "%(amount)s for order %(number)s went back the way you paid. Banks can take up to ten"
            " working days to show it."
        )
    return {
        "refund": refund,
        "button": gettext("See your order"),
        "button_url": settings.SITE_URL + order.get_absolute_url(),
        "subject": gettext("Refunded: order %(number)s") % words,
        "heading": gettext("We sent %(amount)s back to you") % words,
        "lead": lead % words,
    }


WRITERS: dict[str, Callable[[UUID], dict[str, Any]]] = {
    "order_paid": _order_paid,
    "order_unfillable": _order_unfillable,
    "payment_failed": _payment_failed,
    "shipment_new": _shipment_new,
    "shipment_shipped": _shipment_shipped,
    "shipment_delivered": _shipment_delivered,
    "refund_succeeded": _refund_succeeded,
}
