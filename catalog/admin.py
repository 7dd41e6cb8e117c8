"""Doors for makers and operators into the catalogue."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product, Stock, StockMovement
from makers_market.core.admin import ReadOnlyAdmin, ScopedAdmin, operators_site, workshop_site


@admin.register(Product, site=workshop_site)
class WorkshopProductAdmin(ScopedAdmin):
    """A maker's own pieces."""

    list_display = ("title_en", "status", "for_sale")
    fields = ("title_en", "title_pt", "description_en", "material", "status", "published_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("variants__stock")

    @admin.display(description=_("for sale"))
    def for_sale(self, product: Product) -> int:
        return product.available


@admin.register(Product, site=operators_site)
class ProductAdmin(ReadOnlyAdmin):
    list_display = ("title_en", "maker", "category", "status")
    list_filter = ("status", "maker")
    search_fields = ("title_en", "title_pt")
    list_select_related = ("maker", "category")


@admin.register(Category, site=operators_site)
class CategoryAdmin(ReadOnlyAdmin):
    list_display = ("name_en", "parent", "craft", "position")
    list_select_related = ("parent",)


@admin.register(Stock, site=operators_site)
class StockAdmin(ReadOnlyAdmin):
    list_display = ("variant", "on_hand", "held")
    list_select_related = ("variant__product",)


@admin.register(StockMovement, site=operators_site)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ("variant", "quantity", "reason", "reference", "at")
    list_filter = ("reason",)
    list_select_related = ("variant__product",)
