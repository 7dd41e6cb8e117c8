"""The workshop's parcels: own ones that are paid for, with the address while it is needed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from makers_market.core.admin import ScopedAdmin, workshop_site
from makers_market.core.figures import once
from makers_market.core.money import in_euros
from orders.admin.acts import ParcelActs
from orders.models import Shipment
from orders.parcels import MOST_URGENT_FIRST, TO_PACK, ParcelShown, packing_of, readable


class StageFilter(admin.SimpleListFilter):
    """Where parcels are, in four words."""

    title = _("status")
    parameter_name = "stage"
    is_scoped = True
    STAGES = {
        "pack": TO_PACK,
        "way": (Shipment.SHIPPED, Shipment.IN_TRANSIT),
        "arrived": (Shipment.DELIVERED, Shipment.COLLECTED, Shipment.SETTLED),
        "ended": (Shipment.CANCELLED, Shipment.LOST, Shipment.RETURNED),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("pack", _("To pack")),
            ("way", _("On the way")),
            ("arrived", _("Arrived")),
            ("ended", _("Cancelled, lost or returned")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        stage = self.STAGES.get(self.value() or "")
        return queryset.filter(status__in=stage) if stage else queryset


@admin.register(Shipment, site=workshop_site)
class WorkshopShipmentAdmin(ParcelActs, ScopedAdmin):
    """A maker's parcels; what they cost is for who may see money."""

    needs = "pack"
    act_needs = {"accept": "pack", "ship": "pack", "hand_over": "pack", "cancel": "see_money"}
    nav_position = 10
    nav_title = _("Parcels")
    list_display = ("parcel", "recipient", "pieces", "state", "when")
    list_filter = (StageFilter,)
    list_display_links = ("parcel",)
    search_fields = ("order__number", "tracking_number")
    search_help_text = _("Number of an order, or a tracking number")
    show_full_result_count = False
    fields = ("tracking_number",)
    ordering = MOST_URGENT_FIRST

    def badge(self, request: HttpRequest) -> int:
        """Count the parcels that wait to be packed."""
        here, today = request.workplace.maker.pk, timezone.localdate()  # type: ignore[attr-defined]
        return once(request, "packing", lambda: packing_of(here, today=today)).count

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"title": _("Parcels"), **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> Any:
        return readable(super().get_queryset(request).exclude(status=Shipment.WAITING))

    def get_list_display(self, request: HttpRequest) -> Any:
        sees_money = self.may(request, "see_money")
        return (*self.list_display, "total") if sees_money else self.list_display

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        context |= {
            "parcel": _shown(kwargs["obj"]),
            "sees_money": self.may(request, "see_money"),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("order"))
    def parcel(self, shipment: Shipment) -> str:
        return str(shipment)

    @admin.display(description=_("for"))
    def recipient(self, shipment: Shipment) -> str:
        return _shown(shipment).recipient

    @admin.display(description=_("pieces"))
    def pieces(self, shipment: Shipment) -> str:
        return _shown(shipment).pieces

    @admin.display(description=_("status"))
    def state(self, shipment: Shipment) -> str:
        shown = _shown(shipment)
        return format_html('<span class="pill {}">{}</span>', shown.pill, shown.status_words)

    @admin.display(description=_("when"))
    def when(self, shipment: Shipment) -> str:
        return _shown(shipment).when

    @admin.display(description=_("total"))
    def total(self, shipment: Shipment) -> str:
        return in_euros(shipment.total_cents)


def _shown(shipment: Shipment) -> ParcelShown:
    return ParcelShown(shipment, timezone.now())
