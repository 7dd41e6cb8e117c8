"""The workshop's first page: true figures, few queries, and no cent for who may see no money."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker, Membership, TeamRole, User
from catalog.models import Variant
from makers_market.desk.today import Chart, greeting
from orders import services as orders
from orders.models import Order, Shipment, ShipmentMove
from orders.parcels import Packing, Sold, packing_of, sold_by_day
from payments.models import LedgerLine, Payment
from payments.models.ledger import maker_payable
from payments.queries import balance_of, next_payout
from payments.services.bookkeeping import book_capture
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
LISBON = ZoneInfo("Europe/Lisbon")
QUERIES = 15
MONEY = re.compile(r"€|\d+[.,]\d\d\b")


@pytest.fixture
def mug(mo: Maker) -> Variant:
    return factories.variant("mug", maker=mo, stock=40, price_cents=2400)


def paid(piece: Variant, count: int = 1, *, at: datetime | None = None) -> Order:
    """Give a paid order; its money is in the books."""
    at = at or timezone.now()
    made = factories.order((piece, count), at=at)
    orders.mark_paid(made.pk, at=at)
    payment = Payment.objects.create(
        order=made, attempt=1, status=Payment.SUCCEEDED, amount_cents=made.total_cents,
        captured_cents=made.total_cents, expires_at=at, created_at=at,
    )  # fmt: skip
    book_capture(payment, at=at)
    return made


def member(mo: Maker, role: str) -> Client:
    person = factories.user(f"{role}@example.com", name="Rosa Pires")
    Membership.objects.create(maker=mo, user=person, role=role)
    return signed_in(person)


def move(order: Order, *statuses: str, at: datetime) -> Shipment:
    shipment = order.shipments.get()
    for status in statuses:
        shipment.move_to(status, by="test", at=at)
    return shipment


@pytest.mark.parametrize(
    ("hour", "words"), [(5, "Good morning, Mo"), (12, "Good afternoon, Mo"), (21, "Good evening")]
)
def test_greeting_follows_the_clock_of_lisbon(hour: int, words: str):
    summer = datetime(2026, 7, 1, hour, tzinfo=LISBON)

    assert greeting("Mo", summer.astimezone(UTC)).startswith(words)


def test_today_tells_what_there_is_to_do(mo: Maker, mug: Variant):
    paid(mug, 2)
    late = paid(mug).shipments.get()
    Shipment.objects.filter(pk=late.pk).update(post_by_date=timezone.localdate())

    page = signed_in(mo.members.get()).get("/workshop/").text

    assert "2 parcels to pack." in page
    assert "1 due today" in page
    assert "€72.00" in page
    assert "3 pieces" in page
    assert "Ada Martins, Lisboa" in page
    assert 'aria-current="page"' in page


@pytest.mark.parametrize("count", [10, 1000])
def test_today_costs_the_same_with_few_and_many_parcels(mo: Maker, mug: Variant, count: int):
    _many(paid(mug), count)
    factories.variant("bowl", maker=mo, stock=2)
    client = signed_in(mo.members.get())
    client.get("/workshop/")

    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = client.get("/workshop/")

    counted = [each["sql"] for each in asked if "SAVEPOINT" not in each["sql"]]
    assert page.status_code == 200
    assert f"{count} parcels to pack." in page.text
    assert "2 left" in page.text
    assert len(counted) <= QUERIES, "\n".join(counted)


def _many(order: Order, count: int) -> None:
    """Copy an order's parcel, with lines and history, until there are `count` of them."""
    parcel = order.shipments.get()
    line, moves = parcel.lines.get(), list(parcel.moves.all())
    parcels = Shipment.objects.bulk_create(
        Shipment(**_fields(parcel), order=order, maker=parcel.maker, position=number)
        for number in range(2, count + 1)
    )
    type(line).objects.bulk_create(
        type(line)(**_fields(line), order=order, shipment=each, variant=line.variant)
        for each in parcels
    )
    ShipmentMove.objects.bulk_create(
        ShipmentMove(**_fields(move), subject=each) for each in parcels for move in moves
    )


def _fields(row: object) -> dict[str, object]:
    apart = {"id", "uuid", "position"}
    plain = [x for x in row._meta.concrete_fields if not x.is_relation and x.name not in apart]
    return {field.name: getattr(row, field.name) for field in plain}


@pytest.mark.parametrize("role", [TeamRole.PACKER, TeamRole.WRITER])
def test_today_shows_no_money_to_who_may_see_none(mo: Maker, mug: Variant, role: str):
    paid(mug, 2)

    page = member(mo, role).get("/workshop/").text

    assert MONEY.findall(page.partition("<body")[2]) == []
    assert ("Ada Martins" in page) is (role == TeamRole.PACKER)


def test_today_of_another_maker_is_empty(mo: Maker, mug: Variant):
    paid(mug)
    zed = factories.maker("zed", members=[factories.user("zed@example.com")])

    page = signed_in(zed.members.get()).get("/workshop/").text

    assert "Nothing to pack." in page
    assert "Ada Martins" not in page
    assert "€24.00" not in page


