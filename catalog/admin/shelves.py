"""Doors for operators to the shelves: categories, collections and written pages."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.forms.shelves import CategoryForm, CollectionForm, PageForm
from catalog.models import Category, Collection, Page
from catalog.services import shelves
from makers_market.core.admin import ReadOnlyAdmin, operators_site
from makers_market.core.errors import Refusal


class ShelfAdmin(ReadOnlyAdmin):
    """A page whose form is saved by a service; who may see it may change it."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.changes_need)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.changes_need)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.changes_need)

    @admin.display(description=_("address"), ordering="slug")
    def address(self, thing: Any) -> str:
        return str(thing.slug)

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """Offer no deletion of many at once: it would not ask the service."""
        return {}

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        raise PermissionDenied("one at a time")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing more: the service has saved everything."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Call the service and take over the id of a new row, which the answer leads to."""
        facts = {"seen": form.cleaned_data["seen"], "by": by(request), "at": timezone.now()}
        obj.pk = self.save_by_service(obj.pk if change else None, form, facts).pk

    def save_by_service(self, pk: int | None, form: Any, facts: dict[str, Any]) -> Any:
        raise NotImplementedError

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show a refusal that only the service could see, a race, above the form as it is now."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            return self._say(request, refusal)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().delete_view(request, *args, **kwargs)
        except Refusal as refusal:
            return self._say(request, refusal)

    def _say(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        messages.error(request, str(refusal))
        return redirect(request.get_full_path())


def by(request: HttpRequest) -> str:
    return f"user:{request.user.pk}"


@admin.register(Category, site=operators_site)
class CategoryAdmin(ShelfAdmin):
    needs = changes_need = "arrange_shelves"
    nav_position, nav_title = 60, _("Categories")
    list_display = ("name", "above", "address", "pieces")
    list_filter = ("craft",)
    list_select_related = ("parent",)
    search_fields = ("name_en", "name_pt", "slug")
    ordering = ("craft", "parent_id", "position")
    form = CategoryForm
    fields = (
        "name_en", "name_pt", "blurb_en", "blurb_pt", "parent", "slug", "position", "seen",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(count=Count("products"))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the crafts: there are two levels."""
        kwargs["queryset"] = Category.objects.crafts()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("name"), ordering="name_en")
    def name(self, category: Category) -> str:
        return category.name_en

    @admin.display(description=_("belongs to"), ordering="parent")
    def above(self, category: Category) -> Category | None:
        return category.parent

    @admin.display(description=_("pieces"))
    def pieces(self, category: Any) -> str:
        count = category.count
        return ngettext("%(pieces)s piece", "%(pieces)s pieces", count) % {"pieces": count}

    def save_by_service(self, pk: int | None, form: Any, facts: dict[str, Any]) -> Any:
        return shelves.save_category(pk, form.values(), **facts)

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        shelves.remove_category(obj.pk, by=by(request), at=timezone.now())


class ShownAdmin(ShelfAdmin):
    """Something with a page of its own, once it is shown."""

    list_display = ("title_en", "address", "page")
    search_fields = ("title_en", "title_pt", "slug")

    @admin.display(description=_("in the shop"))
    def page(self, thing: Collection | Page) -> str:
        if not thing.is_shown:
            return gettext("Not shown")
        return format_html('<a href="{}">{}</a>', thing.url, _("See it"))

    def delete_model(self, request: HttpRequest, obj: Collection | Page) -> None:
        shelves.remove_shown(obj, by=by(request), at=timezone.now())


@admin.register(Collection, site=operators_site)
class CollectionAdmin(ShownAdmin):
    needs = changes_need = "arrange_shelves"
    nav_position, nav_title = 62, _("Collections")
    form = CollectionForm
    fields = (
        "title_en", "title_pt", "blurb_en", "blurb_pt", "slug", "is_shown", "position", "pieces",
        "seen",
    )  # fmt: skip

    def save_by_service(self, pk: int | None, form: Any, facts: dict[str, Any]) -> Any:
        sent = form.cleaned_data
        return shelves.save_collection(pk, sent, pieces=sent["pieces"], **facts)


@admin.register(Page, site=operators_site)
class PageAdmin(ShownAdmin):
    needs = changes_need = "write_pages"
    nav_position, nav_title = 64, _("Pages")
    form = PageForm
    fields = (
        "title_en", "title_pt", "slug", "is_shown", "position", "body_en", "body_pt", "seen",
    )  # fmt: skip

    def save_by_service(self, pk: int | None, form: Any, facts: dict[str, Any]) -> Any:
        return shelves.save_page(pk, form.cleaned_data, **facts)
