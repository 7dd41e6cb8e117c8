"""A maker is told once when a piece runs low, and every movement says why and by whom."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.inventory import LOW_STOCK
from catalog.models import Product, StockMovement, Variant
from catalog.signals import stock_ran_low
from notifications import decisions
from notifications.models import Mail
from tests import factories
from tests.factories import signed_in


@pytest.fixture
def told() -> list[int]:
    """Collect what is told of pieces that run low, as ids of movements."""
    heard: list[int] = []

    def hear(sender: object, movement_id: int, **kwargs: object) -> None:
        heard.append(movement_id)

    stock_ran_low.connect(hear, weak=False, dispatch_uid="test")
    yield heard
    stock_ran_low.disconnect(dispatch_uid="test")


def sell(variant: Variant, quantity: int, reference: str) -> None:
    catalog.hold_stock({variant.pk: quantity})
    held = [catalog.Holding(variant.pk, quantity)]
    catalog.sell_stock(held, reference=reference, at=timezone.now())


@pytest.mark.django_db
def test_sale_across_the_line_is_told_once(told: list[int]):
    variant = factories.variant(stock=LOW_STOCK + 2)

    for number in range(LOW_STOCK + 1):
        sell(variant, 1, f"order:{number}")

    crossed = StockMovement.objects.get(reference="order:1")
    assert told == [crossed.pk]


@pytest.mark.django_db
def test_line_is_crossed_again_only_after_it_rose_above(told: list[int]):
    variant = factories.variant(stock=LOW_STOCK + 1)
    sell(variant, 2, "order:1")
    catalog.receive_stock(variant, 1, reference="kiln:1", at=timezone.now())
    sell(variant, 1, "order:2")
    once = len(told)

    catalog.receive_stock(variant, 10, reference="kiln:2", at=timezone.now())
    sell(variant, 9, "order:3")

    assert (once, len(told)) == (1, 2)


@pytest.mark.django_db
def test_counting_across_the_line_is_told_and_receiving_few_is_not(told: list[int]):
    variant = factories.variant(stock=0)
    facts = {"by": "test", "at": timezone.now()}
    catalog.receive_stock(variant, 2, reference="kiln:1", **facts)
    nothing = len(told)
    catalog.receive_stock(variant, 5, reference="kiln:2", **facts)

    catalog.correct_stock(variant, 1, seen=7, why="counted", reference="count", **facts)

    assert (nothing, len(told)) == (0, 1)


@pytest.mark.django_db
def test_hold_that_is_given_up_is_no_news(told: list[int]):
    variant = factories.variant(stock=LOW_STOCK + 1)
    held = [catalog.Holding(variant.pk, 2)]

    catalog.hold_stock({variant.pk: 2})
    catalog.release_stock(held)

    assert told == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields", [{"status": "retired"}, {"is_made_to_order": True}, {"is_one_of_a_kind": True}]
)
def test_piece_that_nobody_makes_more_of_is_not_told(told: list[int], fields: dict[str, object]):
    variant = factories.variant(stock=LOW_STOCK + 1)
    Product.objects.filter(pk=variant.product_id).update(**fields)

    catalog.take_stock_away(
        variant, 2, why="broken", reference="kiln", by="test", at=timezone.now()
    )

    assert told == []


@pytest.mark.django_db
def test_mail_goes_once_to_each_owner_and_links_the_stock(mo: Maker):
    variant = factories.variant(stock=LOW_STOCK + 1, maker=mo)
    sell(variant, 1, "order:1")
    movement = StockMovement.objects.get(reference="order:1")

    sent = [
        decisions.queue_decision_mails("stock_low", movement.pk, at=timezone.now())
        for _twice in range(2)
    ]

    mail = Mail.objects.get()
    assert sent == [[mail.pk]] * 2
    assert mail.recipient == "mo@example.com"
    assert mail.content["subject"].startswith("Running low: ")
    assert f"/workshop/catalog/stock/{variant.pk}/change/" in mail.content["text"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_sales_make_one_mail(mo: Maker):
    variant = factories.variant(stock=20, maker=mo)

    def buy(number: int) -> None:
        try:
            sell(variant, 1, f"order:{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(buy, range(20)))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs"
            " WHERE task_name = 'notifications.tell_decision' AND args ->> 'kind' = 'stock_low'"
        )
        jobs = cursor.fetchone()
    variant.stock.refresh_from_db()
    assert (jobs, variant.stock.on_hand) == ((1,), 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("built")
def test_movements_say_why_and_by_whom_and_add_up(mo: Maker):
    variant = factories.variant(stock=5, maker=mo)
    by = f"user:{mo.members.get().pk}"
    facts = {"by": by, "at": timezone.now()}
    catalog.take_stock_away(variant, 2, why="Broken in the kiln", reference="form:1", **facts)
    sell(variant, 1, "order:7")
    catalog.hold_stock({variant.pk: 1})

    page = signed_in(mo.members.get()).get(f"/workshop/catalog/stock/{variant.pk}/change/")

    shown = [(each.quantity, each.why) for each, _who in page.context["movements"]]
    assert shown == [(-1, ""), (-2, "Broken in the kiln"), (5, "")]
    assert sum(quantity for quantity, _why in shown) == page.context["stock"].on_hand == 2
    assert page.context["stock"].available == 1
    for words in ("Mo Fonte", "Broken in the kiln", "order:7", "Sold"):
        assert words in page.text


@pytest.mark.django_db
@pytest.mark.usefixtures("built")
def test_today_shows_what_runs_low(mo: Maker):
    factories.variant("Round vase", stock=2, maker=mo)
    factories.variant("Nesting bowls", stock=9, maker=mo)

    page: Client = signed_in(mo.members.get()).get("/workshop/")

    assert [str(row.variant) for row in page.context["today"].low] == ["Round Vase"]
