"""Doors for operators into mails."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from makers_market.core.admin import ReadOnlyAdmin, operators_site
from notifications.models import Mail


@admin.register(Mail, site=operators_site)
class MailAdmin(ReadOnlyAdmin):
    needs = "see_mails"
    nav_position, nav_title = 50, _("Mails")
    list_display = ("kind", "recipient", "subject", "state", "created_at", "sent_at", "last_error")
    list_filter = ("state", "kind")
    search_fields = ("recipient", "subject")
    search_help_text = _("Email or subject")
    exclude = ("content",)
