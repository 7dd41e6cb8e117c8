"""The two back rooms, and what their pages have in common: everything is denied by default."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class BackRoom(admin.AdminSite):
    """An admin site that is entered through the shop's own sign-in."""

    site_url = "/"
    enable_nav_sidebar = False

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the shop's sign-in and back; someone without the right is told so."""
        if request.user.is_authenticated:
            return super().login(request, extra_context)
        back = request.GET.get("next") or reverse(f"{self.name}:index")
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': back})}")


class WorkshopSite(BackRoom):
    """Where makers work: open to the members of a workshop, each seeing only their own."""

    site_header = site_title = _("Workshop")
    index_title = _("Your parcels")

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and user.is_authenticated and user.makers.exists())


class OperatorsSite(BackRoom):
    """Where operators keep order."""

    site_header = site_title = _("Operators’ desk")
    index_title = _("The market")


workshop_site = WorkshopSite(name="workshop")
operators_site = OperatorsSite(name="admin")


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows and changes nothing; what may be done is done by actions that call a service."""

    actions_on_top = True
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScopedAdmin(ReadOnlyAdmin):
    """Shows the rows of the signed-in maker's own workshops; everybody else's are 404."""

    # How a row leads to its maker.
    maker_path = "maker"

    def get_queryset(self, request: HttpRequest) -> Any:
        own = request.user.makers.all()  # type: ignore[union-attr]
        return super().get_queryset(request).filter(**{f"{self.maker_path}__in": own})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return workshop_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return workshop_site.has_permission(request)
