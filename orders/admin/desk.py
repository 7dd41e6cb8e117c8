"""The operators' orders and parcels: all of them, moved only by those whose role it is."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from makers_market.core.admin import ReadOnlyAdmin, operators_site
from makers_market.core.dates import moment
from makers_market.core.money import in_euros
from orders.admin.acts import ParcelActs
from orders.models import DeliveryNews, Hold, Order, OrderLine, Shipment
from orders.parcels import ParcelShown
from orders.progress import STATUS_WORDS


class LineInline(admin.TabularInline):
    """What was bought; who may see the order may see its lines."""

    model = OrderLine
    fields = readonly_fields = ("piece", "choice", "quantity", "price")
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("piece"))
    def piece(self, line: OrderLine) -> str:
        return line.title_en

    @admin.display(description=_("choice"))
    def choice(self, line: OrderLine) -> str:
        return line.variant_title

    @admin.display(description=_("price of one"))
    def price(self, line: OrderLine) -> str:
        return in_euros(line.unit_price_cents)


@admin.register(Order, site=operators_site)
class OrderAdmin(ReadOnlyAdmin):
    needs = "see_orders"
    nav_position = 20
    list_display = ("number", "name", "status", "placed", "total")
    list_filter = ("status",)
    search_fields = ("number", "email", "name")
    search_help_text = _("Number of an order, name or email")
    date_hierarchy = "placed_at"
    inlines = (LineInline,)
    fields = (
        "number", "status", "placed", "name", "email", "phone", "address", "parcels", "delivery",
        "total",
    )  # fmt: skip

    @admin.display(description=_("placed"), ordering="placed_at")
    def placed(self, order: Order) -> str:
        return moment(order.placed_at)

    @admin.display(description=_("address"))
    def address(self, order: Order) -> str:
        return order.address_line

    @admin.display(description=_("parcels"))
    def parcels(self, order: Order) -> str:
        """Lead to each parcel, with its maker and its state."""
        rows = (
            (reverse("admin:orders_shipment_change", args=[each.pk]), each.position, each.maker,
             STATUS_WORDS[each.status])
            for each in order.shipments.select_related("maker").order_by("position")
        )  # fmt: skip
        return format_html_join("", '<div><a href="{}">{} · {}</a> · {}</div>', rows)

    @admin.display(description=_("delivery"))
    def delivery(self, order: Order) -> str:
        return in_euros(order.delivery_cents)

    @admin.display(description=_("total"))
    def total(self, order: Order) -> str:
        return in_euros(order.total_cents)


@admin.register(Shipment, site=operators_site)
class ShipmentAdmin(ParcelActs):
    needs = "see_orders"
    act_needs = {
        "accept": "move_parcels",
        "ship": "move_parcels",
        "hand_over": "move_parcels",
        "cancel": "refund",
    }
    nav_position = 25
    list_display = ("__str__", "maker", "pieces", "state", "post_by_date", "total")
    list_filter = ("status", "maker")
    search_fields = ("order__number", "tracking_number")
    search_help_text = _("Number of an order, or a tracking number")
    list_select_related = ("order", "maker")
    fields = ("tracking_number",)

    def get_queryset(self, request: HttpRequest) -> Any:
        loaded = super().get_queryset(request).select_related("order", "maker")
        return loaded.prefetch_related("lines", "moves")

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        context |= {"parcel": _shown(kwargs["obj"]), "sees_money": True}
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("status"))
    def state(self, shipment: Shipment) -> str:
        shown = _shown(shipment)
        return format_html('<span class="pill {}">{}</span>', shown.pill, shown.status_words)

    @admin.display(description=_("pieces"))
    def pieces(self, shipment: Shipment) -> str:
        return _shown(shipment).pieces

    @admin.display(description=_("total"))
    def total(self, shipment: Shipment) -> str:
        return in_euros(shipment.total_cents)


def _shown(shipment: Shipment) -> ParcelShown:
    """Show a parcel in the shopper's words, which are the operators' too."""
    return ParcelShown(shipment, timezone.now(), STATUS_WORDS)


@admin.register(Hold, site=operators_site)
class HoldAdmin(ReadOnlyAdmin):
    needs = "see_orders"
    list_display = ("order", "variant", "quantity", "state")
    list_filter = ("state",)
    list_select_related = ("order", "variant__product")


@admin.register(DeliveryNews, site=operators_site)
class DeliveryNewsAdmin(ReadOnlyAdmin):
    needs = "see_orders"
    list_display = ("shipment", "status", "sequence", "occurred_at", "effect")
    list_filter = ("effect", "status")
    list_select_related = ("shipment__order",)
