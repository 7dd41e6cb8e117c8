"""Doors for operators into payments: everything can be seen, nothing changed by hand."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from makers_market.core.admin import ReadOnlyAdmin, operators_site
from makers_market.core.money import in_euros
from payments.models import LedgerEntry, LedgerLine, Operation, Payment, Refund, StripeEvent


class MoneyAdmin(ReadOnlyAdmin):
    """A page of the books: for those who may see money."""

    needs = "see_money"

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, row: Any) -> str:
        return in_euros(row.amount_cents)


@admin.register(Payment, site=operators_site)
class PaymentAdmin(MoneyAdmin):
    nav_position, nav_title = 30, _("Payments")
    list_display = ("__str__", "status", "amount", "session_id", "created_at")
    list_filter = ("status",)
    search_fields = ("order__number", "session_id", "intent_id", "charge_id")
    list_select_related = ("order",)


@admin.register(Refund, site=operators_site)
class RefundAdmin(MoneyAdmin):
    nav_position, nav_title = 32, _("Refunds")
    list_display = ("payment", "amount", "reason", "status", "requested_at")
    list_filter = ("status",)
    list_select_related = ("payment__order",)


@admin.register(Operation, site=operators_site)
class OperationAdmin(MoneyAdmin):
    list_display = ("kind", "subject", "attempt", "state", "provider_id", "last_error")
    list_filter = ("state", "kind")
    search_fields = ("subject", "provider_id")


@admin.register(StripeEvent, site=operators_site)
class StripeEventAdmin(MoneyAdmin):
    list_display = ("id", "type", "state", "created_at", "received_at", "last_error")
    list_filter = ("state",)
    search_fields = ("id", "object_id", "reference")


class LedgerLineInline(admin.TabularInline):
    model = LedgerLine
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return operators_site.may(request, MoneyAdmin.needs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LedgerEntry, site=operators_site)
class LedgerEntryAdmin(MoneyAdmin):
    nav_position, nav_title = 34, _("Books")
    list_display = ("kind", "source", "at")
    list_filter = ("kind",)
    search_fields = ("source",)
    inlines = (LedgerLineInline,)
