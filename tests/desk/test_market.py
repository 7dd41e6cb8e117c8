"""The switch of the whole shop: announcement, and read-only without losing paid money."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from accounts.models import Maker
from makers_market.core import market_state
from makers_market.core.market_state import ReasonMissing, SwitchedMeanwhile, switch_market
from makers_market.core.models import AuditEntry, MarketState
from orders.models import Basket
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
PAGE = "/admin/market/"
OPEN = dict.fromkeys(market_state.FIELDS, "") | {"is_read_only": False}
CLOSED = OPEN | {
    "is_read_only": True,
    "reason_en": "We move to a faster server until 9:00.",
    "reason_pt": "Mudamos para um servidor mais rápido até às 9:00.",
}


def switch(**wished: object) -> MarketState:
    seen = market_state.state().changed_at
    wish = OPEN | wished
    switch_market(wished=wish, seen_at=seen, by="user:1", at=timezone.now())
    return market_state.state()


@pytest.fixture
def closed(db: None) -> MarketState:
    return switch(**CLOSED)


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in(factories.operator())


def form(**wished: object) -> dict[str, object]:
    """Fill the page's form as a browser sends it: an unticked box is not there."""
    changed_at = market_state.state().changed_at
    sent = OPEN | {"seen_at": changed_at.isoformat() if changed_at else ""} | wished
    if not sent["is_read_only"]:
        del sent["is_read_only"]
    return sent


@pytest.mark.parametrize(
    "path", ["/", "/c/ceramics/", "/p/mug/", "/m/mo/", "/basket/", "/nowhere/"]
)
def test_announcement_is_on_every_page(shopper: Client, mo: Maker, path: str):
    factories.variant("mug", maker=mo)
    switch(announcement_en="Orders by 12 December arrive for Christmas.", announcement_pt="Olá.")

    assert "Orders by 12 December" in shopper.get(path).text
    assert "Olá." in shopper.get(f"/pt{path}").text


def test_announcement_is_text():
    switch(announcement_en="<script>alert(1)</script>")

    assert "<script>alert(1)" not in Client().get("/").text


def test_frame_costs_one_query(shopper: Client):
    switch(**(CLOSED | {"announcement_en": "Hello"}))
    factories.category()

    with CaptureQueriesContext(connection) as asked:
        shopper.get("/makers/")

    about_frame = [q for q in asked.captured_queries if "core_marketstate" in q["sql"]]
    assert len(about_frame) == 1
    assert "catalog_category" in about_frame[0]["sql"]


@pytest.mark.parametrize(
    "path", ["/", "/new/", "/c/ceramics/", "/p/mug/", "/m/mo/", "/makers/", "/search/?q=mug",
             "/basket/", "/pt/", "/accounts/login/", "/healthz"],
)  # fmt: skip
def test_browse_works_in_read_only(shopper: Client, mo: Maker, closed: MarketState, path: str):
    factories.variant("mug", maker=mo)

    assert shopper.get(path).status_code == 200


def test_change_is_refused_in_read_only_with_the_reason(shopper: Client, closed: MarketState):
    piece = factories.variant()

    answer = shopper.post("/basket/add/", {"variant": piece.sku, "quantity": 1})
    in_portuguese = shopper.post("/pt/basket/add/", {"variant": piece.sku, "quantity": 1})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")
    assert CLOSED["reason_en"] in answer.text
    assert CLOSED["reason_pt"] in in_portuguese.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert not Basket.objects.exists()


def test_every_unsafe_route_is_closed_but_the_named_ones(shopper: Client, closed: MarketState):
    """Walk the URL conf: what stays open is exactly the desk, sign-in and machines' doors."""
    open_names = set()
    for name in sorted(filter(None, (url for url in _names(get_resolver())))):
        if name.startswith(("workshop:", "admin:")):
            continue
        open_names |= {name} if _is_open(name) else set()

    assert open_names == market_state.SIGN_IN | {"stripe_webhook", "delivery_callback"}


def _names(resolver, prefix: str = ""):
    for each in resolver.url_patterns:
        if hasattr(each, "url_patterns"):
            inside = f"{prefix}{each.namespace}:" if each.namespace else prefix
            yield from _names(each, inside)
        else:
            _views[f"{prefix}{each.name}"] = each.callback
            yield f"{prefix}{each.name}" if each.name else None


_views: dict[str, object] = {}