def test_today_shows_an_applicant_what_is_missing():
    new = factories.maker(
        "new", members=[factories.user("new@example.com")], status=Maker.APPLYING, is_open=False
    )

    page = signed_in(new.members.get()).get("/workshop/")

    assert page.status_code == 200
    assert "Next payout" not in page.text


def test_packing_counts_due_and_late(mo: Maker, mug: Variant):
    today = timezone.localdate()
    for days in (-1, 0, 0, 3):
        parcel = paid(mug).shipments.get()
        Shipment.objects.filter(pk=parcel.pk).update(post_by_date=today + timedelta(days=days))
    move(paid(mug), Shipment.ACCEPTED, Shipment.SHIPPED, at=timezone.now())

    assert packing_of(mo.pk, today=today) == Packing(count=4, due=2, late=1)


def test_sold_by_day_follows_the_days_of_lisbon(mo: Maker, mug: Variant):
    """At 23:30 in London's winter it is the same day in Lisbon; in UTC's summer it is the next."""
    paid(mug, 2, at=datetime(2026, 7, 1, 22, 59, tzinfo=UTC))
    paid(mug, 1, at=datetime(2026, 7, 1, 23, 1, tzinfo=UTC))
    orders.cancel_shipment(
        paid(mug, 5, at=datetime(2026, 7, 1, 12, tzinfo=UTC)).shipments.get().pk,
        by="mo", at=timezone.now(),
    )  # fmt: skip

    sold = sold_by_day(mo.pk, since=date(2026, 7, 1))

    assert sold == {date(2026, 7, 1): Sold(2, 4800), date(2026, 7, 2): Sold(1, 2400)}


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(2400, 0, "€24.00"), (2400, 2000, "€24.00, up 20%"), (1000, 2000, "€10.00, down 50%"),
     (0, 2000, "€0.00, down 100%"), (2000, 2000, "€20.00, up 0%")],
)  # fmt: skip
def test_chart_compares_with_the_days_before(now: int, before: int, words: str):
    days = [(date(2026, 7, 1), Sold(1, now)), (date(2026, 7, 2), Sold())]

    assert Chart(days, Sold(1, before)).headline == words


def test_chart_stays_within_its_drawing():
    days = [(date(2026, 7, 1) + timedelta(days=i), Sold(1, i * 1000)) for i in range(30)]

    numbers = [float(word) for word in re.findall(r"[\d.]+", Chart(days, Sold()).line)]

    assert min(numbers[1::2]) == 6.0
    assert max(numbers[1::2]) == 54.0
    assert (numbers[0], numbers[-2]) == (0.0, 300.0)


def test_next_payout_is_what_will_be_settled_by_then(mo: Maker, mug: Variant):
    """€24 and €4.50 delivery less €2.40 commission are €26.10 a parcel."""
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    paid(mug, at=at)
    journey = (Shipment.ACCEPTED, Shipment.SHIPPED, Shipment.DELIVERED)
    move(paid(mug, at=at), *journey, at=at)
    move(paid(mug, at=at), *journey, at=datetime(2026, 11, 29, 12, tzinfo=UTC))
    move(paid(mug, at=at), *journey, Shipment.SETTLED, at=at)

    payout = next_payout(mo.pk, at=at)

    assert (payout.date, payout.cents) == (date(2026, 12, 1), 2 * 2610)
    assert balance_of(mo.pk) == 4 * 2610
    entries = LedgerLine.objects.filter(account=maker_payable(mo.pk))
    assert balance_of(mo.pk) == -sum(entries.values_list("amount_cents", flat=True))


def test_next_payout_is_the_whole_balance_once_all_is_settled(mo: Maker, mug: Variant):
    at = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    journey = (Shipment.ACCEPTED, Shipment.SHIPPED, Shipment.DELIVERED, Shipment.SETTLED)
    for _ in range(2):
        move(paid(mug, at=at), *journey, at=at)

    payout = next_payout(mo.pk, at=at)

    assert (payout.date, payout.cents) == (date(2027, 1, 1), balance_of(mo.pk))
    assert payout.cents == 2 * 2610


def test_switch_leads_to_own_workshops_only(mo: Maker):
    person: User = mo.members.get()
    second = factories.maker("second", members=[person])
    factories.maker("zed", members=[factories.user("zed@example.com")])
    client = signed_in(person)

    gone = client.post("/workshop/switch/", {"maker": "second"})
    there = client.get("/workshop/").text
    answers = [
        client.post("/workshop/switch/", {"maker": name}).status_code
        for name in ("zed", "nobody", "", "second", "x\x00y", "9" * 10_000)
    ]

    assert gone.headers["Location"] == "/workshop/"
    assert client.session["workshop"] == second.pk
    assert f"<span>{second.name}</span>" in there
    assert answers == [404] * 6
    assert client.get("/workshop/switch/").status_code == 405
