"""The back rooms speak the shop's words: nothing of Django's own shows through."""

import re
from html import unescape

import pytest
from django.test import Client

from accounts.models import Maker
from catalog.models import Collection
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]


def headings(page: str) -> list[str]:
    """Give the words above the columns of a list, first to last."""
    cells = re.findall(r"<th scope=\"col\".*?</th>", page, re.S)
    return [" ".join(unescape(re.sub(r"<[^>]+>", "", cell)).split()) for cell in cells]


@pytest.fixture
def desk(db: None) -> Client:
    return signed_in(factories.operator(name="Olga"))


@pytest.fixture
def workshop(mo: Maker) -> Client:
    return signed_in(mo.members.get())


def test_lists_are_headed_in_words(desk: Client):
    factories.category()

    categories = desk.get("/admin/catalog/category/").text
    people = desk.get("/admin/accounts/user/").text

    assert headings(categories) == ["Name", "Belongs to", "Address", "Pieces"]
    assert headings(people)[2:] == ["Role", "Status", "Joined at"]
    assert "0 pieces" in categories
    assert re.search(r"\d{1,2} \w{3} \d{4}, \d\d:\d\d", people)
    assert "icon-yes" not in people


def test_page_of_an_order_names_pieces(desk: Client):
    order = factories.order()

    page = desk.get(f"/admin/orders/order/{order.pk}/change/").text

    assert headings(page) == ["Piece", "Choice", "Quantity", "Price of one"]
    assert re.findall(r"<label[^>]*>([^<]*:)</label>", page) == []


def test_person_is_named_as_they_write_themselves(desk: Client, mo: Maker):
    page = desk.get(f"/admin/accounts/user/{mo.members.get().pk}/change/").text

    assert "<h1>mo@example.com</h1>" in page
    assert "Active" in page


def test_collection_that_is_hidden_says_so(desk: Client):
    Collection.objects.create(title_en="A slow breakfast", slug="slow-breakfast")

    assert "Not shown" in desk.get("/admin/catalog/collection/").text


def test_pieces_are_added_in_a_whole_phrase(workshop: Client, mo: Maker):
    factories.variant(maker=mo)

    page = workshop.get("/workshop/catalog/product/").text

    assert re.findall(r'class="addlink"[^>]*>([^<]+)<', page) == ["Add a piece"]
    assert 'placeholder="Title, material or number of a piece"' in page


def test_parcels_offer_acts_in_plain_words(workshop: Client, mo: Maker):
    factories.order((factories.variant(maker=mo), 1))

    page = workshop.get("/workshop/orders/shipment/").text

    assert re.findall(r'<option value="" selected>([^<]+)<', page) == ["Choose…"]