def _is_open(name: str) -> bool:
    request = type("Asked", (), {"resolver_match": type("Match", (), {"view_name": name})})
    return market_state._stays_open(request, _views[name])


def test_webhooks_work_in_read_only(shopper: Client, closed: MarketState):
    for path in ("/webhooks/stripe/", "/callbacks/delivery/"):
        answer = shopper.post(path, b"{}", content_type="application/json")

        assert answer.status_code in {400, 403}


def test_workshop_is_closed_in_read_only(mo: Maker, closed: MarketState):
    answer = signed_in(mo.members.get()).post("/workshop/orders/shipment/", {"action": "accept"})

    assert answer.status_code == 503
    assert CLOSED["reason_en"] in answer.text


def test_desk_stays_open_in_read_only(admin: Client, closed: MarketState):
    assert admin.get(PAGE).status_code == 200
    assert admin.post(PAGE, form(confirmed="yes")).status_code == 302
    assert not market_state.state().is_read_only


def test_sign_in_works_in_read_only(closed: MarketState):
    ada = factories.user("ada@example.com")
    browser = Client()

    answer = browser.post("/accounts/login/", {"login": ada.email, "password": "pw"})

    assert answer.status_code == 302
    assert browser.post("/accounts/logout/").status_code == 302
    assert Client().post("/accounts/signup/", {}).status_code == 503


def test_basket_and_checkout_say_why_they_are_closed(shopper: Client, mo: Maker):
    piece = factories.variant("mug", maker=mo)
    shopper.post("/basket/add/", {"variant": piece.sku, "quantity": 1})
    switch(**CLOSED)

    basket, address, product = (
        shopper.get(path).text for path in ("/basket/", "/checkout/address/", "/p/mug/")
    )

    for page in (basket, address, product):
        assert CLOSED["reason_en"] in page
    assert "Check out</a>" not in basket
    assert "Remove" not in basket
    assert "Continue to delivery" not in address
    assert "Add to basket" not in product


def test_page_closes_the_shop_after_asking(admin: Client):
    asked = admin.post(PAGE, form(**CLOSED))

    assert asked.status_code == 200
    assert "Close the shop for changes?" in asked.text
    assert not market_state.state().is_read_only

    done = admin.post(PAGE, form(**CLOSED, confirmed="yes"))

    assert done.status_code == 302
    assert market_state.state().is_read_only
    entry = AuditEntry.objects.get(action="market.switched")
    assert entry.changes["is_read_only"] == [False, True]
    assert entry.actor.startswith("user:")


def test_announcement_needs_no_confirmation(admin: Client):
    assert admin.post(PAGE, form(announcement_en="Hello")).status_code == 302
    assert market_state.state().announcement_en == "Hello"


def test_stale_page_switches_nothing(admin: Client):
    old = form(announcement_en="From the first window")
    switch(announcement_en="From the second window")

    answer = admin.post(PAGE, old)

    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile" in answer.text
    assert market_state.state().announcement_en == "From the second window"
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    "sent",
    [{"is_read_only": True, "reason_en": ""}, {"is_read_only": True, "reason_en": "   "},
     {"announcement_en": "x" * 201}, {"announcement_en": "a\x00b"}, {"seen_at": "yesterday"},
     {"reason_pt": "x" * 10_000}],
)  # fmt: skip
def test_bad_form_switches_nothing(admin: Client, sent: dict[str, object]):
    answer = admin.post(PAGE, form(**sent, confirmed="yes"))

    assert answer.status_code in {400, 422}
    assert market_state.state().changed_at is None
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("role", ["support", "moderator", "finance"])
def test_only_administrators_switch_the_market(role: str):
    client = signed_in(factories.operator(role))

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, form(announcement_en="x", confirmed="yes")).status_code == 403
    assert market_state.state().announcement_en == ""


def test_switching_to_the_same_is_no_change():
    switch(announcement_en="Hello")
    switch(announcement_en="Hello")

    assert AuditEntry.objects.count() == 1


def test_service_refuses_a_closed_shop_without_reason():
    with pytest.raises(ReasonMissing):
        switch(is_read_only=True)
    assert not AuditEntry.objects.exists()


def test_service_refuses_what_was_decided_on_an_old_page():
    switch(announcement_en="Hello")

    with pytest.raises(SwitchedMeanwhile):
        switch_market(wished=OPEN, seen_at=None, by="user:2", at=timezone.now())
    assert market_state.state().announcement_en == "Hello"
