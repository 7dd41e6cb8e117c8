"""The audit log as administrators read it."""

from typing import Any

from django.contrib import admin
from django.db.models import BigIntegerField, Case, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Cast, Substr
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from makers_market.core.admin import ReadOnlyAdmin, operators_site
from makers_market.core.dates import moment
from makers_market.core.history import changes_of
from makers_market.core.models import AuditEntry

# The first word of an action names what it is about.
AREAS = {
    "maker": _("Shops"),
    "product": _("Pieces"),
    "shipment": _("Parcels"),
    "stock": _("Stock"),
    "team": _("Teams"),
    "user": _("Accounts"),
    "session": _("Sessions"),
    "factor": _("Second factors"),
    "market": _("The market"),
    "shelf": _("Shelves and pages"),
    "job": _("Jobs"),
    "view_as": _("Views as a maker"),
}


class AreaFilter(admin.SimpleListFilter):
    title = _("what")
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(AREAS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        area = self.value()
        return queryset.filter(action__startswith=f"{area}.") if area in AREAS else queryset


class OperatorFilter(admin.SimpleListFilter):
    """By one of the operators; other people are found by their number in the search box."""

    title = _("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        operators = User.objects.exclude(operator_role="").order_by("email")[:50]
        return [(f"user:{user.pk}", user.name or user.email) for user in operators]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(actor=self.value()) if self.value() else queryset


@admin.register(AuditEntry, site=operators_site)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, before and after, from where; search by "user:7", "maker:5" or an action."""

    needs = "read_audit"
    nav_position, nav_title = 90, _("Audit log")
    list_display = ("when", "who", "action", "about", "before_after", "why", "sealed")
    list_filter = (AreaFilter, OperatorFilter)
    search_fields = ("actor__exact", "action__exact", "subject__exact", "request_id__exact")
    search_help_text = _("A whole word: user:7, maker:5, maker.approved, or a request's id")
    show_full_result_count = False
    sortable_by = ()
    fields = readonly_fields = (
        "when", "who", "actor", "action", "subject", "before_after", "why", "address", "request_id",
        "position", "seal",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give each entry the address of the person who acted, without a query for each."""
        number = Cast(Substr("actor", len("user:") + 1), BigIntegerField())
        is_person = When(actor__regex=r"^user:[0-9]{1,18}$", then=number)
        person = User.objects.filter(pk=OuterRef("person_id")).values("email")
        entries = super().get_queryset(request).annotate(person_id=Case(is_person))
        return entries.annotate(person=Subquery(person))

    @admin.display(description=_("when"))
    def when(self, entry: AuditEntry) -> str:
        return moment(entry.at)

    @admin.display(description=_("who"))
    def who(self, entry: Any) -> str:
        return format_html('<a href="?q={}">{}</a>', entry.actor, entry.person or entry.actor)

    @admin.display(description=_("about"))
    def about(self, entry: AuditEntry) -> str:
        return format_html('<a href="?q={}">{}</a>', entry.subject, entry.subject)

    @admin.display(description=_("before and after"))
    def before_after(self, entry: AuditEntry) -> str:
        rows = changes_of(entry)
        return format_html_join("", "<div>{}: {} → {}</div>", rows) or "—"

    @admin.display(description=_("sealed"))
    def sealed(self, entry: AuditEntry) -> Any:
        return _("Not sealed yet") if entry.position is None else _("Sealed")
