"""Doors for makers and operators to what there is of each piece."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Maker
from catalog import services
from catalog.forms.stock import CountForm, ReceiveForm, StockForm, TakeForm
from catalog.inventory import LOW_STOCK, kept, movements_of, running_low, scarce
from catalog.models import Stock, StockMovement
from makers_market.core.admin import ReadOnlyAdmin, ScopedAdmin, operators_site, workshop_site
from makers_market.core.db import as_app
from makers_market.core.errors import Refusal
from makers_market.core.figures import once


def _receive(stock: Stock, form: StockForm, by: str, at: datetime) -> bool:
    quantity = form.cleaned_data["quantity"]
    return services.receive_stock(stock.variant, quantity, reference=form.word, by=by, at=at)


def _take(stock: Stock, form: StockForm, by: str, at: datetime) -> bool:
    told = form.cleaned_data
    return services.take_stock_away(
        stock.variant, told["quantity"], why=told["why"], reference=form.word, by=by, at=at
    )


def _count(stock: Stock, form: StockForm, by: str, at: datetime) -> bool:
    told = form.cleaned_data
    return services.correct_stock(
        stock.variant,
        told["on_hand"],
        seen=told["seen"],
        why=told["why"],
        reference=form.word,
        by=by,
        at=at,
    )


def team_of(maker: Maker) -> dict[str, str]:
    """Name the members of a workshop by what the audit log calls them."""
    team = maker.members.values_list("pk", "name", "email")
    return {f"user:{pk}": name or email for pk, name, email in team}


Booking = tuple[type[StockForm], Callable[[Stock, StockForm, str, datetime], bool]]
BOOKINGS: dict[str, Booking] = {
    "receive": (ReceiveForm, _receive),
    "take": (TakeForm, _take),
    "count": (CountForm, _count),
}


class LowFilter(admin.SimpleListFilter):
    """Only what runs low, as the first page counts it."""

    title = _("stock")
    parameter_name = "low"
    is_scoped = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Running low"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return scarce(queryset) if self.value() == "1" else queryset


@admin.register(Stock, site=workshop_site)
class WorkshopStockAdmin(ScopedAdmin):
    """How many there are of each own piece; what is written down counts at once."""

    needs = "count_stock"
    nav_position = 30
    nav_title = _("Stock")
    maker_path = "variant__product__maker"
    list_display = ("piece", "number", "on_hand", "held", "left")
    list_display_links = ("piece",)
    list_filter = (LowFilter,)
    search_fields = ("variant__product__title_en", "variant__sku")
    search_help_text = _("Title or number of a piece")
    show_full_result_count = False
    ordering = ("variant__product__title_en", "variant__position", "pk")

    def badge(self, request: HttpRequest) -> int:
        """Count what runs low."""
        here = request.workplace.maker.pk  # type: ignore[attr-defined]
        return once(request, "low", lambda: running_low(here).count())

    def get_queryset(self, request: HttpRequest) -> Any:
        return kept(super().get_queryset(request))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"title": _("Stock"), **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        gate = self.admin_site.admin_view
        own = path("<str:object_id>/book/<slug:name>/", gate(self.book), name="catalog_stock_book")
        return [own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """One piece: its numbers, its movements, and three small forms."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied("looked at only")
        return self._page(request, self.get_object(request, object_id), {})

    def book(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Write down one form; what does not fit comes back with words beside it."""
        if name not in BOOKINGS:
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied("count_stock")
        stock = self.get_object(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        kind, write = BOOKINGS[name]
        form = kind(request.POST, prefix=name)
        if any(field.errors for field in form.hidden_fields()):
            raise BadRequest("not a form of ours")
        if not form.is_valid() or not self._write(request, stock, form, write):
            return self._page(request, stock, {name: form}, status=422)
        return redirect(f"{self.admin_site.name}:catalog_stock_change", stock.pk)

    def _write(self, request: HttpRequest, stock: Stock, form: StockForm, write: Any) -> bool:
        try:
            with as_app():
                is_first = write(stock, form, f"user:{request.user.pk}", timezone.now())
        except Refusal as refusal:
            form.add_error(next(iter(form.visible_fields())).name, str(refusal))
            return False
        words = _("Written down.") if is_first else _("That was written down already.")
        self.message_user(request, words, messages.SUCCESS if is_first else messages.INFO)
        return True

    def _page(
        self, request: HttpRequest, stock: Stock, failed: dict[str, StockForm], status: int = 200
    ) -> HttpResponse:
        numbers = {"seen": stock.on_hand}
        team = team_of(request.workplace.maker)  # type: ignore[attr-defined]
        forms = {
            name: failed.get(name) or kind(prefix=name, initial=numbers)
            for name, (kind, _write) in BOOKINGS.items()
        }
        context = self.admin_site.each_context(request) | {
            "title": str(stock.variant),
            "opts": self.opts,
            "stock": stock,
            "forms": forms,
            "failed": next(iter(failed.values()), None),
            "movements": [(each, team.get(each.actor, "")) for each in movements_of(stock)],
        }
        request.current_app = self.admin_site.name
        template = "admin/catalog/stock/piece.html"
        return TemplateResponse(request, template, context, status=status)

    @admin.display(description=_("piece"))
    def piece(self, stock: Stock) -> str:
        return str(stock.variant)

    @admin.display(description=_("number"))
    def number(self, stock: Stock) -> str:
        return stock.variant.sku

    @admin.display(description=_("for sale"))
    def left(self, stock: Stock) -> str:
        if stock.available <= 0:
            return format_html('<span class="pill bad">{}</span>', _("Sold out"))
        if stock.available > LOW_STOCK:
            return str(stock.available)
        words = ngettext("%(count)d left", "%(count)d left", stock.available)
        kind = "bad" if stock.available == 1 else "warn"
        return format_html(
            '<span class="pill {}">{}</span>', kind, words % {"count": stock.available}
        )


@admin.register(Stock, site=operators_site)
class StockAdmin(ReadOnlyAdmin):
    needs = "see_catalogue"
    list_display = ("variant", "on_hand", "held")
    list_select_related = ("variant__product",)


@admin.register(StockMovement, site=operators_site)
class StockMovementAdmin(ReadOnlyAdmin):
    needs = "see_catalogue"
    list_display = ("variant", "quantity", "reason", "reference", "at")
    list_filter = ("reason",)
    list_select_related = ("variant__product",)
