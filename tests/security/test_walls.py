"""Who may not come in where: other makers, other shoppers, other sites, other verbs, caches."""

import uuid

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from accounts.models import Maker, User
from makers_market.core.admin import ScopedAdmin, workshop_site
from makers_market.core.logs import JsonFormatter
from orders import services as orders
from orders.models import Basket, Order, Shipment
from tests import factories
from tests.factories import signed_in
from tests.security.routes import doors

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
PARCELS = "/workshop/orders/shipment/"
CANARY = {"email": "canary@example.com", "name": "Canário Secreto"}
PUBLIC = ["/", "/new/", "/makers/", "/search/?q=mug", "/c/ceramics/", "/p/mug/", "/m/mo/", "/pt/"]


@pytest.fixture
def zed(db: None) -> Maker:
    """Another maker, whose parcels travel in the same orders."""
    return factories.maker("zed", members=[factories.user("zed@example.com")])


@pytest.fixture
def order(mo: Maker, zed: Maker, ada: User) -> Order:
    """A paid order of Ada with a parcel of Mo and one of Zed."""
    pieces = (factories.variant("mug", maker=mo), 1), (factories.variant("bowl", maker=zed), 2)
    made = factories.order(*pieces, buyer=factories.buyer(user=ada, **CANARY))
    orders.mark_paid(made.pk, at=timezone.now())
    return made


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


def statuses() -> list[str]:
    return list(Shipment.objects.order_by("position").values_list("status", flat=True))


def test_workshop_lists_own_parcels_only(at_mo_s: Client, order: Order):
    page = at_mo_s.get(PARCELS)

    assert f"{order.number}/1" in page.text
    assert f"{order.number}/2" not in page.text
    assert "Bowl" not in page.text


@pytest.mark.parametrize("end", ["change/", "history/", "delete/"])
def test_parcel_of_another_maker_is_404(at_mo_s: Client, order: Order, end: str):
    theirs = order.shipments.get(position=2)

    for pk in (theirs.pk, "99999999999999999999", "x", "_00"):
        assert at_mo_s.get(f"{PARCELS}{pk}/{end}").status_code == 404
        assert at_mo_s.post(f"{PARCELS}{pk}/{end}", {"post": "yes"}).status_code == 404


@pytest.mark.parametrize("action", ["accept", "ship", "hand_over", "cancel"])
def test_action_on_another_maker_s_parcel_does_nothing(at_mo_s: Client, order: Order, action: str):
    theirs = order.shipments.get(position=2)

    at_mo_s.post(PARCELS, {"action": action, "_selected_action": theirs.pk})
    at_mo_s.post(PARCELS, {"action": action, "_selected_action": theirs.pk, "select_across": "1"})

    assert theirs.moves.count() == 2
    assert Shipment.objects.get(pk=theirs.pk).status == "new"


def test_action_on_own_parcel_works(at_mo_s: Client, order: Order):
    mine = order.shipments.get(position=1)

    at_mo_s.post(PARCELS, {"action": "accept", "_selected_action": mine.pk})

    assert statuses() == ["accepted", "new"]


@pytest.mark.parametrize("chosen", ["x", "\x00", "٣", "-1", "1.5", "9" * 400, "1 OR 1=1"])
def test_action_on_no_row_is_refused(at_mo_s: Client, order: Order, chosen: str):
    answer = at_mo_s.post(PARCELS, {"action": "accept", "_selected_action": chosen})

    assert answer.status_code == 400
    assert statuses() == ["new", "new"]


@pytest.mark.parametrize("action", ["delete_selected", "nothing", "\x00", ""])
def test_unknown_action_does_nothing(at_mo_s: Client, order: Order, action: str):
    mine = order.shipments.get(position=1)

    answer = at_mo_s.post(PARCELS, {"action": action, "_selected_action": mine.pk})

    assert answer.status_code in {200, 302}
    assert statuses() == ["new", "new"]


@pytest.mark.parametrize(
    "question",
    ["status__regex=(", "status__iregex=(", "order__email__startswith=c", "order__name=x",
     "maker__legal_name__startswith=Z", "lines__title_en__contains=B", "_to_field=order",
     "id__gt=0", "order__user__password__startswith=m", "maker__members__email__contains=z",
     "maker=2", "maker__id__exact=2", "status__exact=new", "delivery_cents__gte=1"],
)  # fmt: skip
def test_filter_the_page_does_not_offer_is_refused(at_mo_s: Client, order: Order, question: str):
    assert at_mo_s.get(f"{PARCELS}?{question}").status_code == 400


@pytest.mark.parametrize(
    "question", ["stage=pack", "stage=%27", "o=99.x", "p=999", "all=1", "q=bowl"],
)  # fmt: skip
def test_filter_never_shows_another_maker_s_parcel(at_mo_s: Client, order: Order, question: str):
    page = at_mo_s.get(f"{PARCELS}?{question}")

    assert page.status_code in {200, 302}
    assert "Bowl" not in page.text
    assert f"{order.number}/2" not in page.text


