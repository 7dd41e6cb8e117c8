"""An operator sees a workshop as its maker does: changes nothing, and every page is on record."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Maker, User
from accounts.viewing_as import LASTS, VIEWING
from makers_market.core.models import AuditEntry
from orders import services as orders
from orders.models import Order, Shipment
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
WHY = "They wrote that a parcel is missing."
PARCELS = "/workshop/orders/shipment/"


@pytest.fixture
def order(mo: Maker) -> Order:
    zed = factories.maker("zed", members=[factories.user("zed@example.com")])
    pieces = (factories.variant("mug", maker=mo), 1), (factories.variant("bowl", maker=zed), 1)
    made = factories.order(*pieces)
    orders.mark_paid(made.pk, at=timezone.now())
    return made


@pytest.fixture
def olga(db: None) -> User:
    return factories.operator("support", name="Olga")


@pytest.fixture
def client(olga: User) -> Client:
    return signed_in(olga)


def begin(client: Client, maker: Maker, **sent: Any) -> Any:
    return client.post(f"/admin/accounts/maker/{maker.pk}/view-as/", {"reason": WHY} | sent)


def log() -> list[tuple[str, str]]:
    entries = AuditEntry.objects.filter(action__startswith="view_as").order_by("pk")
    return list(entries.values_list("action", "why"))


def test_operator_sees_what_the_maker_sees(client: Client, mo: Maker, order: Order):
    answer = begin(client, mo)

    page = client.get(PARCELS)

    assert answer.headers["Location"] == "/workshop/"
    assert page.status_code == 200
    assert f"{order.number}/1" in page.text
    assert f"{order.number}/2" not in page.text
    assert "Bowl" not in page.text
    assert "You see Mo as its maker does" in page.text


def test_start_pages_and_end_are_on_record(client: Client, mo: Maker, olga: User, order: Order):
    begin(client, mo)
    client.get(PARCELS + "?q=secret")
    client.post("/admin/view-as/end/")

    assert log() == [
        ("view_as.started", WHY), ("view_as.page", PARCELS), ("view_as.ended", ""),
    ]  # fmt: skip
    entry = AuditEntry.objects.filter(action="view_as.started").get()
    assert (entry.actor, entry.subject, entry.maker) == (f"user:{olga.pk}", f"maker:{mo.pk}", mo.pk)
    assert client.get(PARCELS).status_code == 302


@pytest.mark.parametrize(
    "path", [PARCELS, "/workshop/", "/workshop/catalog/product/add/", "/workshop/switch/",
             "/workshop/logout/", "/workshop/nowhere/"],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
def test_every_change_is_refused(client: Client, mo: Maker, order: Order, path: str, verb: str):
    begin(client, mo)
    mine = order.shipments.get(position=1)

    answer = getattr(client, verb)(path, {"action": "accept", "_selected_action": mine.pk})

    assert answer.status_code == 403
    assert Shipment.objects.get(pk=mine.pk).status == "new"
    assert log() == [("view_as.started", WHY)]


@pytest.mark.parametrize(("role", "sees"), [("support", False), ("admin", True)])
def test_money_is_for_those_who_may_see_it(mo: Maker, order: Order, role: str, sees: bool):
    client = signed_in(factories.operator(role))
    begin(client, mo)

    total = "€28.50"
    shown = client.get(PARCELS).text + client.get("/workshop/").text

    assert (total in shown) is sees


@pytest.mark.parametrize("role", ["moderator", "finance"])
def test_other_roles_cannot_begin(mo: Maker, order: Order, role: str):
    client = signed_in(factories.operator(role))

    assert begin(client, mo).status_code == 403
    assert client.get(PARCELS).status_code == 302
    assert log() == []


def test_makers_and_shoppers_cannot_begin(mo: Maker, order: Order, ada: User):
    for person in (ada, mo.members.get()):
        assert begin(signed_in(person), mo).status_code == 302
    assert log() == []


@pytest.mark.parametrize("reason", ["", "short", "   ", "x" * 201, "because\x00 of it all"])
def test_reason_is_needed(client: Client, mo: Maker, reason: str):
    assert begin(client, mo, reason=reason).status_code == 422
    assert VIEWING not in client.session
    assert log() == []


@pytest.mark.parametrize("pk", ["0", "99999999", "9" * 30])
def test_no_such_maker_is_404(client: Client, pk: str):
    answer = client.post(f"/admin/accounts/maker/{pk}/view-as/", {"reason": WHY})

    assert answer.status_code == 404
    assert log() == []


def test_it_is_over_after_a_quarter_of_an_hour(client: Client, mo: Maker, order: Order):
    begin(client, mo)
    session = client.session
    session[VIEWING] |= {"until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    session.save()

    assert client.get(PARCELS).status_code == 302
    assert VIEWING not in client.session
    assert log() == [("view_as.started", WHY), ("view_as.ended", "time is over")]
    assert timedelta(minutes=15) == LASTS


def test_demoted_operator_sees_nothing_more(client: Client, olga: User, mo: Maker, order: Order):
    begin(client, mo)
    User.objects.filter(pk=olga.pk).update(operator_role="finance")

    assert client.get(PARCELS).status_code == 302
    assert log()[-1] == ("view_as.ended", "no longer allowed")


def test_own_workshop_is_back_afterwards(mo: Maker, order: Order):
    olga = factories.operator("support")
    own = factories.maker("olga", members=[olga])
    client = signed_in(olga)
    begin(client, mo)
    assert f"{order.number}/1" in client.get(PARCELS).text

    client.post("/admin/view-as/end/")

    page = client.get(PARCELS)
    assert page.status_code == 200
    assert f"{order.number}/1" not in page.text
    assert "as its maker does" not in page.text
    assert own.shipments.count() == 0


def test_end_without_begin_is_harmless(client: Client):
    assert client.post("/admin/view-as/end/").status_code == 302
    assert client.get("/admin/view-as/end/").status_code == 405
    assert log() == []


def test_second_factor_is_needed(olga: User, mo: Maker, order: Order):
    client = signed_in(olga, second_factor=False)

    assert begin(client, mo).status_code == 302
    session = client.session
    session[VIEWING] = {"maker": mo.pk, "until": (timezone.now() + LASTS).isoformat()}
    session.save()
    assert client.get(PARCELS).status_code == 302


def test_maker_may_read_who_looked(client: Client, mo: Maker, order: Order):
    begin(client, mo)
    client.get(PARCELS)

    assert set(AuditEntry.objects.filter(action__startswith="view_as").values_list("maker")) == {
        (mo.pk,)
    }
