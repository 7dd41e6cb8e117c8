"""The two back rooms, and what their pages have in common: everything is denied by default."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from makers_market.core.history import Act, history_of
from makers_market.core.http import own_path
from makers_market.core.second_factor import has_second_factor


@dataclass(frozen=True)
class Room:
    """A page of a back room that is no model's list; `needs` names the power it takes."""

    path: str
    name: str
    title: Any
    view: Callable[..., HttpResponse]
    needs: str
    position: int | None = None
    badge: Callable[[HttpRequest], int] | None = None


class BackRoom(admin.AdminSite):
    """An admin site that is entered through the shop's own sign-in, with a second factor."""

    site_url = "/"
    enable_nav_sidebar = False
    empty_value_display = "—"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.rooms: list[Room] = []

    def room(
        self,
        path: str,
        *,
        name: str,
        title: Any,
        needs: str = "",
        position: int | None = None,
        badge: Callable[[HttpRequest], int] | None = None,
    ) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
        """Register a view as a page of this site, behind its door and the power it needs.

        With a `position` it stands in the sidebar there; `badge` counts the work that waits.
        """

        def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            self.rooms.append(Room(path, name, title, view, needs, position, badge))
            return view

        return decorate

    def is_theirs(self, request: HttpRequest) -> bool:
        """Tell whether this person has business in this room at all, second factor apart."""
        raise NotImplementedError

    def may(self, request: HttpRequest, power: str) -> bool:
        """Tell whether the person may do that in this room; the empty power is everybody's."""
        raise NotImplementedError

    def has_permission(self, request: HttpRequest) -> bool:
        return self.is_theirs(request) and has_second_factor(request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the shop's sign-in and back, or to a second factor; others are told no.

        A password is never taken here: this form knows no limit of tries.
        """
        back = own_path(request.GET.get("next"), reverse(f"{self.name}:index"))
        if not request.user.is_authenticated or request.method == "POST":
            return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': back})}")
        if not self.is_theirs(request):
            raise PermissionDenied("not their room")
        if not has_second_factor(request):
            return HttpResponseRedirect(f"{reverse('second_factor')}?{urlencode({'next': back})}")
        return HttpResponseRedirect(back)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Lead to the shop's own way out: a workshop's role could not end the session."""
        return HttpResponseRedirect(reverse("account_logout"))

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
        """Put our own rooms first; leave out what leads around our own pages and scopes."""
        own = [
            path(room.path, self.admin_view(self._gated(room)), name=room.name)
            for room in self.rooms
        ]
        kept = super().get_urls()
        return own + [url for url in kept if getattr(url, "name", "") not in CLOSED_DOORS]

    def _gated(self, room: Room) -> Callable[..., HttpResponse]:
        @functools.wraps(room.view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.may(request, room.needs):
                raise PermissionDenied(room.needs)
            return room.view(request, *args, **kwargs)

        return gated

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"nav": self.nav(request)}

    def nav(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Give the sidebar: title, url, badge and whether one is there, in order of position."""
        if not self.has_permission(request):
            return []
        links = [*self._room_links(request), *self._list_links(request)]
        return [link for _position, link in sorted(links, key=lambda pair: pair[0])]

    def _room_links(self, request: HttpRequest) -> list[tuple[int, dict[str, Any]]]:
        return [
            (
                room.position,
                self._link(request, room.title, reverse(f"{self.name}:{room.name}"), room),
            )
            for room in self.rooms
            if room.position is not None and self.may(request, room.needs)
        ]

    def _list_links(self, request: HttpRequest) -> list[tuple[int, dict[str, Any]]]:
        links = []
        for model, page in self._registry.items():
            position = getattr(page, "nav_position", None)
            if position is None or not page.has_view_permission(request):
                continue
            names = model._meta
            url = reverse(f"{self.name}:{names.app_label}_{names.model_name}_changelist")
            title = getattr(page, "nav_title", "") or names.verbose_name_plural
            links.append((position, self._link(request, title, url, page)))
        return links

    def _link(self, request: HttpRequest, title: Any, url: str, page: Any) -> dict[str, Any]:
        at_home = url == reverse(f"{self.name}:index")
        is_here = request.path == url if at_home else request.path.startswith(url)
        badge = page.badge(request) if getattr(page, "badge", None) else 0
        return {"title": title, "url": url, "badge": badge, "is_here": is_here}


class WorkshopSite(BackRoom):
    """Where makers work: open to the members of a workshop, each seeing only their own."""

    site_header = site_title = _("Workshop")
    index_title = _("Your parcels")

    def is_theirs(self, request: HttpRequest) -> bool:
        return getattr(request, "workplace", None) is not None

    def may(self, request: HttpRequest, power: str) -> bool:
        workplace = getattr(request, "workplace", None)
        return workplace is not None and (not power or workplace.can(power))


class OperatorsSite(BackRoom):
    """Where operators keep order."""

    site_header = site_title = _("Operators’ desk")
    index_title = _("The market")

    def is_theirs(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(
            user.is_active and user.is_authenticated and user.is_staff and user.operator_role
        )

    def may(self, request: HttpRequest, power: str) -> bool:
        return self.is_theirs(request) and (not power or request.user.can(power))  # type: ignore[union-attr]


workshop_site = WorkshopSite(name="workshop")
operators_site = OperatorsSite(name="admin")


# r/<type>/<id>/ leads to any row's page; passwords are changed in one's account.
CLOSED_DOORS = frozenset(
    {"view_on_site", "autocomplete", "password_change", "password_change_done"}
)
FILTER_ENDINGS = frozenset({"exact", "isnull", "gte", "lt", "year", "month", "day", "id"})
YEAR = re.compile(r"[12]\d{3}", re.ASCII)
# Ids of rows are numbers, but for Stripe's events.
ROW_ID = re.compile(r"\d{1,18}|evt_\w{1,116}", re.ASCII)


class PlainForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form of the back rooms: no label of ours ends in a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"label_suffix": ""}))


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows and changes nothing; what may be done is done by actions that call a service.

    `needs` names the power that seeing it takes, `changes_need` the one that changing it takes.
    """

    needs = ""
    changes_need = ""
    form: Any = PlainForm
    nav_position: int | None = None
    nav_title: Any = ""
    actions_on_top = True
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    view_on_site = False

    def may(self, request: HttpRequest, power: str) -> bool:
        """Tell whether the person may do that in the room this page belongs to."""
        site = self.admin_site
        return (
            isinstance(site, BackRoom) and site.has_permission(request) and site.may(request, power)
        )

    def get_urls(self) -> list[Any]:
        """Leave out Django's unnamed way from <id>/ to <id>/change/, whoever asks."""
        return [url for url in super().get_urls() if getattr(url, "name", "")]

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Give a row that this person may see; any other is 404, whether it exists or not."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow in the address only what this page's own filters write.

        "gte" on any other column would answer questions about what the page does not show, money
        or a password's hash among it; a regex could break the query.
        """
        ending = lookup.rpartition("__")[2]
        is_plain = "__" not in lookup or ending in FILTER_ENDINGS
        # Django computes with any year, also where the calendar ends.
        if ending == "year" and not YEAR.fullmatch(str(value)):
            return False
        is_offered = any(
            lookup == name or lookup.startswith(f"{name}__") for name in self._filtered(request)
        )
        return is_plain and is_offered and super().lookup_allowed(lookup, value, request)

    def _filtered(self, request: HttpRequest) -> Iterator[str]:
        """Give the parameters that the filters beside the list and its dates write."""
        if self.date_hierarchy:
            yield self.date_hierarchy
        for wanted in self.get_list_filter(request):
            if isinstance(wanted, str):
                yield wanted
            elif isinstance(wanted, tuple):
                yield str(wanted[0])
            else:
                yield getattr(wanted, "parameter_name", "")

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse an action on what is no row's id."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(ROW_ID.fullmatch(pk) for pk in chosen):
            raise BadRequest("not a row")
        return super().response_action(request, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what the audit log knows about a row that this person may see."""
        if not self.has_view_permission(request):
            raise PermissionDenied(self.needs)
        row = self.get_object(request, unquote(object_id))
        context = self.admin_site.each_context(request) | {
            "title": _("History"),
            "subtitle": str(row),
            "object": row,
            "opts": self.opts,
            "acts": self.history_of(request, row),
        }
        return TemplateResponse(
            request, "admin/object_history.html", context | (extra_context or {})
        )

    def history_of(self, request: HttpRequest, row: Any) -> list[Act]:
        """List the acts on a row that may be read in this room."""
        return history_of(row)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.needs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.needs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave Django's own log empty: services write the audit log (core/audit_log.py)."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave Django's own log empty."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Leave Django's own log empty."""


class ScopedAdmin(ReadOnlyAdmin):
    """Shows the rows of the workshop that a request is made in; everybody else's are 404."""

    # How a row leads to its maker.
    maker_path = "maker"
    # For each foreign key of a form, what may be chosen: workplace → rows.
    choices: ClassVar[Mapping[str, Callable[[Any], QuerySet[Any]]]] = {}

    def get_queryset(self, request: HttpRequest) -> Any:
        here = request.workplace.maker  # type: ignore[attr-defined]
        return super().get_queryset(request).filter(**{self.maker_path: here})

    def history_of(self, request: HttpRequest, row: Any) -> list[Act]:
        """List the acts that this workshop may read; the wall lets through no others."""
        return history_of(row, maker=request.workplace.maker.pk)  # type: ignore[attr-defined]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only what the page names in `choices`: a key it does not name offers nothing."""
        choose = self.choices.get(db_field.name)
        workplace = request.workplace  # type: ignore[attr-defined]
        nothing = db_field.remote_field.model._default_manager.none()
        kwargs["queryset"] = choose(workplace) if choose else nothing
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Take off the links that would open another model's form beside a choice."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field
