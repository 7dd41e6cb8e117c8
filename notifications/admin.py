"""Doors for operators into mails."""

from django.contrib import admin

from makers_market.core.admin import ReadOnlyAdmin, operators_site
from notifications.models import Mail


@admin.register(Mail, site=operators_site)
class MailAdmin(ReadOnlyAdmin):
    list_display = ("kind", "recipient", "subject", "state", "created_at", "sent_at", "last_error")
    list_filter = ("state", "kind")
    search_fields = ("recipient", "subject")
    exclude = ("content",)
