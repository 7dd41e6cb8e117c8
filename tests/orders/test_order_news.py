"""The order's page asks for news; it is drawn again only when there is some."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders import services as orders
from orders.models import Order
from tests import factories

pytestmark = pytest.mark.django_db


def asks_for(page: str) -> str:
    """Give the address that a page of an order asks for news."""
    found = re.search(r'hx-get="([^"]*/parcels/[^"]*)"', page)
    assert found, "the page asks for no news"
    return found[1].replace("&amp;", "&")


def test_answers_no_content_without_news(shopper: Client) -> None:
    placed = factories.order()
    page = shopper.get(placed.get_absolute_url()).content.decode()

    answer = shopper.get(asks_for(page))

    assert (answer.status_code, answer.content) == (204, b"")


def test_draws_the_news_and_announces_them(shopper: Client) -> None:
    placed = factories.order()
    page = shopper.get(placed.get_absolute_url()).content.decode()
    orders.mark_paid(placed.pk, at=timezone.now())

    answer = shopper.get(asks_for(page), headers={"HX-Request": "true"})

    drawn = answer.content.decode()
    assert answer.status_code == 200
    assert "Thank you, it is paid" in drawn
    assert 'id="order-news" hx-swap-oob="innerHTML"' in drawn
    assert "<html" not in drawn
    assert asks_for(drawn) != asks_for(page)


def test_asks_no_more_once_nothing_can_change(shopper: Client) -> None:
    placed = factories.order()
    orders.end_unpaid(placed.pk, at=timezone.now())

    page = shopper.get(placed.get_absolute_url()).content.decode()

    assert Order.objects.get(pk=placed.pk).status == Order.EXPIRED
    assert "/parcels/" not in page
    assert reverse("orders:refill", args=[placed.token]) in page


def test_offers_to_try_again_when_the_payment_page_is_away(shopper: Client) -> None:
    placed = factories.order()

    page = shopper.get(f"{placed.get_absolute_url()}?payment=unavailable").content.decode()

    assert "The payment page cannot be reached at the moment" in page
    assert "payment=unavailable" in asks_for(page)
