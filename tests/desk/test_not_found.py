"""A page that is not there: the right status, and something close to it."""

import pytest
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db


def test_404_shows_pieces_named_in_the_address(shopper: Client):
    factories.variant("speckled-mug")
    factories.variant("round-vase")

    answer = shopper.get("/p/old-speckled-mug-2019/")

    assert answer.status_code == 404
    assert "/p/speckled-mug/" in answer.text
    assert "/p/round-vase/" not in answer.text


def test_404_falls_back_to_new_pieces(shopper: Client):
    factories.variant("round-vase")

    answer = shopper.get("/xyz/")

    assert answer.status_code == 404
    assert "/p/round-vase/" in answer.text


def test_404_costs_few_queries_at_any_length(shopper: Client, django_assert_max_num_queries):
    factories.variant("round-vase")

    with django_assert_max_num_queries(9):
        assert shopper.get("/" + "-vases" * 300 + "/").status_code == 404


def test_404_shows_what_a_piece_says_now(shopper: Client):
    mug = factories.variant("speckled-mug", stock=2)
    before = shopper.get("/p/speckled-mugs/").text

    factories.order((mug, 2))

    assert "2 left" in before
    assert "Sold out" in shopper.get("/p/speckled-mugs/").text
