"""Baskets are filled and emptied, from pages of ours only, and nothing is held for them."""

import uuid

import pytest
from django.test import Client

from catalog.models import Product, Stock, Variant
from catalog.services import SoldOut
from makers_market.core.errors import Refusal
from orders import services
from orders.models import Basket, BasketLine, Order
from orders.models.basket import LINES_MAX, QUANTITY_MAX
from orders.services import BasketFull, UnknownPiece
from orders.services.paying import end_unpaid
from tests import factories

pytestmark = pytest.mark.django_db


def held(basket: Basket) -> dict[str, int]:
    return dict(basket.lines.values_list("variant__sku", "quantity"))


def test_add_makes_a_basket_and_holds_nothing():
    piece = factories.variant(price_cents=2400)

    basket = services.add_to_basket(None, sku=piece.sku, quantity=2)

    assert held(basket) == {piece.sku: 2}
    assert basket.lines.get().seen_price_cents == 2400
    assert Stock.objects.get().held == 0


def test_add_again_adds_up_at_today_s_price():
    piece = factories.variant()
    basket = services.add_to_basket(None, sku=piece.sku, quantity=2)
    Variant.objects.update(price_cents=1900)

    services.add_to_basket(basket, sku=piece.sku, quantity=1)

    assert held(basket) == {piece.sku: 3}
    assert basket.lines.get().seen_price_cents == 1900


def test_add_more_than_there_are_says_how_many_are_left():
    piece = factories.variant("mug", stock=3)
    basket = services.add_to_basket(None, sku=piece.sku, quantity=2)

    with pytest.raises(SoldOut, match="Only 3 of Mug are left"):
        services.add_to_basket(basket, sku=piece.sku, quantity=2)

    assert held(basket) == {piece.sku: 2}


def test_add_more_than_a_line_takes_is_refused():
    piece = factories.variant(stock=50)
    basket = services.add_to_basket(None, sku=piece.sku, quantity=QUANTITY_MAX)

    with pytest.raises(BasketFull):
        services.add_to_basket(basket, sku=piece.sku, quantity=1)

    assert held(basket) == {piece.sku: QUANTITY_MAX}


def test_add_more_than_one_payment_can_pay_is_refused():
    piece, small = factories.variant(stock=20, price_cents=10_000_000), factories.variant()
    basket = services.add_to_basket(None, sku=piece.sku, quantity=9)

    with pytest.raises(BasketFull):
        services.add_to_basket(basket, sku=piece.sku, quantity=1)
    with pytest.raises(BasketFull):
        services.change_quantity(basket, line_id=basket.lines.get().pk, quantity=10)

    services.add_to_basket(basket, sku=small.sku, quantity=1)
    assert held(basket) == {piece.sku: 9, small.sku: 1}


def test_basket_that_has_become_too_dear_can_be_made_smaller():
    piece = factories.variant(stock=20, price_cents=5_000_000)
    basket = factories.basket((piece, 20))
    Variant.objects.update(price_cents=10_000_000)

    services.change_quantity(basket, line_id=basket.lines.get().pk, quantity=12)

    assert held(basket) == {piece.sku: 12}


def test_add_takes_a_number_with_dots_and_slashes(shopper: Client):
    piece = factories.variant()
    Variant.objects.update(sku="RING/18.5")

    shopper.post("/basket/add/", {"variant": "RING/18.5", "quantity": 1})

    assert held(Basket.objects.get()) == {"RING/18.5": 1}
    assert BasketLine.objects.get().variant == piece


def test_add_one_line_too_many_is_refused():
    product = factories.product()
    sizes = [factories.variant(of=product, options={"size": str(n)}) for n in range(LINES_MAX + 1)]
    full = factories.basket(*((piece, 1) for piece in sizes[:-1]))

    with pytest.raises(BasketFull):
        services.add_to_basket(full, sku=sizes[-1].sku, quantity=1)

    assert full.lines.count() == LINES_MAX


@pytest.mark.parametrize("status", [Product.DRAFT, Product.RETIRED])
def test_add_piece_that_is_not_shown_is_refused(status: str):
    piece = factories.variant()
    Product.objects.update(status=status)

    with pytest.raises(UnknownPiece):
        services.add_to_basket(None, sku=piece.sku, quantity=1)

    assert not Basket.objects.exists()


def test_add_piece_of_a_closed_workshop_is_refused(mo):
    piece = factories.variant(maker=mo)
    mo.is_open = False
    mo.save()

    with pytest.raises(UnknownPiece):
        services.add_to_basket(None, sku=piece.sku, quantity=1)


def test_add_to_a_basket_that_was_ordered_starts_another():
    piece = factories.variant()
    ordered = factories.basket((piece, 1))
    factories.place(ordered)

    fresh = services.add_to_basket(ordered, sku=piece.sku, quantity=1)

    assert fresh != ordered
    assert held(ordered) == {piece.sku: 1}


def test_open_basket_gives_no_ordered_and_no_unknown_one():
    basket = factories.basket((factories.variant(), 1))
    before = services.open_basket(basket.uuid)
    factories.place(basket)

    assert before == basket
    assert services.open_basket(basket.uuid) is None
    assert services.open_basket(uuid.uuid4()) is None
    assert services.open_basket(None) is None


