"""Parcels in the back rooms: who may do what, from a list or by a button, and what they see."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker, Membership
from makers_market.core.models import AuditEntry
from orders import services as orders
from orders.models import Order, Shipment, ShipmentMove
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
PARCELS = "/workshop/orders/shipment/"
CANARY = {"email": "canary@example.com", "name": "Canário Secreto"}
PHONE, STREET = "+351910000000", "Rua da Esperança 41"


@pytest.fixture
def parcel(mo: Maker) -> Shipment:
    """A paid parcel of Mo, for a shopper whose name is easily found."""
    made = factories.order(
        (factories.variant("mug", maker=mo), 1),
        buyer=factories.buyer(**CANARY), delivery=factories.delivery(phone=PHONE),
    )  # fmt: skip
    orders.mark_paid(made.pk, at=timezone.now())
    return made.shipments.get()


def member(mo: Maker, role: str) -> Client:
    person = factories.user(f"{role}@example.com")
    Membership.objects.create(maker=mo, user=person, role=role)
    return signed_in(person)


def status(parcel: Shipment) -> str:
    return Shipment.objects.get(pk=parcel.pk).status


def act(client: Client, parcel: Shipment, name: str, **fields: str) -> int:
    return client.post(f"{PARCELS}{parcel.pk}/act/{name}/", fields).status_code


def test_act_buttons_lead_a_parcel_on_and_are_recorded(mo: Maker, parcel: Shipment):
    owner = mo.members.get()
    client = signed_in(owner)

    answers = [act(client, parcel, "accept"), act(client, parcel, "ship")]

    assert answers == [302, 302]
    assert status(parcel) == Shipment.SHIPPED
    told = AuditEntry.objects.order_by("id").values_list("action", "actor", "maker", "changes")
    by = f"user:{owner.pk}"
    assert list(told) == [
        ("parcel.accepted", by, mo.pk, {"status": ["new", "accepted"]}),
        ("parcel.shipped", by, mo.pk, {"status": ["accepted", "shipped"]}),
    ]


def test_act_twice_counts_once(mo: Maker, parcel: Shipment):
    client = signed_in(mo.members.get())

    answers = [act(client, parcel, "accept"), act(client, parcel, "accept")]

    assert answers == [302, 302]
    assert parcel.moves.filter(to_status="accepted").count() == 1
    assert AuditEntry.objects.count() == 1


def test_act_of_a_stale_page_is_refused_in_words(mo: Maker, parcel: Shipment):
    client = signed_in(mo.members.get())
    for name in ("accept", "ship"):
        act(client, parcel, name)

    page = client.post(f"{PARCELS}{parcel.pk}/act/cancel/", {}, follow=True)

    assert "This can no longer be done" in page.text
    assert status(parcel) == Shipment.SHIPPED
    assert AuditEntry.objects.count() == 2


def test_hand_over_fits_collected_parcels_only(mo: Maker, parcel: Shipment):
    client = signed_in(mo.members.get())
    act(client, parcel, "accept")

    page = client.post(f"{PARCELS}{parcel.pk}/act/hand_over/", {}, follow=True)

    assert "This parcel travels another way." in page.text
    assert status(parcel) == Shipment.ACCEPTED


def test_cancel_asks_with_the_parcel_s_name_first(mo: Maker, parcel: Shipment):
    client = signed_in(mo.members.get())

    asked = client.get(f"{PARCELS}{parcel.pk}/act/cancel/")
    from_list = client.post(PARCELS, {"action": "cancel", "_selected_action": parcel.pk})

    for page in (asked, from_list):
        assert page.status_code == 200
        assert str(parcel) in page.text
        assert "It cannot be undone." in page.text
    assert status(parcel) == Shipment.NEW


def test_cancel_asks_about_no_parcel_that_is_gone(mo: Maker, parcel: Shipment):
    client = signed_in(mo.members.get())
    for name in ("accept", "ship"):
        act(client, parcel, name)

    page = client.get(f"{PARCELS}{parcel.pk}/act/cancel/", follow=True)
    from_list = client.post(PARCELS, {"action": "cancel", "_selected_action": parcel.pk})

    assert "It is too late for that." in page.text
    assert "It cannot be undone." not in page.text
    assert from_list.status_code == 302
    assert status(parcel) == Shipment.SHIPPED


def test_cancel_confirmed_from_the_list_is_done(mo: Maker, parcel: Shipment):
    fields = {"action": "cancel", "_selected_action": parcel.pk, "confirmed": "yes"}

    answer = signed_in(mo.members.get()).post(PARCELS, fields)

    assert answer.status_code == 302
    assert status(parcel) == Shipment.CANCELLED
    assert [entry.action for entry in AuditEntry.objects.all()] == ["parcel.cancelled"]


@pytest.mark.parametrize("name", ["accept", "ship", "hand_over"])
def test_act_is_not_done_by_looking(mo: Maker, parcel: Shipment, name: str):
    client = signed_in(mo.members.get())

    assert client.get(f"{PARCELS}{parcel.pk}/act/{name}/").status_code == 405
    assert status(parcel) == Shipment.NEW


def test_packer_packs_but_does_not_cancel(mo: Maker, parcel: Shipment):
    client = member(mo, "packer")
    fields = {"action": "cancel", "_selected_action": parcel.pk, "confirmed": "yes"}

    answers = [act(client, parcel, "cancel"), act(client, parcel, "accept")]
    client.post(PARCELS, fields)

    assert answers == [403, 302]
    assert status(parcel) == Shipment.ACCEPTED


def test_packer_sees_no_money(mo: Maker, parcel: Shipment):
    client = member(mo, "packer")

    for path in (PARCELS, f"{PARCELS}{parcel.pk}/change/"):
        page = client.get(path)
        assert page.status_code == 200
        assert "Canário Secreto" in page.text
        assert "€" not in page.text


def test_writer_sees_no_parcel(mo: Maker, parcel: Shipment):
    client = member(mo, "writer")

    answers = [
        client.get(PARCELS).status_code,
        client.get(f"{PARCELS}{parcel.pk}/change/").status_code,
        act(client, parcel, "accept"),
        client.post(PARCELS, {"action": "accept", "_selected_action": parcel.pk}).status_code,
    ]

    assert answers == [403] * 4
    assert status(parcel) == Shipment.NEW


@pytest.mark.parametrize("name", ["accept", "ship", "hand_over", "cancel"])
def test_act_on_another_maker_s_parcel_is_404(parcel: Shipment, name: str):
    zed = factories.maker("zed", members=[factories.user("zed@example.com")])
    client = signed_in(zed.members.get())

    answers = {
        client.post(f"{PARCELS}{pk}/act/{name}/").status_code
        for pk in (parcel.pk, 10**20, "x", "-1", "_00")
    }

    assert answers == {404}
    assert status(parcel) == Shipment.NEW


@pytest.mark.parametrize("name", ["delete", "settle", "x" * 300])
def test_unknown_act_is_404(mo: Maker, parcel: Shipment, name: str):
    assert act(signed_in(mo.members.get()), parcel, name) == 404


@pytest.mark.parametrize(("days", "is_shown"), [(29, True), (31, False)])
def test_address_is_shown_until_30_days_after_delivery(
    mo: Maker, parcel: Shipment, days: int, is_shown: bool
):
    then = timezone.now() - timedelta(days=days)
    for to in ("accepted", "shipped", "delivered"):
        parcel.move_to(to, by="test", at=then)
    client = signed_in(mo.members.get())

    pages = [client.get(path).text for path in (PARCELS, f"{PARCELS}{parcel.pk}/change/")]

    assert [CANARY["name"] in page for page in pages] == [is_shown, is_shown]
    assert (STREET in pages[1]) is is_shown


def test_address_of_a_cancelled_parcel_is_hidden(mo: Maker, parcel: Shipment):
    orders.cancel_shipment(parcel.pk, by="test", at=timezone.now())

    page = signed_in(mo.members.get()).get(f"{PARCELS}{parcel.pk}/change/").text

    assert CANARY["name"] not in page
    assert STREET not in page


def test_no_page_of_a_parcel_shows_email_or_telephone(mo: Maker, parcel: Shipment):
    client = signed_in(mo.members.get())

    paths = ["/workshop/", PARCELS, f"{PARCELS}{parcel.pk}/change/",
             f"{PARCELS}{parcel.pk}/act/cancel/", f"{PARCELS}{parcel.pk}/history/"]  # fmt: skip
    for path in paths:
        page = client.get(path)
        assert page.status_code == 200
        assert CANARY["email"] not in page.text
        assert PHONE not in page.text


@pytest.mark.parametrize("question", ["stage=pack", "stage=way", "stage=x", "stage=%27", "q=MM-"])
def test_list_keeps_its_shape_for_any_question(mo: Maker, parcel: Shipment, question: str):
    page = signed_in(mo.members.get()).get(f"{PARCELS}?{question}")

    assert page.status_code == 200
    assert (str(parcel) in page.text) is (question != "stage=way")


def test_list_costs_the_same_with_one_and_three_parcels(mo: Maker, parcel: Shipment):
    client = signed_in(mo.members.get())
    client.get(PARCELS)
    counts = []
    for _ in range(2):
        counts.append(_queries(client))
        for _ in range(2):
            made = factories.order((factories.variant(maker=mo), 1))
            orders.mark_paid(made.pk, at=timezone.now())

    assert counts[0] == counts[1]


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        client.get(PARCELS)
    return len(asked)


@pytest.mark.parametrize(
    ("role", "seen", "accepted", "cancelled"),
    [("support", 200, 302, 403), ("finance", 200, 403, 302), ("moderator", 403, 403, 403),
     ("admin", 200, 302, 302)],
)  # fmt: skip
def test_operators_do_with_parcels_what_their_role_says(
    parcel: Shipment, role: str, seen: int, accepted: int, cancelled: int
):
    client = signed_in(factories.operator(role))
    page = f"/admin/orders/shipment/{parcel.pk}/"

    answers = (
        client.get(f"{page}change/").status_code,
        client.post(f"{page}act/accept/").status_code,
        client.post(f"{page}act/cancel/").status_code,
    )

    assert answers == (seen, accepted, cancelled)
    moved = list(ShipmentMove.objects.filter(subject=parcel, by__startswith="user:"))
    assert len(moved) == [accepted, cancelled].count(302)


def test_moderator_sees_no_order(parcel: Shipment):
    client = signed_in(factories.operator("moderator"))

    answers = [client.get(f"/admin/orders/{name}/").status_code
               for name in ("order", "shipment", "hold", "deliverynews")]  # fmt: skip

    assert answers == [403] * 4


def test_unpaid_parcels_are_nobody_s_business(mo: Maker, parcel: Shipment):
    waiting: Order = factories.order((factories.variant(maker=mo), 1))

    page = signed_in(mo.members.get()).get(PARCELS).text

    assert waiting.number not in page
