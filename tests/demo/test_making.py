"""What the demo shop makes to order, asks, and has only one of."""

import io

import pytest
from django.utils.translation import override

from catalog.models import PersonalField, Product, Stock, Workload
from sandbox.demo import content, making
from tests import factories

pytestmark = pytest.mark.django_db


def shelves() -> list[Product]:
    """Make the demo's makers and pieces, as far as making.json names them."""
    shown = content.read("content/making.json")
    slugs = {*shown["made_to_order"], *shown["questions"], *(x["like"] for x in shown["only_ones"])}
    catalogue = {entry["slug"]: entry for entry in content.read("pictures/catalogue.json")}
    makers = {slug: factories.maker(slug) for slug in {catalogue[s]["maker_slug"] for s in slugs}}
    return [
        factories.product(slug, maker=makers[catalogue[slug]["maker_slug"]])
        for slug in sorted(slugs)
    ]


def everything() -> list[object]:
    tables = (Product, PersonalField, Workload, Stock)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_make_twice_changes_nothing() -> None:
    shelves()
    making.make(io.StringIO())
    before = everything()

    making.make(io.StringIO())

    assert everything() == before
    assert Product.objects.filter(is_made_to_order=True).count() == 3
    assert Product.objects.filter(is_one_of_a_kind=True).count() == 2
    assert set(Workload.objects.values_list("per_week", flat=True)) == {3, 4, 6}


def test_ask_every_question_in_both_languages() -> None:
    shelves()

    making.make(io.StringIO())

    for field in PersonalField.objects.all():
        with override("pt"):
            assert field.label != field.label_en
    assert PersonalField.objects.filter(is_required=True).count() == 2


def test_make_leaves_out_what_is_not_there() -> None:
    making.make(io.StringIO())

    assert not Product.objects.exists()
