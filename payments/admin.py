"""Doors for operators into payments: everything can be seen, nothing changed by hand."""

from django.contrib import admin

from makers_market.core.admin import ReadOnlyAdmin, operators_site
from payments.models import LedgerEntry, LedgerLine, Operation, Payment, Refund, StripeEvent


@admin.register(Payment, site=operators_site)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "status", "amount_cents", "session_id", "created_at")
    list_filter = ("status",)
    search_fields = ("order__number", "session_id", "intent_id", "charge_id")
    list_select_related = ("order",)


@admin.register(Refund, site=operators_site)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ("payment", "amount_cents", "reason", "status", "requested_at")
    list_filter = ("status",)
    list_select_related = ("payment__order",)


@admin.register(Operation, site=operators_site)
class OperationAdmin(ReadOnlyAdmin):
    list_display = ("kind", "subject", "attempt", "state", "provider_id", "last_error")
    list_filter = ("state", "kind")
    search_fields = ("subject", "provider_id")


@admin.register(StripeEvent, site=operators_site)
class StripeEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "type", "state", "created_at", "received_at", "last_error")
    list_filter = ("state",)
    search_fields = ("id", "object_id", "reference")


class LedgerLineInline(admin.TabularInline):
    model = LedgerLine
    extra = 0
    can_delete = False


@admin.register(LedgerEntry, site=operators_site)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ("kind", "source", "at")
    list_filter = ("kind",)
    search_fields = ("source",)
    inlines = (LedgerLineInline,)
