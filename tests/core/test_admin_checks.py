"""The start-up check that keeps the workshop's pages scoped: each leak of the trial is named."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.contenttypes.admin import GenericTabularInline
from django.core.checks import run_checks

from catalog.models import Product, Variant
from makers_market.core.admin import ReadOnlyAdmin, ScopedAdmin, workshop_site
from makers_market.core.admin_checks import problems_of
from orders.models import OrderLine, Shipment


class LineInline(admin.TabularInline):
    model = OrderLine


class AnythingInline(GenericTabularInline):
    model = OrderLine
    is_scoped = True


class MakerFilter(SimpleListFilter):
    title, parameter_name = "maker", "maker"


LEAKS: list[dict[str, Any]] = [
    {"raw_id_fields": ("category",)},
    {"autocomplete_fields": ("category",)},
    {"list_editable": ("title_en",)},
    {"filter_horizontal": ("collections",)},
    {"view_on_site": True},
    {"list_filter": ("maker",)},
    {"list_filter": ("maker__name",)},
    {"list_filter": (("category", admin.RelatedFieldListFilter),)},
    {"list_filter": (MakerFilter,)},
    {"search_fields": ("maker__members__email",)},
    {"inlines": (LineInline,)},
    {"inlines": (AnythingInline,)},
    {"has_delete_permission": lambda self, request, obj=None: True},
]


def page(options: dict[str, Any], base: type = ScopedAdmin, model: type = Product) -> Any:
    return type("Page", (base,), options)(model, workshop_site)


@pytest.mark.parametrize("options", LEAKS, ids=[" ".join(leak) for leak in LEAKS])
def test_check_names_the_leak(options: dict[str, Any]):
    assert len(list(problems_of(page(options)))) == 1


def test_check_names_a_page_without_scope():
    assert list(problems_of(page({}, ReadOnlyAdmin))) == [
        "A page of the workshop must inherit ScopedAdmin."
    ]


@pytest.mark.parametrize("model", [Product, Variant, Shipment])
def test_check_passes_a_plain_page(model: type):
    plain = {"list_filter": (), "search_fields": ("=id",)}

    assert list(problems_of(page(plain, model=model))) == []


def test_registered_pages_pass():
    assert [found for found in run_checks() if found.id == "market.E001"] == []
