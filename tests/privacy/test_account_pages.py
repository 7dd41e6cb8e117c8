"""The pages of one's own account: orders, details, consents."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Consent, User
from accounts.services import consenting
from makers_market.core.models import AuditEntry
from orders import services as orders
from orders.history import PAGE_SIZE, OrderShown, greeting, own_orders
from orders.models import Order, Shipment
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def ada_browses(ada: User, built: None) -> Client:
    return factories.signed_in(ada, second_factor=False)


def ordered(user: User, count: int = 1) -> list[Order]:
    """Place orders of one piece each, oldest first."""
    piece = factories.variant(stock=count)
    made = [factories.order((piece, 1)) for _ in range(count)]
    Order.objects.filter(pk__in=[order.pk for order in made]).update(user=user)
    return made


def row(order: Order, *, at: datetime | None = None) -> OrderShown:
    return OrderShown(Order.objects.get(pk=order.pk), at or timezone.now())


@pytest.mark.parametrize(
    ("hour", "words"),
    [(4, "evening"), (5, "morning"), (11, "morning"), (12, "afternoon"), (17, "afternoon"),
     (18, "evening"), (23, "evening")],
)  # fmt: skip
def test_greets_by_the_hour_in_lisbon(hour: int, words: str) -> None:
    at = datetime(2026, 11, 21, hour, 30, tzinfo=UTC)  # Lisbon is at UTC in winter

    assert greeting(User(name="Sofia Reis"), at=at) == f"Good {words}, Sofia"
    assert greeting(User(name="  "), at=at) == f"Good {words}"


def test_greets_by_summer_time() -> None:
    assert greeting(User(), at=datetime(2026, 7, 1, 11, 30, tzinfo=UTC)) == "Good afternoon"


def test_escapes_a_hostile_name(ada: User, ada_browses: Client) -> None:
    User.objects.filter(pk=ada.pk).update(name="<script>alert(1)</script> %s")

    page = ada_browses.get("/account/orders/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_shows_nobody_elses_orders(ada: User, eve: User, ada_browses: Client) -> None:
    [own], [other] = ordered(ada), ordered(eve)

    page = ada_browses.get("/account/orders/").content.decode()

    assert own.number in page
    assert other.number not in page
    assert ada_browses.get(f"/account/orders/?before={other.number}").status_code == 404
    assert ada_browses.get(f"/account/orders/?after={other.number}").status_code == 404


@pytest.mark.parametrize("place", ["x" * 10_000, "-1", str(2**31), "MM-0", "' OR 1=1"])
def test_refuses_a_place_that_is_none(ada_browses: Client, place: str) -> None:
    assert ada_browses.get("/account/orders/", {"before": place}).status_code == 404
    assert ada_browses.get("/account/orders/", {"after": place}).status_code == 404


def test_asks_the_same_queries_for_one_and_many(
    ada: User, ada_browses: Client, django_assert_num_queries: Any
) -> None:
    ordered(ada)
    ada_browses.get("/account/orders/")
    with django_assert_num_queries(3):
        assert len(own_orders(ada, at=NOON).orders) == 1
    ordered(ada, 2)

    with django_assert_num_queries(3):
        shown = own_orders(ada, at=NOON).orders
        assert [(r.pill, r.action_words, r.pictures, r.day) for r in shown]

    assert len(shown) == 3


def test_pages_by_place_without_gap_or_repeat(ada: User) -> None:
    made = [order.number for order in ordered(ada, 2 * PAGE_SIZE + 1)][::-1]

    first = own_orders(ada, at=NOON)
    second = own_orders(ada, before=first.older, at=NOON)
    third = own_orders(ada, before=second.older, at=NOON)
    back = own_orders(ada, after=third.newer, at=NOON)
    front = own_orders(ada, after=back.newer, at=NOON)

    pages = [[row.number for row in page.orders] for page in (first, second, third)]
    assert pages == [made[:20], made[20:40], made[40:]]
    assert (first.newer, third.older) == ("", "")
    assert [row.number for row in back.orders] == made[20:40]
    assert ([row.number for row in front.orders], front.newer) == (made[:20], "")


def test_leads_an_unpaid_order_to_its_payment(ada: User) -> None:
    [order] = ordered(ada)

    shown = row(order)

    assert (shown.pill, shown.action_words) == (
        ("warn", "Waiting for payment"), "Continue to payment",
    )  # fmt: skip
    assert shown.action_url.endswith("/pay/")
    late = row(order, at=order.pay_until + timedelta(seconds=1))
    assert (late.action_words, late.action_url) == ("See the order", order.get_absolute_url())


def test_says_that_an_order_is_being_cancelled(ada: User) -> None:
    [order] = ordered(ada)
    Order.objects.filter(pk=order.pk).update(cancel_wished_by="buyer")

    shown = row(order)

    assert (shown.pill, shown.action_words) == (("warn", "Being cancelled"), "See the order")


PAID = {
    ("new",): (("warn", "The maker has been told"), "See the order"),
    ("accepted", "new"): (("warn", "Being packed"), "See the order"),
    ("shipped",): (("info", "On its way"), "Track your parcel"),
    ("in_transit", "shipped"): (("info", "On its way"), "Track your parcels"),
    ("delivered", "in_transit"): (("info", "On its way"), "Track your parcel"),
    ("delivered", "new"): (("info", "Partly delivered"), "See the order"),
    ("delivered", "settled", "collected"): (("ok", "Delivered"), "See the order"),
    ("delivered", "cancelled"): (("ok", "Delivered"), "See the order"),
    ("lost", "delivered"): (("bad", "Lost on the way"), "See the order"),
    ("returned",): (("bad", "Back at the maker"), "See the order"),
    ("cancelled", "cancelled"): (("", "Cancelled"), "See the refund"),
}


@pytest.mark.parametrize(("parcels", "shown"), PAID.items())
def test_says_what_became_of_the_parcels(parcels: tuple[str, ...], shown: Any) -> None:
    order = factories.order(*((factories.variant(), 1) for _ in parcels))
    orders.mark_paid(order.pk, at=timezone.now())
    for shipment, status in zip(order.shipments.order_by("pk"), parcels, strict=True):
        Shipment.objects.filter(pk=shipment.pk).update(status=status)

    told = row(order)

    assert (told.pill, told.action_words) == shown


@pytest.mark.parametrize(
    ("status", "pill", "action"),
    [("paying", "warn", "See the order"), ("expired", "", "Order these pieces again"),
     ("failed", "bad", "Order these pieces again"), ("unfillable", "bad", "See the refund"),
     ("refunded", "bad", "See the refund")],
)  # fmt: skip
def test_says_what_became_of_the_order(ada: User, status: str, pill: str, action: str) -> None:
    [order] = ordered(ada)
    Order.objects.filter(pk=order.pk).update(status=status)

    shown = row(order)

    assert (shown.pill_class, shown.action_words) == (pill, action)


def test_writes_the_year_of_another_year_only(ada: User) -> None:
    [order] = ordered(ada)
    Order.objects.filter(pk=order.pk).update(placed_at=datetime(2025, 10, 2, tzinfo=UTC))

    assert row(order, at=NOON).day == "2 October 2025"
    assert row(order, at=datetime(2025, 12, 1, tzinfo=UTC)).day == "2 October"


def test_changes_name_and_language(ada: User, ada_browses: Client) -> None:
    answer = ada_browses.post("/account/details/", {"name": " Ada Reis ", "language": "pt"})

    ada.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, "/pt/account/details/")
    assert (ada.name, ada.language) == ("Ada Reis", "pt")
    entry = AuditEntry.objects.get(action="account.details")
    assert (entry.actor, entry.subject) == (f"user:{ada.pk}", f"user:{ada.pk}")
    assert "Ada" not in str(entry.changes)
    assert entry.changes["language"] == ["en", "pt"]


def test_changes_nothing_else_by_details(ada: User, ada_browses: Client) -> None:
    more = {"email": "eve@example.com", "is_staff": "1", "operator_role": "admin", "user": "1"}

    ada_browses.post("/account/details/", {"name": "Ada", "language": "en"} | more)

    ada.refresh_from_db()
    assert (ada.email, ada.is_staff, ada.operator_role) == ("ada@example.com", False, "")


@pytest.mark.parametrize(
    "fields",
    [{"name": "x" * 10_000, "language": "en"}, {"name": "a\nBcc: b", "language": "en"},
     {"name": "a\x00b", "language": "en"}, {"name": "Ada", "language": "xx"},
     {"name": "Ada"}],
)  # fmt: skip
def test_refuses_details_that_are_none(
    ada: User, ada_browses: Client, fields: dict[str, str]
) -> None:
    answer = ada_browses.post("/account/details/", fields)

    assert answer.status_code == 422
    assert User.objects.get(pk=ada.pk).name == "Ada Martins"
    assert not AuditEntry.objects.filter(action="account.details").exists()


def test_ticks_no_box_beforehand(ada_browses: Client) -> None:
    page = ada_browses.get("/account/details/").content.decode()

    assert '<input type="checkbox" name="wanted" id="wanted">' in page


def test_adds_a_word_to_the_consents_when_it_changes(ada: User, ada_browses: Client) -> None:
    for fields in ({"wanted": "on"}, {"wanted": "on"}, {}, {}):
        ada_browses.post("/account/news/", fields)

    said = list(Consent.objects.values_list("user", "kind", "is_given", "source"))
    assert said == [(ada.pk, "news", True, "account"), (ada.pk, "news", False, "account")]
    assert AuditEntry.objects.filter(action="account.news").count() == 2
    assert not consenting.wants_news(ada)


def test_changes_consents_by_post_only(ada: User, ada_browses: Client) -> None:
    answer = ada_browses.get("/account/news/?wanted=on")

    assert answer.status_code == 405
    assert not Consent.objects.exists()


@pytest.mark.parametrize("path", ["orders/", "details/", "export/", "leave/"])
def test_sends_a_stranger_to_sign_in(shopper: Client, path: str) -> None:
    answer = shopper.get(f"/account/{path}")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/account/")
