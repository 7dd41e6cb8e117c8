"""Doors for operators to people and workshops."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.models import Maker, OperatorRole, User
from accounts.services.operators import give_role
from makers_market.core.admin import ReadOnlyAdmin, operators_site
from makers_market.core.dates import full_date
from makers_market.core.errors import Refusal

PILLS = {
    Maker.APPLYING: "info", Maker.SUBMITTED: "warn", Maker.APPROVED: "ok",
    Maker.REJECTED: "bad", Maker.SUSPENDED: "bad", Maker.CLOSED: "",
}  # fmt: skip


class WithActs(ReadOnlyAdmin):
    """A page with links to what may be done with the row (templates/admin/accounts/)."""

    def acts(self, request: HttpRequest, row: Any) -> list[tuple[str, Any]]:
        """Give (address, words) of what this person may do with the row."""
        raise NotImplementedError

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        more = {"acts": self.acts(request, found)} if self.has_view_permission(request) else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | more)


@admin.register(User, site=operators_site)
class UserAdmin(WithActs):
    """People, and what role they have."""

    needs = "see_people"
    nav_position, nav_title = 40, _("People")
    list_display = ("email", "name", "operator_role", "state", "joined_at")
    list_filter = ("operator_role", "is_active")
    search_fields = ("email", "name")
    search_help_text = _("Email or name")
    fields = ("email", "name", "language", "role", "state", "joined_at", "workshops")
    readonly_fields = ("role", "state", "workshops")

    def acts(self, request: HttpRequest, row: User) -> list[tuple[str, Any]]:
        if not self.may(request, "manage_people") or row == request.user:
            return []
        return [(reverse("admin:give_role", args=[row.pk]), _("Change the role"))]

    @admin.display(description=_("status"), ordering="is_active")
    def state(self, person: User) -> Any:
        return _("Active") if person.is_active else _("Closed")

    @admin.display(description=_("role"))
    def role(self, person: User) -> str:
        return person.get_operator_role_display() or str(_("None"))

    @admin.display(description=_("workshops"))
    def workshops(self, person: User) -> str:
        rows = (
            (member.maker.name, member.get_role_display())
            for member in person.memberships.select_related("maker").order_by("pk")
        )
        return format_html_join(", ", "{} ({})", rows) or "—"


class RoleForm(forms.Form):
    """Which role somebody has at the operators' desk."""

    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", _("None")), *OperatorRole.choices],
        help_text=_(
            "Support sees orders, people and mails. Moderators decide on shops and pieces. Finance"
            " sees money and pays back. Administrators may do everything."
        ),
    )


@operators_site.room(
    "accounts/user/<int:pk>/role/", name="give_role", title=_("Role"), needs="manage_people"
)
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person a role at the desk, or take it; asks who you are first."""
    person = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST or None, initial={"role": person.operator_role})
    if request.method == "POST" and form.is_valid():
        wished = form.cleaned_data["role"]
        try:
            give_role(pk, role=wished, by=f"user:{request.user.pk}", at=timezone.now())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The role is set. It counts from the next page on."))
            return redirect("admin:accounts_user_change", pk)
    context = operators_site.each_context(request) | {
        "title": _("Role"),
        "person": person,
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "accounts/desk/role.html", context, status=status)


@admin.register(Maker, site=operators_site)
class MakerAdmin(WithActs):
    """Workshops, with what was decided about each."""

    needs = "see_catalogue"
    nav_position, nav_title = 45, _("Makers")
    list_display = ("name", "place", "craft", "state")
    list_filter = ("status", "craft")
    search_fields = ("name", "place", "slug")
    search_help_text = _("Name or place")
    fields = (
        "name", "first_name", "place", "craft", "state", "decisions", "legal_name",
        "legal_address", "tax_number",
    )  # fmt: skip
    readonly_fields = ("state", "decisions")

    def acts(self, request: HttpRequest, row: Maker) -> list[tuple[str, Any]]:
        decided = {
            Maker.SUBMITTED: ("admin:moderate_maker", _("Decide")),
            Maker.APPROVED: ("admin:suspend_shop", _("Suspend")),
            Maker.SUSPENDED: ("admin:reinstate_shop", _("Reinstate")),
        }
        offered = [decided[row.status]] if row.status in decided else []
        acts = [("admin:view_as", _("View as"))] if self.may(request, "view_as") else []
        acts += offered if self.may(request, "moderate") else []
        return [(reverse(name, args=[row.pk]), words) for name, words in acts]

    @admin.display(description=_("status"), ordering="status")
    def state(self, maker: Maker) -> str:
        words = maker.get_status_display()
        return format_html('<span class="pill {}">{}</span>', PILLS[maker.status], words)

    @admin.display(description=_("so far"))
    def decisions(self, maker: Maker) -> str:
        names = dict(Maker.STATUSES)
        rows = ((full_date(move.at), names[move.to_status], move.why) for move in maker.moves.all())
        return format_html_join("", "<div>{} · {} {}</div>", rows) or "—"
