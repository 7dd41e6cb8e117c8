"""Who may do what at the operators' desk: every role at every page, and giving the roles."""

import threading
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import POWERS, Maker, User
from accounts.services.operators import (
    LastAdministrator,
    NobodyThere,
    NotAnAdministrator,
    OwnRole,
    give_role,
)
from makers_market.core.admin import operators_site
from makers_market.core.models import AuditEntry
from orders import services as orders
from orders.models import Order, Shipment
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
ROLES = ("support", "moderator", "finance", "admin")
# Who sees which list; the administrator sees them all.
LISTS = {
    "orders/order": {"support", "finance"},
    "orders/shipment": {"support", "finance"},
    "orders/hold": {"support", "finance"},
    "orders/deliverynews": {"support", "finance"},
    "payments/payment": {"finance"},
    "payments/refund": {"finance"},
    "payments/operation": {"finance"},
    "payments/stripeevent": {"finance"},
    "payments/ledgerentry": {"finance"},
    "accounts/user": {"support"},
    "accounts/maker": {"support", "moderator", "finance"},
    "catalog/product": {"support", "moderator", "finance"},
    "catalog/stock": {"support", "moderator", "finance"},
    "catalog/stockmovement": {"support", "moderator", "finance"},
    "catalog/category": {"moderator"},
    "catalog/collection": {"moderator"},
    "catalog/page": {"moderator"},
    "catalog/term": {"moderator"},
    "catalog/synonym": {"moderator"},
    "notifications/mail": {"support"},
    "core/auditentry": set(),
}
ROOMS = {
    "moderation/": {"moderator"},
    "market/": set(),
    "jobs/": set(),
    "accounts/maker/{maker}/suspend/": {"moderator"},
    "accounts/maker/{maker}/reinstate/": {"moderator"},
    "accounts/maker/{maker}/view-as/": {"support"},
    "accounts/user/{user}/role/": set(),
}


def proven(person: User) -> Client:
    """Give a browser in which this person has just said once more who they are."""
    client = signed_in(person)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY][0]["reauthenticated"] = True
    session.save()
    return client


@pytest.mark.parametrize("path", sorted(LISTS))
def test_each_role_sees_its_lists_alone(path: str, ada: User):
    seen = {
        role for role in ROLES
        if signed_in(factories.operator(role)).get(f"/admin/{path}/").status_code == 200
    }  # fmt: skip

    assert seen == LISTS[path] | {"admin"}


@pytest.mark.parametrize("path", sorted(ROOMS))
def test_each_role_opens_its_rooms_alone(path: str, ada: User, mo: Maker):
    address = "/admin/" + path.format(maker=mo.pk, user=ada.pk)
    statuses = {role: proven(factories.operator(role)).get(address).status_code for role in ROLES}

    assert {role for role, status in statuses.items() if status == 200} == ROOMS[path] | {"admin"}
    assert set(statuses.values()) <= {200, 403}


def test_every_list_is_in_this_table():
    """A new page of the desk needs a power, and a line above."""
    pages = {
        f"{model._meta.app_label}/{model._meta.model_name}": page
        for model, page in operators_site._registry.items()
    }

    assert set(pages) == set(LISTS)
    assert [name for name, page in pages.items() if page.needs not in POWERS] == []


def test_every_room_needs_a_power():
    assert [room.name for room in operators_site.rooms if room.needs not in POWERS] == []


def test_each_role_s_sidebar_leads_nowhere_shut(ada: User):
    for role in ROLES:
        client = signed_in(factories.operator(role))
        links = client.get("/admin/").context["nav"]

        assert links
        assert [link["url"] for link in links if client.get(link["url"]).status_code != 200] == []


@pytest.fixture
def order(mo: Maker) -> Order:
    made = factories.order((factories.variant("mug", maker=mo), 1))
    orders.mark_paid(made.pk, at=timezone.now())
    return made


@pytest.mark.parametrize("role", ["support", "moderator"])
def test_cancelling_is_for_those_who_pay_back(order: Order, role: str):
    client = signed_in(factories.operator(role))
    parcel = order.shipments.get()

    client.post("/admin/orders/shipment/", {"action": "cancel", "_selected_action": parcel.pk})

    assert Shipment.objects.get(pk=parcel.pk).status == "new"


@pytest.mark.parametrize("role", ["moderator", "finance"])
def test_moving_parcels_is_for_support(order: Order, role: str):
    client = signed_in(factories.operator(role))
    parcel = order.shipments.get()

    client.post("/admin/orders/shipment/", {"action": "accept", "_selected_action": parcel.pk})

    assert Shipment.objects.get(pk=parcel.pk).status == "new"


# Giving roles.


def give(client: Client, person: User, role: str) -> Any:
    return client.post(f"/admin/accounts/user/{person.pk}/role/", {"role": role})


def role_of(person: User) -> tuple[str, bool]:
    person.refresh_from_db()
    return person.operator_role, person.is_staff


