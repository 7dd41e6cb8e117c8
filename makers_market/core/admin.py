"""The two back rooms, and what their pages have in common: everything is denied by default."""

import functools
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _


class BackRoom(admin.AdminSite):
    """An admin site that is entered through the shop's own sign-in."""

    site_url = "/"
    enable_nav_sidebar = False

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the shop's sign-in and back; someone without the right is told so.

        A password is never taken here: this form knows no limit of tries.
        """
        if request.user.is_authenticated and request.method != "POST":
            return super().login(request, extra_context)
        back = request.GET.get("next") or reverse(f"{self.name}:index")
        return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': back})}")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Show a page in the language of the person: the address of a back room names none."""
        shown: Callable[..., HttpResponse] = super().admin_view(view, cacheable)

        @functools.wraps(shown)
        def in_their_language(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated:
                translation.activate(request.user.language)
            return shown(request, *args, **kwargs)

        return in_their_language

    def get_urls(self) -> list[Any]:
        """Leave out the door r/<type>/<id>/, which leads to any row's page: an order's link too."""
        kept = super().get_urls()
        return [url for url in kept if getattr(url, "name", "") != "view_on_site"]


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


FILTER_ENDINGS = frozenset({"exact", "isnull", "gte", "lt", "year", "month", "day", "id"})
# Ids of rows are numbers, but for Stripe's events.
ROW_ID = re.compile(r"\d{1,18}|evt_\w{1,116}", re.ASCII)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows and changes nothing; what may be done is done by actions that call a service."""

    actions_on_top = True
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    view_on_site = False

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Give a row that this person may see; any other is 404, whether it exists or not."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow in the address only what the filters write: a regex could break the query."""
        ending = lookup.rpartition("__")[2]
        is_plain = "__" not in lookup or ending in FILTER_ENDINGS
        return is_plain and super().lookup_allowed(lookup, value, request)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse an action on what is no row's id."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(ROW_ID.fullmatch(pk) for pk in chosen):
            raise BadRequest("not a row")
        return super().response_action(request, *args, **kwargs)

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
