"""Doors for makers (the workshop) and operators (the desk) into orders."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from makers_market.core.admin import ReadOnlyAdmin, ScopedAdmin, operators_site, workshop_site
from makers_market.core.dates import moment
from makers_market.core.errors import Refusal
from makers_market.core.money import in_euros
from orders import services
from orders.models import DeliveryNews, Hold, Order, OrderLine, Shipment
from orders.progress import PILLS, STATUS_WORDS

ADDRESS_VISIBLE_FOR = timedelta(days=30)
JOURNEYS_END = frozenset({Shipment.DELIVERED, Shipment.COLLECTED, Shipment.LOST, Shipment.RETURNED})
Verb = Callable[..., None]


def _each(
    modeladmin: admin.ModelAdmin,
    request: HttpRequest,
    chosen: QuerySet[Shipment],
    verb: Verb,
) -> None:
    """Call a service for each chosen parcel; say how many it worked for and why not for others."""
    done = 0
    for shipment in chosen.order_by("pk"):
        try:
            verb(shipment.pk, by=f"user:{request.user.pk}", at=timezone.now())
            done += 1
        except Refusal as refusal:
            modeladmin.message_user(request, f"{shipment}: {refusal}", messages.WARNING)
    if done:
        words = ngettext("%(count)d parcel done.", "%(count)d parcels done.", done)
        modeladmin.message_user(request, words % {"count": done}, messages.SUCCESS)


@admin.action(description=_("Accept: we start packing"), permissions=["view"])
def accept(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Shipment]) -> None:
    _each(modeladmin, request, queryset, services.accept_shipment)


@admin.action(description=_("Mark as posted"), permissions=["view"])
def ship(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Shipment]) -> None:
    _each(modeladmin, request, queryset, services.ship_shipment)


@admin.action(description=_("Handed over to the shopper"), permissions=["view"])
def hand_over(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Shipment]) -> None:
    _each(modeladmin, request, queryset, services.hand_over_shipment)


@admin.action(description=_("Cancel and pay back"), permissions=["view"])
def cancel(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Shipment]) -> None:
    _each(modeladmin, request, queryset, services.cancel_shipment)


def status_pill(shipment: Shipment) -> str:
    """Show a status as the shopper sees it: a dot, a colour and the word."""
    words, pill = STATUS_WORDS[shipment.status], PILLS[shipment.status]
    return format_html('<span class="pill {}">{}</span>', pill, words)


def pieces(shipment: Shipment) -> str:
    """List what is in a parcel, one piece a line."""
    rows = (
        (line.quantity, line.title_en, f" ({line.variant_title})" if line.variant_title else "")
        for line in shipment.lines.all()
    )
    return format_html_join(", ", "{} × {}{}", rows)


class ParcelColumns:
    """The columns in which both back rooms show parcels."""

    @admin.display(description=_("status"))
    def state(self, shipment: Shipment) -> str:
        return status_pill(shipment)

    @admin.display(description=_("pieces"))
    def pieces(self, shipment: Shipment) -> str:
        return pieces(shipment)

    @admin.display(description=_("total"))
    def total(self, shipment: Shipment) -> str:
        return in_euros(shipment.total_cents)


@admin.register(Shipment, site=workshop_site)
class WorkshopShipmentAdmin(ParcelColumns, ScopedAdmin):
    """A maker's parcels: paid ones only, with the address while it is needed."""

    list_display = ("parcel", "recipient", "pieces", "state", "post_by_date", "total")
    list_filter = ("status",)
    list_display_links = ("parcel",)
    fields = readonly_fields = (
        "parcel", "state", "pieces", "recipient", "address", "method", "post_by_date",
        "tracking_number", "total", "history",
    )  # fmt: skip
    actions = (accept, ship, hand_over, cancel)
    ordering = ("post_by_date", "pk")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"title": _("Parcels"), **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> Any:
        paid = super().get_queryset(request).exclude(status=Shipment.WAITING)
        return paid.select_related("order", "maker").prefetch_related("lines", "moves")

    @admin.display(description=_("parcel"))
    def parcel(self, shipment: Shipment) -> str:
        return str(shipment)

    @admin.display(description=_("for"))
    def recipient(self, shipment: Shipment) -> str:
        if not self._needs_address(shipment, timezone.now()):
            return "—"
        return f"{shipment.order.name}, {shipment.order.city}"

    @admin.display(description=_("address"))
    def address(self, shipment: Shipment) -> str:
        if not self._needs_address(shipment, timezone.now()):
            return str(_("Hidden: the parcel arrived more than 30 days ago."))
        return f"{shipment.order.name}, {shipment.order.address_line}"

    def _needs_address(self, shipment: Shipment, at: datetime) -> bool:
        """Tell whether the maker still needs to know where the parcel went."""
        if shipment.status == Shipment.CANCELLED:
            return False
        ended = [m.at for m in shipment.moves.all() if m.to_status in JOURNEYS_END]
        return not ended or at - ended[0] < ADDRESS_VISIBLE_FOR

    @admin.display(description=_("history"))
    def history(self, shipment: Shipment) -> str:
        rows = ((moment(m.at), STATUS_WORDS[m.to_status]) for m in shipment.moves.all())
        return format_html_join("", "<div>{} · {}</div>", rows)


class LineInline(admin.TabularInline):
    model = OrderLine
    fields = readonly_fields = ("title_en", "variant_title", "quantity", "unit_price_cents")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Order, site=operators_site)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("number", "name", "status", "placed_at", "total")
    list_filter = ("status",)
    search_fields = ("number", "email", "name")
    date_hierarchy = "placed_at"
    inlines = (LineInline,)

    @admin.display(description=_("total"))
    def total(self, order: Order) -> str:
        return in_euros(order.total_cents)


@admin.register(Shipment, site=operators_site)
class ShipmentAdmin(ParcelColumns, ReadOnlyAdmin):
    list_display = ("__str__", "maker", "pieces", "state", "post_by_date", "total")
    list_filter = ("status", "maker")
    search_fields = ("order__number", "tracking_number")
    list_select_related = ("order", "maker")
    actions = (accept, ship, cancel)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("lines", "moves")


@admin.register(Hold, site=operators_site)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("order", "variant", "quantity", "state")
    list_filter = ("state",)
    list_select_related = ("order", "variant__product")


@admin.register(DeliveryNews, site=operators_site)
class DeliveryNewsAdmin(ReadOnlyAdmin):
    list_display = ("shipment", "status", "sequence", "occurred_at", "effect")
    list_filter = ("effect", "status")
    list_select_related = ("shipment__order",)
