"""Stock by the maker's hand: received, counted, taken away; once each, never below what is held."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Maker, Membership
from catalog import services
from catalog.models import Stock, StockMovement, Variant
from makers_market.core.errors import Refusal
from makers_market.core.models import AuditEntry
from tests import factories
from tests.factories import signed_in

STOCK = "/workshop/catalog/stock/"


def numbers(variant: Variant) -> tuple[int, int]:
    stock = Stock.objects.get(pk=variant.pk)
    return stock.on_hand, stock.held


def moves(variant: Variant) -> list[tuple[int, str]]:
    return list(variant.movements.values_list("quantity", "reason"))


def correct(variant: Variant, on_hand: int, *, seen: int, reference: str = "form:1") -> bool:
    return services.correct_stock(
        variant, on_hand, seen=seen, why="counted", reference=reference, by="user:1",
        at=timezone.now(),
    )  # fmt: skip


@pytest.mark.django_db
def test_correct_stock_sets_the_number_and_says_who():
    mug = factories.variant(stock=5)

    assert correct(mug, 3, seen=5)

    assert numbers(mug) == (3, 0)
    assert moves(mug) == [(5, "received"), (-2, "corrected")]
    entry = AuditEntry.objects.get(action="stock.corrected")
    assert (entry.actor, entry.subject, entry.maker, entry.why) == (
        "user:1", f"stock:{mug.pk}", mug.product.maker_id, "counted"
    )  # fmt: skip
    assert entry.changes == {"on_hand": [5, 3], "reference": ["", "form:1"]}


@pytest.mark.django_db
def test_correct_stock_counts_a_form_once():
    mug = factories.variant(stock=5)

    first, again = correct(mug, 3, seen=5), correct(mug, 3, seen=5)

    assert (first, again) == (True, False)
    assert moves(mug) == [(5, "received"), (-2, "corrected")]
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db
def test_correct_stock_refuses_a_page_older_than_a_sale():
    mug = factories.variant(stock=5)
    services.hold_stock({mug.pk: 1})
    services.sell_stock([services.Holding(mug.pk, 1)], reference="order:1", at=timezone.now())

    with pytest.raises(services.Outdated, match="4 are on hand"):
        correct(mug, 6, seen=5)

    assert numbers(mug) == (4, 0)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("on_hand", "words"), [(1, "2 of these are being paid for"), (-1, "2 of")])
def test_correct_stock_refuses_fewer_than_are_held(on_hand: int, words: str):
    mug = factories.variant(stock=5)
    services.hold_stock({mug.pk: 2})

    with pytest.raises(services.HeldByOrders, match=words):
        correct(mug, on_hand, seen=5)

    assert numbers(mug) == (5, 2)
    assert moves(mug) == [(5, "received")]


@pytest.mark.django_db
@pytest.mark.parametrize("on_hand", [100_001, 2**31, 10**40])
def test_correct_stock_refuses_more_than_a_shelf_holds(on_hand: int):
    mug = factories.variant(stock=5)

    with pytest.raises(services.TooMany):
        correct(mug, on_hand, seen=5)

    assert numbers(mug) == (5, 0)


@pytest.mark.django_db
def test_take_stock_away_counts_once_and_leaves_what_is_held():
    mug = factories.variant(stock=5)
    services.hold_stock({mug.pk: 2})
    fields = {"why": "broken", "by": "user:1", "at": timezone.now()}

    first = services.take_stock_away(mug, 3, reference="form:1", **fields)
    again = services.take_stock_away(mug, 3, reference="form:1", **fields)
    with pytest.raises(services.HeldByOrders):
        services.take_stock_away(mug, 1, reference="form:2", **fields)

    assert (first, again) == (True, False)
    assert numbers(mug) == (2, 2)
    assert moves(mug) == [(5, "received"), (-3, "corrected")]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_correct_stock_lets_one_of_two_counters_win():
    mug = factories.variant(stock=5)
    start = Barrier(2)

    def count(number: int) -> str:
        start.wait()
        try:
            correct(mug, number, seen=5, reference=f"form:{number}")
        except Refusal as refusal:
            return type(refusal).__name__
        finally:
            connection.close()
        return "won"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(count, (7, 9)))

    assert told == ["Outdated", "won"]
    on_hand, _held = numbers(mug)
    assert on_hand in {7, 9}
    assert moves(mug) == [(5, "received"), (on_hand - 5, "corrected")]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_receive_stock_counts_a_double_click_once():
    mug = factories.variant(stock=0)
    start = Barrier(4)

    def receive(_number: int) -> bool:
        start.wait()
        try:
            return services.receive_stock(
                mug, 3, reference="form:1", at=timezone.now(), by="user:1"
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(receive, range(4)))

    assert told == [False, False, False, True]
    assert StockMovement.objects.get().quantity == 3
    assert numbers(mug) == (3, 0)


@pytest.fixture
def mug(mo: Maker) -> Variant:
    return factories.variant("mug", maker=mo, stock=5)


@pytest.fixture
def at_mo_s(built: None, mo: Maker) -> Client:
    return signed_in(mo.members.get())


def send(client: Client, variant: Variant, name: str, **fields: object) -> int:
    """Send one of the three forms of a piece's page; a fresh one unless a word is given."""
    told = {"reference": uuid4()} | fields
    data = {f"{name}-{field}": value for field, value in told.items()}
    return client.post(f"{STOCK}{variant.pk}/book/{name}/", data).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["owner", "packer", "writer"])
