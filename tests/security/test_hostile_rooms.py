"""The back rooms as those see them who look for a way around: every column, id, verb and word."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Maker, Membership, User
from accounts.services.applying import OwnWorkshop, approve_maker
from catalog import services as catalog
from catalog.drafts import changes_of, left
from catalog.models import Picture, Product, Revision
from makers_market.core import audit_chain
from makers_market.core.admin import BackRoom, operators_site, workshop_site
from makers_market.core.market_state import switch_market
from makers_market.core.rich_text import as_html
from notifications.models import Mail
from notifications.services import queue_maker_mails
from notifications.writing import write
from orders import services as orders
from orders.models import Order
from tests import factories
from tests.accounts.issuing import ADA, NEW, Liar, connected, go, lying, person_in, proven
from tests.factories import signed_in
from tests.security.matrix import Prober, World, build_world, clients, hostile_fields
from tests.security.routes import Route, routes

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("built")]
PARCELS = "/workshop/orders/shipment/"
ODD = [
    "o=-1.99999999999999999999", "o=%C2%B2", "o=1.1.1.-1", "p=-1", "p=99999999999999999999",
    "p=%D9%A3", "all=", "q=%22", "q=%27%20%5C", "q=" + "a%20" * 500, "q=%F0%9F%92%A9", "e=1",
    "_popup=1", "_to_field=id", "_to_field=password", "_facets=1", "nothing=1", "__=1", "id__=1",
    "status__exact=%27", "status__isnull=2", "maker__id__exact=x", "maker__id__exact=" + "9" * 30,
    "placed_at__year=99999999999999999999", "placed_at__year=0", "placed_at__year=x",
    "placed_at__year=2026&placed_at__month=13", "placed_at__year=9999", "placed_at__gte=x",
    "placed_at__day=-1", "stage=%27", "low=2", "area=%25", "who=%27",
]  # fmt: skip


def long(value: str) -> Any:
    """Keep this one of the values for bin/test --long."""
    return pytest.param(value, marks=pytest.mark.long)


def lists(site: BackRoom) -> Iterator[tuple[str, Any]]:
    """Give each list of a back room with its page."""
    for model, page in site._registry.items():
        yield f"/{site.name}/{model._meta.app_label}/{model._meta.model_name}/", page


def offered(page: Any) -> set[str]:
    """Name the columns by which a list may be filtered."""
    return {each for each in page.list_filter if isinstance(each, str)} | {page.date_hierarchy}


@pytest.fixture
def order(mo: Maker) -> Order:
    """A paid order whose sums no other number on a page can be taken for."""
    Maker.objects.filter(pk=mo.pk).update(delivery_cents=1337)
    mug = factories.variant("mug", maker=Maker.objects.get(pk=mo.pk), price_cents=7777)
    made = factories.order((mug, 3))
    orders.mark_paid(made.pk, at=timezone.now())
    return made


def member(maker: Maker, role: str) -> Client:
    person = factories.user(f"{role}@example.com")
    Membership.objects.create(maker=maker, user=person, role=role)
    return signed_in(person)


@pytest.mark.parametrize("site", [workshop_site, operators_site], ids=lambda site: site.name)
@pytest.mark.parametrize("ending", ["__gte", *map(long, ["", "__lt", "__isnull"])])
def test_no_list_answers_about_a_column_that_it_does_not_offer(
    ending: str, site: BackRoom, mo: Maker
):
    client = signed_in(mo.members.get() if site is workshop_site else factories.operator())
    answered = []

    for path, page in lists(site):
        hidden = {field.name for field in page.model._meta.concrete_fields} - offered(page)
        asked = [f"{path}?{name}{ending}=1" for name in sorted(hidden)]
        answered += [each for each in asked if client.get(each).status_code != 400]

    assert answered == []


@pytest.mark.parametrize(
    ("path", "question"),
    [("accounts/user", "password__gte=a"), ("notifications/mail", "content__code__gte=1"),
     ("notifications/mail", "content__gte=%7B%7D"), ("accounts/user", "last_login__gte=2026-1-1")],
)  # fmt: skip
def test_support_learns_no_secret_by_asking_for_it(path: str, question: str):
    support = signed_in(factories.operator("support"))

    assert support.get(f"/admin/{path}/?{question}").status_code == 400


def test_packer_learns_no_sum_by_asking_for_it(mo: Maker, order: Order):
    packer = member(mo, "packer")

    assert packer.get(f"{PARCELS}?delivery_cents__gte=1000").status_code == 400
    assert packer.get(f"{PARCELS}?stage=pack").status_code == 200


@pytest.mark.parametrize("site", [workshop_site, operators_site], ids=lambda site: site.name)
def test_every_offered_filter_answers(site: BackRoom, mo: Maker, order: Order):
    """The walls above would also stand with every filter nailed shut."""
    client = signed_in(mo.members.get() if site is workshop_site else factories.operator())

    for path, page in lists(site):
        shown = client.get(path)
        links = [
            choice["query_string"]
            for spec in shown.context["cl"].filter_specs
            for choice in spec.choices(shown.context["cl"])
        ]
        assert {link: client.get(path + link).status_code for link in links} == dict.fromkeys(
            links, 200
        )
        assert isinstance(page, admin.ModelAdmin)


@pytest.mark.parametrize("site", [workshop_site, operators_site], ids=lambda site: site.name)
@pytest.mark.parametrize("odd", [ODD[::3], pytest.param(ODD, marks=pytest.mark.long)])
def test_odd_questions_break_no_list(odd: Sequence[str], site: BackRoom, mo: Maker, order: Order):
    client = signed_in(mo.members.get() if site is workshop_site else factories.operator())
    answers = {
        f"{path}?{question}": client.get(f"{path}?{question}").status_code
        for path, _page in lists(site)
        for question in odd
    }

    assert {address: status for address, status in answers.items() if status >= 500} == {}


def piece_in_review(maker: Maker) -> Product:
    piece = factories.variant("bowl", maker=maker).product
    _hang(piece)
    Product.objects.filter(pk=piece.pk).update(status="draft", published_at=None)
    piece.refresh_from_db()
    piece.move_to("review", by="user:0", at=timezone.now())
    return piece


def _hang(piece: Product) -> None:
    Picture.objects.create(
        product=piece, digest="0" * 32, alt_en="A bowl", width=800, height=1000, widths=[320],
        dominant=1,
    )  # fmt: skip


def waiting_change(maker: Maker) -> Revision:
    piece = factories.variant("vase", maker=maker).product
    _hang(piece)
    return Revision.objects.create(
        product=piece, fields={"title_en": "Better"}, submitted_at=timezone.now(),
        submitted_by="user:0",
    )  # fmt: skip


@pytest.mark.parametrize("verb", ["approve", "reject"])
@pytest.mark.parametrize("role", ["owner", "packer", "writer"])
def test_nobody_decides_about_their_own_workshop_s_pieces(mo: Maker, verb: str, role: str):
    moderator = factories.operator("moderator")
    Membership.objects.create(maker=mo, user=moderator, role=role)
    piece, change = piece_in_review(mo), waiting_change(mo)
    facts: dict[str, Any] = {"by": f"user:{moderator.pk}", "at": timezone.now()}
    facts |= {"why": "Because it is my own."} if verb == "reject" else {}

    with pytest.raises(OwnWorkshop):
        getattr(catalog, f"{verb}_product")(piece.pk, seen=left(piece).seen, **facts)
    with pytest.raises(OwnWorkshop):
        getattr(catalog, f"{verb}_revision")(change.uuid, seen=changes_of(change).seen, **facts)

    piece.refresh_from_db()
    change.refresh_from_db()
    assert (piece.status, change.state) == ("review", Revision.WAITING)


def test_moderator_is_told_that_another_must_decide(mo: Maker):
    moderator = factories.operator("moderator")
    Membership.objects.create(maker=mo, user=moderator, role="writer")
    piece, client = piece_in_review(mo), signed_in(moderator)
    path = f"/admin/moderation/product/{piece.pk}/"
    sent = {"decision": "approve", "seen": client.get(path).context["seen"], "reason": ""}

    answer = client.post(path, sent, follow=True)

    piece.refresh_from_db()
    assert "another operator must decide" in answer.text
    assert piece.status == "review"


@pytest.fixture
def liar(settings: Any) -> Iterator[Liar]:
    with lying() as running:
        settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET = "shop", "the-shops-secret"
        settings.COGNITO_ISSUER = settings.COGNITO_DOMAIN = running.url
        yield running


def close_shop() -> None:
    texts = dict.fromkeys(("reason_pt", "announcement_en", "announcement_pt"), "")
    wished = texts | {"is_read_only": True, "reason_en": "We move until noon."}
    switch_market(wished=wished, seen_at=None, by="test", at=timezone.now())


def test_read_only_shop_takes_nobody_new_from_another_house(liar: Liar):
    close_shop()
    liar.person = dict(NEW)
    browser = Client()

    answer = go(browser, liar)

    assert answer.status_code == 503
    assert "We move until noon." in answer.content.decode()
    assert person_in(browser) is None
    assert not User.objects.filter(email=NEW["email"]).exists()


def test_read_only_shop_connects_no_house(liar: Liar, ada: User):
    browser = proven(ada)
    close_shop()

    answer = go(browser, liar, aim="connect")

    assert answer.status_code == 503
    assert not SocialAccount.objects.exists()


def test_read_only_shop_still_lets_a_known_person_in(liar: Liar, ada: User):
    connected(ada, liar)
    liar.person = dict(ADA)
    close_shop()
    browser = Client()

    go(browser, liar)

    assert person_in(browser) == ada.pk


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def prober(world: World) -> Prober:
    return Prober(world, clients(world))


def forged(world: World) -> dict[str, Any]:
    """Give a form that names Mo's rows under the names that the workshop's own forms use."""
    mo = world.rows["mo"]
    variant, digest = mo["variant"].pk, mo["upload"].digest
    return hostile_fields(world) | {
        "variant": variant, f"v{variant}-price": "0.01", f"v{variant}-on_hand": "0",
        f"v{variant}-price_seen": "24.00", f"v{variant}-on_hand_seen": "5",
        "token": str(mo["upload"].uuid), "picture": digest, f"alt_en-{digest}": "Stolen",
        "remove": digest, "discard": str(mo["upload"].uuid), "section_id": mo["section"].pk,
        "category_id": mo["product"].category_id, "description_en": "Stolen",
        "receive-quantity": "5", "receive-reference": str(mo["upload"].uuid), "steps": "1",
        "name_en": "Stolen", "maker": "mo-piece", "maker_id": mo["maker"].pk, "confirmed": "1",
    }  # fmt: skip


def workshop_routes() -> list[Route]:
    return [route for route in routes() if route.address.startswith("/workshop/")]


def test_own_address_with_another_maker_s_ids_in_the_form_changes_nothing(
    prober: Prober, world: World
):
    fields, crossed = forged(world), []

    for route in workshop_routes():
        address = route.filled(world.values_for(route, "zed"))
        answer = prober.probe("zed", "post", address, fields)
        if answer.status >= 500 or answer.changed - {"ada"}:
            crossed.append((address, answer.status, answer.changed))

    assert crossed == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"HX-Request": "true"}, {"X-HTTP-Method-Override": "GET"}, {"X-HTTP-Method": "GET"}],
)
def test_who_views_as_a_maker_changes_nothing_by_any_address(world: World, headers: dict[str, str]):
    olga = signed_in(world.people["olga"])
    olga.post(f"/admin/accounts/maker/{world.makers['mo'].pk}/view-as/", {"reason": "A" * 20})
    before, fields, passed = world.digest("mo"), forged(world) | {"_method": "GET"}, []

    for route in workshop_routes():
        address = route.filled(world.values_for(route))
        if address.startswith(("/workshop/login/", "/workshop/logout/")):
            continue
        for verb in ("post", "put", "patch", "delete"):
            answer = getattr(olga, verb)(address, fields, "application/json", headers=headers)
            if answer.status_code not in {403, 405}:
                passed.append((verb, address, answer.status_code))

    assert passed == []
    assert world.digest("mo") == before


@pytest.mark.parametrize("role", ["packer", "writer"])
def test_no_page_shows_sums_to_who_may_not_see_money(mo: Maker, order: Order, role: str):
    parcel = order.shipments.get()
    orders.accept_shipment(parcel.pk, by="user:1", at=timezone.now())
    client, shown = member(mo, role), []
    # With delivery, without it, and what is left after the fee.
    sums = ("246.68", "233.31", "209.98", "246,68", "233,31", "209,98", "24668", "23331", "20998")
    values = {"object_id": str(parcel.pk), "pk": str(parcel.lines.get().variant.product_id),
              "app_label": "orders", "url": "x", "name": "cancel"}  # fmt: skip

    for route in workshop_routes():
        stock = (
            {"object_id": str(parcel.lines.get().variant_id)} if "/stock/" in route.address else {}
        )
        page = client.get(route.filled({**_placeholders(), **values, **stock}))
        text = page.text if not page.streaming else ""
        shown += [(route.address, word) for word in sums if word in text]

    assert shown == []


def _placeholders() -> dict[str, str]:
    return {"uuid": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "slug": "x", "token": "x"}


def test_mail_about_a_parcel_is_for_those_who_pack_and_names_no_sum(mo: Maker, order: Order):
    for role in ("packer", "writer"):
        Membership.objects.create(maker=mo, user=factories.user(f"{role}@example.com"), role=role)
    parcel = order.shipments.get()

    queue_maker_mails("shipment_new", order.pk, at=timezone.now())
    written = write("shipment_new", parcel.uuid, language="en")

    told = set(Mail.objects.filter(kind="shipment_new").values_list("recipient", flat=True))
    assert told == {"mo@example.com", "packer@example.com"}
    assert "Mug" in written.text
    assert "× 3" in written.text
    assert "€" not in written.text
    assert "€" not in written.html


def test_owner_does_see_the_sums(mo: Maker, order: Order):
    owner, parcel = signed_in(mo.members.get()), order.shipments.get()

    assert "246.68" in owner.get(f"{PARCELS}{parcel.pk}/change/").text


TAG = "<img src=x onerror=alert(1)>"
HOSTILE = f"\"'>{TAG}{{{{7*7}}}}"


def poison(world: World) -> None:
    """Write a tag wherever somebody can write words."""
    with connection.cursor() as cursor:
        for table, columns in {
            "accounts_maker": "name first_name place story story_pt quote quote_pt announcement"
            " policies legal_name legal_address",
            "accounts_shopsection": "name_en name_pt", "accounts_user": "name",
            "catalog_product": "title_en title_pt description_en material",
            "orders_order": "name street city", "orders_orderline": "title_en variant_title",
            "catalog_productmove": "why", "core_marketstate": "announcement_en",
            "catalog_category": "name_en blurb_en", "catalog_collection": "title_en blurb_en",
            "catalog_page": "title_en body_en",
        }.items():  # fmt: skip
            for column in columns.split():
                cursor.execute(f"UPDATE {table} SET {column} = %s", [HOSTILE])
    Revision.objects.update(fields={"title_en": HOSTILE, "description_en": HOSTILE})
    for piece in Product.objects.all():
        Picture.objects.create(
            product=piece, digest="0" * 32, alt_en=HOSTILE, alt_pt=HOSTILE, width=800,
            height=1000, widths=[320], dominant=1, shows=HOSTILE[:60],
        )  # fmt: skip


@pytest.mark.parametrize("actor", ["mo", "olga", *map(long, ["anonymous", "ada"])])
def test_words_of_others_are_text_on_every_page(prober: Prober, world: World, actor: str):
    poison(world)
    found, seen_as_text = [], 0

    for route in routes():
        answer = prober.probe(actor, "get", route.filled(world.values_for(route)), {})
        seen_as_text += "&lt;img src=x" in answer.body
        # Programs and spreadsheets get words as they are; no browser reads them as a page.
        is_page = not route.address.startswith("/api/v1/") and not route.address.endswith(".csv")
        if (is_page and TAG in answer.body) or answer.status >= 500:
            found.append((route.address, answer.status))

    assert found == []
    assert seen_as_text >= 3


@pytest.mark.parametrize(
    "markdown",
    ["[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](&#106;avascript:alert(1))",
     "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:x)", "<javascript:alert(1)>",
     "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](https://evil.example/x)",
     '[x](https://a.example "onmouseover=alert(1)")', '[x](/ "a\\" onmouseover=\\"alert(1)")',
     "<a href='x' onclick='y'>z</a>", "[x]: javascript:alert(1)\n\n[x]", "<svg onload=alert(1)>",
     "```html\n<script>alert(1)</script>\n```", "| <img src=x> |\n|---|\n| <b onx=1> |"],
)  # fmt: skip
def test_page_s_markdown_carries_no_script_and_no_picture(markdown: str):
    html = as_html(markdown).lower()

    for word in ("<script", "<img", "<svg", 'href="javascript', 'href="data', 'href="vbscript',
                 '" onmouseover="', "<a href='x'"):  # fmt: skip
        assert word not in html


def test_guard_of_another_table_is_not_taken_for_the_log_s():
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER core_audit_append_only ON core_auditentry")
        cursor.execute(
            "CREATE TRIGGER core_audit_append_only BEFORE UPDATE ON core_marketstate"
            " FOR EACH ROW EXECUTE FUNCTION core_audit_guard()"
        )

    found = audit_chain.broken_links(at=timezone.now())

    assert [each for each in found if "missing or switched off" in each]


# What each role may change of a workshop when every door is tried with one form that fits most.
MAY_CHANGE = {
    "support": frozenset({"/admin/orders/shipment/<object_id>/act/accept/"}),
    "finance": frozenset(
        {"/admin/orders/shipment/<object_id>/act/cancel/", "/admin/orders/shipment/"}
    ),
    "moderator": frozenset(
        {
            "/admin/accounts/maker/<pk>/suspend/",
            "/admin/moderation/product/<pk>/",
            "/admin/moderation/revision/<uuid>/",
        }
    ),
}


@pytest.mark.parametrize("role", ["moderator", *map(long, sorted({*MAY_CHANGE} - {"moderator"}))])
def test_role_changes_nothing_beyond_its_powers(world: World, role: str):
    world.people[role] = factories.operator(role)
    prober = Prober(world, clients(world))
    fields = forged(world) | {"decision": "reject", "seen": "x"}
    crossed = []

    for route in routes():
        if not route.address.startswith("/admin/"):
            continue
        values = world.values_for(route)
        doors = ("accept", "cancel") if "/act/<name>/" in route.address else ("",)
        for name in doors:
            answer = prober.probe(role, "post", route.filled(values | {"name": name}), fields)
            door = route.address.replace("<name>", name)
            if answer.status >= 500 or (answer.changed and door not in MAY_CHANGE[role]):
                crossed.append((door, answer.status, sorted(answer.changed)))

    assert crossed == []


def test_session_of_two_workshops_stays_in_the_chosen_one(mo: Maker, order: Order):
    zed = factories.maker("zed", members=[mo.members.get()])
    eve = factories.maker("eve", members=[factories.user("eve@example.com")])
    client = signed_in(mo.members.get())

    assert client.post("/workshop/switch/", {"maker": eve.slug}).status_code == 404
    assert client.post("/workshop/switch/", {"maker": zed.slug}).status_code == 302
    assert order.number not in client.get(PARCELS).text
    assert client.get(f"{PARCELS}{order.shipments.get().pk}/change/").status_code == 404
    Membership.objects.get(maker=zed, user=mo.members.get()).delete()
    assert order.number in client.get(PARCELS).text


def test_operator_of_a_shop_cannot_approve_their_application_either():
    moderator = factories.operator("moderator")
    maker = factories.maker("clara", members=[moderator], status="applying", is_open=False)
    maker.move_to("submitted", by="user:0", at=timezone.now())

    with pytest.raises(OwnWorkshop):
        approve_maker(maker.pk, by=f"user:{moderator.pk}", at=timezone.now())

    maker.refresh_from_db()
    assert (maker.status, maker.is_open) == ("submitted", False)
