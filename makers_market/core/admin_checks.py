"""Refuses, at every start, a page of the workshop that would leave a door to another maker's rows.

Scoping the list alone is not isolation: filters, choices, inlines, links and deletes lead past it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.admin import ListFilter
from django.contrib.contenttypes.admin import GenericInlineModelAdmin
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db.models import PROTECT, Model

from makers_market.core.admin import ScopedAdmin, workshop_site

# Options that reach rows by themselves, past the page's own query.
FORBIDDEN = ("raw_id_fields", "autocomplete_fields", "list_editable", "filter_horizontal")


@register()
def check_workshop(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check every page registered at the workshop's site."""
    return [
        Error(problem, obj=type(page), id="market.E001")
        for page in workshop_site._registry.values()
        for problem in problems_of(page)
    ]


def problems_of(page: Any) -> Iterator[str]:
    """Name what makes this page leak, one sentence each."""
    if not isinstance(page, ScopedAdmin):
        yield "A page of the workshop must inherit ScopedAdmin."
        return
    for option in FORBIDDEN:
        if getattr(page, option):
            yield f"{option} offers other makers' rows."
    if page.view_on_site:
        yield "view_on_site leads to any row's page."
    yield from _filters(page)
    yield from _searches(page)
    yield from _inlines(page)
    if _may_delete(page) and _is_kept(page.model):
        yield "What orders refer to is never deleted."


def _filters(page: ScopedAdmin) -> Iterator[str]:
    for wanted in page.list_filter:
        if isinstance(wanted, type) and issubclass(wanted, ListFilter):
            if not getattr(wanted, "is_scoped", False):
                yield f"The filter {wanted.__name__} does not say is_scoped = True."
        elif not isinstance(wanted, str) or "__" in wanted or _is_relation(page.model, wanted):
            yield f"The filter {wanted!r} lists rows of other makers."


def _searches(page: ScopedAdmin) -> Iterator[str]:
    for field in page.search_fields:
        if any(word in field for word in ("email", "phone", "user", "maker", "password")):
            yield f"Searching {field!r} tells what the page must not show."


def _inlines(page: ScopedAdmin) -> Iterator[str]:
    for inline in page.inlines:
        if issubclass(inline, GenericInlineModelAdmin) or not getattr(inline, "is_scoped", False):
            yield f"The inline {inline.__name__} is not scoped."


def _is_relation(model: type[Model], name: str) -> bool:
    try:
        return bool(model._meta.get_field(name).is_relation)
    except FieldDoesNotExist:
        return True


def _may_delete(page: ScopedAdmin) -> bool:
    return type(page).has_delete_permission is not ScopedAdmin.has_delete_permission


def _is_kept(model: type[Model]) -> bool:
    """Tell whether other rows forbid that this one goes."""
    related = model._meta.related_objects
    return any(getattr(each, "on_delete", None) is PROTECT for each in related)