def test_back_room_leads_to_no_order_s_link(at_mo_s: Client, order: Order):
    """Django's admin leads from r/<type>/<id>/ to any row's page: here the buyer's own link."""
    kind = ContentType.objects.get_for_model(Order)

    for room in ("workshop", "admin"):
        answer = at_mo_s.get(f"/{room}/r/{kind.pk}/{order.pk}/")

        assert order.token not in answer.headers.get("Location", "")
        assert answer.status_code in {302, 404}


def test_workshop_hides_what_packing_does_not_need(at_mo_s: Client, order: Order):
    mine = order.shipments.get(position=1)

    for path in (PARCELS, f"{PARCELS}{mine.pk}/change/", f"{PARCELS}{mine.pk}/history/"):
        page = at_mo_s.get(path).text
        assert CANARY["email"] not in page
        assert order.token not in page
        assert "Bowl" not in page


def test_workshop_changes_adds_and_deletes_nothing_by_form(at_mo_s: Client, order: Order):
    mine = order.shipments.get(position=1)

    changed = at_mo_s.post(f"{PARCELS}{mine.pk}/change/", {"status": "delivered"})

    assert changed.status_code == 403
    assert at_mo_s.post(f"{PARCELS}add/", {}).status_code == 403
    assert at_mo_s.post(f"{PARCELS}{mine.pk}/delete/", {"post": "yes"}).status_code == 403
    assert statuses() == ["new", "new"]


def test_every_page_of_the_workshop_is_scoped():
    pages = list(workshop_site._registry.values())

    assert pages
    assert all(isinstance(page, ScopedAdmin) for page in pages)


@pytest.mark.parametrize("room", ["workshop", "admin"])
@pytest.mark.parametrize("path", ["", "orders/shipment/", "orders/", "jsi18n/", "catalog/product/"])
def test_back_rooms_are_shut_to_shoppers(ada: User, order: Order, room: str, path: str):
    for client in (Client(), signed_in(ada)):
        answer = client.get(f"/{room}/{path}")

        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(f"/{room}/login/?next=")


@pytest.mark.parametrize("path", ["", "orders/order/", "payments/refund/", "accounts/user/"])
def test_operators_desk_is_shut_to_makers(at_mo_s: Client, order: Order, path: str):
    assert at_mo_s.get(f"/admin/{path}").status_code == 302


def test_operators_desk_shows_every_list(db: None, order: Order):
    desk = signed_in(factories.operator())

    for path in ("orders/order", "orders/shipment", "orders/hold", "payments/payment",
                 "payments/stripeevent", "payments/ledgerentry", "catalog/stock", "accounts/user",
                 "notifications/mail"):  # fmt: skip
        assert desk.get(f"/admin/{path}/").status_code == 200
        assert desk.get(f"/admin/{path}/?status__regex=(").status_code in {302, 400}


@pytest.mark.parametrize("room", ["workshop", "admin"])
def test_back_room_takes_no_password(ada: User, room: str):
    answer = signed_in(ada).post(f"/{room}/login/", {"username": "x@y.z", "password": "pw"})

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    "there", ["//eve.example", "https://eve.example/", "/\\eve.example", "/\t/eve.example",
              "javascript:alert(1)", "http:eve.example"],
)  # fmt: skip
def test_sign_in_leads_to_own_pages_only(ada: User, there: str):
    form = {"login": "ada@example.com", "password": "pw", "next": there}

    for path in ("/accounts/login/", "/pt/accounts/login/"):
        answer = Client().post(path, form, QUERY_STRING="next=" + there)

        assert answer.status_code == 302
        assert answer.headers["Location"] in {"/", "/pt/"}


def test_order_s_number_opens_it_for_its_shopper_only(order: Order, ada: User, eve: User):
    path = f"/account/orders/{order.number}/"

    assert signed_in(ada).get(path).headers["Location"] == order.get_absolute_url()
    assert signed_in(eve).get(path).status_code == 404
    assert Client().get(path).headers["Location"].startswith("/accounts/login/?next=")


def test_own_orders_are_one_s_own(order: Order, ada: User, eve: User):
    assert order.number in signed_in(ada).get("/account/orders/").text
    assert order.number not in signed_in(eve).get("/account/orders/").text


PUBLIC_FORMS = [
    "/basket/add/", "/basket/change/", "/basket/remove/", "/basket/country/", "/save/",
    "/saved/remove/", "/saved/share/", "/follow/", "/alert/", "/see/", "/seen/clear/",
    f"/reviews/{uuid.UUID(int=0)}/helpful/", f"/reviews/{uuid.UUID(int=0)}/report/",
    "/order/nothing/review/1/", "/order/nothing/refill/",
]  # fmt: skip


# Mail programs post there by themselves: the signed link in the mail is all they have (RFC 8058).
LINKS_IN_MAILS = {"/follow/stop/<token>/", "/alert/end/<token>/"}