def test_change_sets_quantity_and_price_seen():
    piece = factories.variant()
    basket = factories.basket((piece, 1))
    Variant.objects.update(price_cents=100)

    services.change_quantity(basket, line_id=basket.lines.get().pk, quantity=4)

    line = basket.lines.get()
    assert (line.quantity, line.seen_price_cents) == (4, 100)


@pytest.mark.parametrize(("quantity", "refusal"), [(6, SoldOut), (21, SoldOut)])
def test_change_beyond_stock_is_refused(quantity: int, refusal: type[Refusal]):
    basket = factories.basket((factories.variant(stock=5), 2))

    with pytest.raises(refusal):
        services.change_quantity(basket, line_id=basket.lines.get().pk, quantity=quantity)

    assert basket.lines.get().quantity == 2


def test_line_of_another_basket_is_out_of_reach():
    mine = factories.basket((factories.variant(), 1))
    theirs = factories.basket((factories.variant(), 2))
    line = theirs.lines.get()

    with pytest.raises(UnknownPiece):
        services.change_quantity(mine, line_id=line.pk, quantity=5)

    assert services.remove_from_basket(mine, line_id=line.pk) is None
    assert theirs.lines.get().quantity == 2


def test_ordered_basket_changes_no_more():
    basket = factories.basket((factories.variant(), 1))
    factories.place(basket)
    line = basket.lines.get()

    with pytest.raises(UnknownPiece):
        services.change_quantity(basket, line_id=line.pk, quantity=2)

    assert services.remove_from_basket(basket, line_id=line.pk) is None
    assert basket.lines.get().quantity == 1


def test_remove_twice_removes_once():
    basket = factories.basket((factories.variant(), 1))
    line = basket.lines.get()

    assert services.remove_from_basket(basket, line_id=line.pk) == line
    assert services.remove_from_basket(basket, line_id=line.pk) is None
    assert held(basket) == {}


@pytest.mark.parametrize("country", ["", "XX", "US", "pt", "PTX", "P\x00"])
def test_choose_country_refuses_others(country: str):
    basket = factories.basket()

    with pytest.raises(Refusal):
        services.choose_country(basket, country)

    assert Basket.objects.get().country == "PT"


def test_refill_gives_as_many_as_there_are_left():
    plenty, few, gone = (factories.variant(stock=n) for n in (5, 2, 1))
    order = factories.order((plenty, 3), (few, 2), (gone, 1))
    end_unpaid(order.pk, at=order.placed_at)
    for piece, left in ((few, 1), (gone, 0)):
        Stock.objects.filter(variant=piece).update(on_hand=left)

    basket = services.refill_basket(None, order)

    assert held(basket) == {plenty.sku: 3, few.sku: 1}
    assert basket.country == order.country


def test_database_refuses_a_line_out_of_range():
    piece = factories.variant()

    for quantity in (0, QUANTITY_MAX + 1):
        with pytest.raises(Exception, match="basket_quantity_in_range"):
            BasketLine(
                basket=factories.basket(), variant=piece, quantity=quantity, seen_price_cents=1
            ).full_clean()


def test_basket_page_groups_parcels_and_names_what_changed(shopper: Client):
    mug, bowl = factories.variant("mug", stock=3), factories.variant("bowl")
    for piece in (mug, bowl):
        shopper.post("/basket/add/", {"variant": piece.sku, "quantity": 3})
    Stock.objects.filter(variant=mug).update(on_hand=1)
    Variant.objects.filter(pk=bowl.pk).update(price_cents=100)

    page = shopper.get("/basket/")

    assert len(page.context["basket"].parcels) == 2
    assert "Only 1 left. Lower the number to go on." in page.text
    assert "The price has changed since you added it." in page.text


def test_basket_page_costs_same_queries_for_any_basket(
    shopper: Client, django_assert_max_num_queries
):
    for count in (1, 3):
        for _ in range(count):
            piece = factories.variant()
            shopper.post("/basket/add/", {"variant": piece.sku, "quantity": 1})
        with django_assert_max_num_queries(8):
            assert shopper.get("/basket/").status_code == 200


def test_remove_page_offers_to_put_it_back(shopper: Client):
    piece = factories.variant("mug")
    shopper.post("/basket/add/", {"variant": piece.sku, "quantity": 2})

    page = shopper.post("/basket/remove/", {"line": BasketLine.objects.get().pk})

    undo = {"title": "Mug", "sku": piece.sku, "quantity": 2, "personal": []}
    assert page.context["undo"] == undo
    assert not BasketLine.objects.exists()


def test_header_counts_own_pieces(shopper: Client):
    piece = factories.variant()
    shopper.post("/basket/add/", {"variant": piece.sku, "quantity": 2})

    assert shopper.get("/header/").context["basket_count"] == 2
    assert Client().get("/header/").context["basket_count"] == 0


def test_refill_page_needs_the_order_s_link_and_an_unpaid_order(shopper: Client):
    order = factories.order((factories.variant(), 2))

    assert shopper.post("/order/forged/refill/").status_code == 404
    shopper.post(f"/order/{order.token}/refill/")
    assert Basket.objects.count() == 1
    end_unpaid(order.pk, at=order.placed_at)
    shopper.post(f"/order/{order.token}/refill/")

    assert Order.objects.get().status == Order.EXPIRED
    assert [line.quantity for line in Basket.objects.last().lines.all()] == [2]