def test_administrator_gives_and_takes_a_role(ada: User):
    admin = factories.operator()
    client = proven(admin)

    give(client, ada, "finance")
    assert role_of(ada) == ("finance", True)
    give(client, ada, "")

    assert role_of(ada) == ("", False)
    entries = AuditEntry.objects.filter(action="user.role_given").order_by("pk")
    assert [entry.changes for entry in entries] == [
        {"operator_role": ["", "finance"]}, {"operator_role": ["finance", ""]},
    ]  # fmt: skip
    assert {entry.actor for entry in entries} == {f"user:{admin.pk}"}


def test_role_given_twice_is_given_once(ada: User):
    client = proven(factories.operator())

    give(client, ada, "support")
    give(client, ada, "support")

    assert AuditEntry.objects.filter(action="user.role_given").count() == 1


def test_nobody_changes_their_own_role():
    factories.operator()
    admin = factories.operator()

    answer = give(proven(admin), admin, "support")

    assert answer.status_code == 422
    assert role_of(admin) == ("admin", True)
    with pytest.raises(OwnRole):
        give_role(admin.pk, role="", by=f"user:{admin.pk}", at=timezone.now())


def test_last_administrator_stays():
    admin = factories.operator()

    with pytest.raises(LastAdministrator):
        give_role(admin.pk, role="support", by="command", at=timezone.now())

    assert role_of(admin) == ("admin", True)
    assert not AuditEntry.objects.filter(action="user.role_given").exists()


def test_inactive_administrator_does_not_count_as_one():
    admin = factories.operator()
    factories.operator(is_active=False)

    with pytest.raises(LastAdministrator):
        give_role(admin.pk, role="", by="command", at=timezone.now())


def test_closed_account_gets_no_role(ada: User):
    User.objects.filter(pk=ada.pk).update(is_active=False)

    with pytest.raises(NobodyThere):
        give_role(ada.pk, role="support", by="command", at=timezone.now())
    assert role_of(ada) == ("", False)


@pytest.mark.parametrize("role", ["owner", "ADMIN", "admin\x00", "x" * 10_000, "٣"])
def test_unknown_role_is_refused(ada: User, role: str):
    assert give(proven(factories.operator()), ada, role).status_code == 422
    assert role_of(ada) == ("", False)


@pytest.mark.parametrize("role", ["support", "moderator", "finance"])
def test_other_roles_give_none(ada: User, role: str):
    client = proven(factories.operator(role))

    assert give(client, ada, "admin").status_code == 403
    assert role_of(ada) == ("", False)


def test_giving_a_role_asks_who_you_are(ada: User):
    client = proven(factories.operator())
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= 3600
    session.save()

    answer = give(client, ada, "admin")

    assert answer.status_code == 302
    assert "reauthenticate" in answer.headers["Location"]
    assert role_of(ada) == ("", False)


def test_demoted_operator_loses_the_desk_at_once():
    admin, demoted = factories.operator(), factories.operator("finance")
    client = signed_in(demoted)
    assert client.get("/admin/payments/payment/").status_code == 200

    give_role(demoted.pk, role="", by=f"user:{admin.pk}", at=timezone.now())

    assert client.get("/admin/payments/payment/").status_code == 302
    assert client.get("/admin/").status_code == 302


def test_administrator_demoted_meanwhile_gives_nothing(ada: User):
    first, second = factories.operator(), factories.operator()
    give_role(second.pk, role="support", by=f"user:{first.pk}", at=timezone.now())

    with pytest.raises(NotAnAdministrator):
        give_role(ada.pk, role="admin", by=f"user:{second.pk}", at=timezone.now())
    assert role_of(ada) == ("", False)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_leave_one():
    pair = factories.operator(), factories.operator()
    refused: list[Exception] = []

    def demote(person: User, by: User) -> None:
        try:
            give_role(person.pk, role="", by=f"user:{by.pk}", at=timezone.now())
        except (LastAdministrator, NotAnAdministrator) as refusal:
            refused.append(refusal)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=demote, args=pair),
        threading.Thread(target=demote, args=pair[::-1]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert User.objects.filter(operator_role="admin").count() == 1


@pytest.mark.parametrize("verb", ["suspend", "reinstate"])
def test_shop_is_suspended_and_reinstated_with_a_reason(mo: Maker, verb: str):
    client = signed_in(factories.operator("moderator"))
    path = f"/admin/accounts/maker/{mo.pk}/"
    reason = {"reason": "Copies of another maker's work."}
    assert client.post(f"{path}suspend/", {"reason": "short"}).status_code == 422

    client.post(f"{path}suspend/", reason)
    if verb == "reinstate":
        client.post(f"{path}reinstate/", reason)

    mo.refresh_from_db()
    assert (mo.status, mo.is_open) == {
        "suspend": ("suspended", False), "reinstate": ("approved", True),
    }[verb]  # fmt: skip
    assert client.post(f"{path}reinstate/", reason).status_code in {302, 422}
