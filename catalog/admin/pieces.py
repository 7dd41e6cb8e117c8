"""Doors for makers and operators to pieces."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog.admin.piece_bulk import ACTIONS
from catalog.admin.piece_context import PILLS
from catalog.admin.piece_page import PiecePage
from catalog.models import Product, Revision, Variant
from makers_market.core.admin import ReadOnlyAdmin, operators_site, workshop_site
from makers_market.core.money import in_euros
from makers_market.core.templatetags.shop import picture


@admin.register(Product, site=workshop_site)
class WorkshopProductAdmin(PiecePage):
    """A maker's own pieces."""

    needs = "write_pieces"
    nav_position = 20
    nav_title = _("Pieces")
    list_display = ("shown", "title_en", "state", "price", "for_sale")
    list_display_links = ("title_en",)
    list_filter = ("status",)
    actions = ACTIONS
    search_fields = ("title_en", "title_pt", "material", "variants__sku")
    search_help_text = _("Title, material or number of a piece")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .select_related("category__parent", "maker")
            .prefetch_related(
                "pictures",
                Prefetch("variants", Variant.objects.select_related("stock")),
                Prefetch("revisions", Revision.objects.waiting(), to_attr="changes_waiting"),
            )
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.needs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"title": _("Pieces"), **(extra_context or {})}
        return super().changelist_view(request, context)

    @admin.display(description=_("picture"))
    def shown(self, piece: Product) -> str:
        if piece.cover is None:
            return format_html('<span class="{}"></span>', "thumb-4-5")
        return format_html('<span class="thumb-4-5">{}</span>', picture(piece.cover, sizes="thumb"))

    @admin.display(description=_("status"), ordering="status")
    def state(self, piece: Product) -> str:
        status = piece.get_status_display()
        pill = format_html('<span class="pill {}">{}</span>', PILLS[piece.status], status)
        if not piece.changes_waiting:  # type: ignore[attr-defined]
            return pill
        waits = _("Change waits for review")
        return format_html(
            '<span class="row tight">{}<span class="pill info">{}</span></span>', pill, waits
        )

    @admin.display(description=_("price"))
    def price(self, piece: Product) -> str:
        if piece.has_price_range:
            return str(_("from %(price)s") % {"price": in_euros(piece.price_from_cents)})
        return in_euros(piece.price_from_cents)

    @admin.display(description=_("stock"))
    def for_sale(self, piece: Product) -> str:
        count = piece.available
        return ngettext("%(count)d for sale", "%(count)d for sale", count) % {"count": count}


@admin.register(Product, site=operators_site)
class ProductAdmin(ReadOnlyAdmin):
    needs = "see_catalogue"
    list_display = ("title_en", "maker", "category", "status")
    list_filter = ("status", "maker")
    search_fields = ("title_en", "title_pt")
    list_select_related = ("maker", "category")