def test_pages_of_stock_are_for_the_whole_team(built: None, mo: Maker, mug: Variant, role: str):
    person = factories.user(f"{role}@example.com")
    Membership.objects.create(maker=mo, user=person, role=role)
    client = signed_in(person)

    pages = [client.get(path) for path in (STOCK, f"{STOCK}?low=1", f"{STOCK}{mug.pk}/change/")]

    assert [page.status_code for page in pages] == [200] * 3
    assert ["Mug" in page.text for page in pages] == [True, False, True]
    assert [page for page in pages if "€" in page.text] == []


@pytest.mark.django_db
def test_form_received_adds_and_says_who(at_mo_s: Client, mo: Maker, mug: Variant):
    answer = send(at_mo_s, mug, "receive", quantity=3)

    assert answer == 302
    assert numbers(mug) == (8, 0)
    page = at_mo_s.get(f"{STOCK}{mug.pk}/change/").text
    assert "+3" in page
    assert mo.members.get().name in page.partition("<main")[2]


@pytest.mark.django_db
def test_form_sent_twice_counts_once(at_mo_s: Client, mug: Variant):
    same = uuid4()

    answers = [send(at_mo_s, mug, "receive", quantity=3, reference=same) for _ in range(2)]
    taken = [send(at_mo_s, mug, "take", quantity=1, why="broken", reference=same) for _ in range(2)]

    assert answers + taken == [302] * 4
    assert numbers(mug) == (7, 0)


@pytest.mark.django_db
def test_form_counted_sets_the_number_with_its_reason(at_mo_s: Client, mug: Variant):
    answer = send(at_mo_s, mug, "count", on_hand=9, seen=5, why="found four")

    assert answer == 302
    assert numbers(mug) == (9, 0)
    assert "found four" in at_mo_s.get(f"{STOCK}{mug.pk}/change/").text


@pytest.mark.django_db
def test_form_counted_in_two_tabs_is_refused_in_words(at_mo_s: Client, mug: Variant):
    first = send(at_mo_s, mug, "count", on_hand=9, seen=5, why="found")
    second = send(at_mo_s, mug, "count", on_hand=3, seen=5, why="lost")

    assert (first, second) == (302, 422)
    assert numbers(mug) == (9, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "fields"),
    [("receive", {"quantity": value}) for value in (0, -1, "1.5", "1e9", 2**31, "x", "", "٣x")]
    + [("take", {"quantity": 6, "why": "gone"}), ("take", {"quantity": 1, "why": " "}),
       ("take", {"quantity": 1, "why": "x" * 10_000}), ("take", {"quantity": 1, "why": "a\x00b"}),
       ("count", {"on_hand": -1, "seen": 5, "why": "x"}),
       ("count", {"on_hand": 1, "seen": 5, "why": "held"})],
)  # fmt: skip
def test_form_that_does_not_fit_comes_back_with_words(
    at_mo_s: Client, mug: Variant, name: str, fields: dict[str, object]
):
    services.hold_stock({mug.pk: 2})

    answer = send(at_mo_s, mug, name, **fields)

    assert answer == 422
    assert numbers(mug) == (5, 2)
    assert moves(mug) == [(5, "received")]
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["", "x", "\x00", "9" * 500])
def test_form_without_its_word_is_refused(at_mo_s: Client, mug: Variant, word: str):
    assert send(at_mo_s, mug, "receive", quantity=3, reference=word) == 400
    assert numbers(mug) == (5, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["receive", "take", "count"])
def test_stock_of_another_maker_is_404(at_mo_s: Client, mug: Variant, name: str):
    theirs = factories.variant("bowl", stock=5)
    fields = {"quantity": 1, "on_hand": 1, "seen": 5, "why": "x"}

    pages = [at_mo_s.get(f"{STOCK}{pk}/change/").status_code
             for pk in (theirs.pk, 10**20, "x", "-1")]  # fmt: skip

    assert pages == [404] * 4
    assert send(at_mo_s, theirs, name, **fields) == 404
    assert numbers(theirs) == (5, 0)
    assert "Bowl" not in at_mo_s.get(STOCK).text


@pytest.mark.django_db
def test_stock_page_changes_nothing_by_any_other_door(at_mo_s: Client, mug: Variant):
    page = f"{STOCK}{mug.pk}/"

    answers = [
        at_mo_s.post(f"{page}change/", {"on_hand": 99}).status_code,
        at_mo_s.post(f"{page}delete/", {"post": "yes"}).status_code,
        at_mo_s.post(f"{STOCK}add/", {}).status_code,
        at_mo_s.get(f"{page}book/receive/").status_code,
        at_mo_s.post(f"{page}book/burn/").status_code,
    ]

    assert answers == [403, 403, 403, 405, 404]
    assert numbers(mug) == (5, 0)