def test_every_door_without_a_token_is_known():
    """A form that asks for no token is refused from elsewhere, is signed, or changes nothing."""
    exempt = {at: view for at, view in doors().items() if getattr(view, "csrf_exempt", False)}
    forms = {at for at, view in exempt.items() if getattr(view, "is_public_form", False)}
    machines = {at for at, view in exempt.items() if getattr(view, "is_machine_door", False)}
    reading = {at for at in exempt if at.startswith("/api/v1/")}

    tried = {resolve(path).route for path in PUBLIC_FORMS}
    assert len(forms) == len(tried) == len(PUBLIC_FORMS)
    assert machines == {"/webhooks/stripe/", "/callbacks/delivery/"}
    assert set(exempt) == forms | machines | reading | LINKS_IN_MAILS


def test_api_has_no_verb_that_changes():
    views = [view for at, view in doors().items() if at.startswith("/api/v1/")]

    assert views
    assert {verb for view in views for verb in view.cls.http_method_names} == {
        "get", "head", "options",
    }  # fmt: skip


@pytest.mark.parametrize("path", PUBLIC_FORMS)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
     {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": ""}, {"Origin": "https://evil.example"},
     {"Origin": "null"}, {"Origin": "http://testserver.evil.example"},
     {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"}],
)  # fmt: skip
def test_form_from_elsewhere_is_403(path: str, headers: dict[str, str]):
    piece = factories.variant()
    fields = {"variant": piece.sku, "quantity": 1, "line": 1, "country": "ES"}

    answer = Client(headers=headers).post(path, fields)

    assert answer.status_code == 403
    assert not Basket.objects.exists()


def test_form_of_an_older_browser_is_known_by_its_origin():
    answer = Client(headers={"Origin": "http://testserver"}).post(
        "/basket/add/", {"variant": factories.variant().sku, "quantity": 1}
    )

    assert answer.status_code == 302


@pytest.mark.parametrize(
    "path", ["/checkout/address/", "/checkout/delivery/", "/checkout/pay/", "/accounts/login/",
             "/accounts/logout/", PARCELS],
)  # fmt: skip
def test_form_without_token_is_403(order: Order, mo: Maker, path: str):
    client = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(mo.members.get())

    assert client.post(path, {"action": "accept"}).status_code == 403
    assert client.post(f"/order/{order.token}/cancel/").status_code == 403
    assert statuses() == ["new", "new"]


@pytest.mark.parametrize("verb", ["put", "delete", "patch", "trace", "options"])
def test_verb_we_do_not_know_does_nothing(order: Order, at_mo_s: Client, verb: str):
    paths = [*PUBLIC, *PUBLIC_FORMS, "/basket/", "/checkout/pay/", "/webhooks/stripe/",
             "/callbacks/delivery/", order.get_absolute_url(), "/account/orders/"]  # fmt: skip

    answers = {path: getattr(at_mo_s, verb)(path).status_code for path in paths}

    assert {path: status for path, status in answers.items() if status not in {403, 405}} == {}
    assert statuses() == ["new", "new"]


@pytest.mark.parametrize("path", PUBLIC)
def test_public_page_is_the_same_for_everybody(order: Order, ada: User, path: str):
    full = signed_in(ada)
    sku = order.lines.first().variant.sku
    full.post("/basket/add/", {"variant": sku, "quantity": 3})
    for each in (full, Client()):
        each.cookies["messages"] = "forged"

    mine, anybody_s = full.get(path), Client().get(path)

    assert mine.content == anybody_s.content
    assert not mine.cookies
    assert mine.headers["Cache-Control"].startswith("public")
    assert "Cookie" not in mine.headers["Vary"]
    assert not [word for word in (*CANARY.values(), order.number, ada.email) if word in mine.text]


@pytest.mark.parametrize(
    "path", ["/basket/", "/header/", "/account/orders/", "/accounts/login/", "/nothing/", PARCELS,
             "/workshop/", "/p/nothing/", "/account/x.css", "/healthz"],
)  # fmt: skip
def test_every_other_page_is_private(order: Order, at_mo_s: Client, path: str):
    kept = at_mo_s.get(path).headers["Cache-Control"]

    assert "no-store" in kept
    assert "private" in kept
    assert "public" not in kept


def test_order_s_page_is_private_and_sends_its_link_nowhere(order: Order):
    answer = Client().get(order.get_absolute_url())

    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/", "/basket/", "/nothing/", "/accounts/login/", "/admin/login/"]
)
def test_policy_allows_nothing_unsafe(path: str):
    policy = Client().get(path).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("start", ["/order/", "/pt/order/"])
@pytest.mark.parametrize(
    ("end", "is_a_page"),
    [("", True), ("parcels/", True), ("returned/", True), ("nothing/", False), ("pay/x", False)],
)
def test_order_s_link_never_reaches_the_log(
    order: Order, caplog: pytest.LogCaptureFixture, start: str, end: str, is_a_page: bool
):
    caplog.set_level("INFO")

    Client().get(f"{start}{order.token}/{end}")

    lines = [JsonFormatter().format(record) for record in caplog.records]
    logged = f"{start}…/{end}" if is_a_page else "/…"
    assert f'"path": "{logged}"' in "".join(lines)
    assert not [line for line in lines if order.token in line or order.uuid.hex in line]
