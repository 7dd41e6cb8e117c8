"""Who may open what: the table that every route needs a line in, and the world it is tried in."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, Maker, Membership, ShopDraft, ShopSection, User
from accounts.queries import INVITATION_SALT
from catalog import services as catalog
from catalog.models import (
    Category,
    Collection,
    Import,
    Page,
    Product,
    ProductMove,
    Revision,
    Upload,
)
from makers_market.core.audit_log import record
from orders import services as orders
from orders.models import Order
from tests import factories
from tests.security.routes import Route

VERBS = ("get", "post")
RARE_VERBS = ("head", "put", "patch", "delete", "options")
ANYBODY = frozenset({"anonymous", "ada", "eve", "mo", "zed", "olga"})
PEOPLE = ANYBODY - {"anonymous"}
MAKERS = frozenset({"mo", "zed"})
OPERATORS = frozenset({"olga"})
MO = frozenset({"mo"})
ADA = frozenset({"ada"})
NOBODY = frozenset[str]()
# Who is let in where, when the address names rows of Mo (or Ada's order). The first line that fits
# is the route's; a route without a line fails the test.
MATRIX: list[tuple[str, frozenset[str]]] = [
    ("/healthz", ANYBODY),
    ("/readyz", ANYBODY),
    ("/webhooks/stripe/", NOBODY),
    ("/callbacks/delivery/", NOBODY),
    ("/media/<path>", ANYBODY),
    # The signed link is the key itself: whoever holds it is let in.
    ("/order/<token>/*", ANYBODY),
    ("/sell/join/<token>/", ANYBODY),
    ("/sell/", ANYBODY),
    ("/sell/*", PEOPLE),
    ("/account/orders/<number>/", ADA),
    ("/account/left/", ANYBODY),
    ("/account/security/sessions/<key>/*", MO),
    ("/account/*", PEOPLE),
    # The passkey is that of one of Mo's packers, who is none of those who try.
    ("/accounts/2fa/webauthn/keys/<pk>/*", NOBODY),
    ("/accounts/2fa/webauthn/login/", ANYBODY),
    ("/accounts/2fa/authenticate/", ANYBODY),
    ("/accounts/2fa/*", PEOPLE),
    ("/accounts/oidc/*", ANYBODY),
    ("/accounts/google/*", ANYBODY),
    ("/accounts/social/*", ANYBODY),
    ("/accounts/connected/*", PEOPLE),
    ("/accounts/login/*", ANYBODY),
    ("/accounts/logout/", ANYBODY),
    ("/accounts/signup/", ANYBODY),
    ("/accounts/inactive/", ANYBODY),
    ("/accounts/confirm-email/", ANYBODY),
    ("/accounts/password/reset/*", ANYBODY),
    ("/accounts/password/*", PEOPLE),
    ("/accounts/email/", PEOPLE),
    ("/accounts/reauthenticate/", PEOPLE),
    ("/accounts/second-factor/", PEOPLE),
    ("/accounts/sessions/", PEOPLE),
    ("/admin/login/", ANYBODY),
    ("/admin/logout/", ANYBODY),
    ("/admin/*", OPERATORS),
    ("/workshop/login/", ANYBODY),
    ("/workshop/logout/", ANYBODY),
    # Pages that name no row show each maker their own; those that name one are Mo's alone.
    ("/workshop/<app_label>/", MAKERS),
    ("/workshop/<url>", MAKERS),
    ("/workshop/*<*", MO),
    ("/workshop/*", MAKERS),
    ("/basket/*", ANYBODY),
    ("/checkout/*", ANYBODY),
    ("/api/v1/*", ANYBODY),
    ("/api/docs/", ANYBODY),
    ("/robots.txt", ANYBODY),
    ("/sitemap.xml", ANYBODY),
    ("/sitemaps/<name>.xml", ANYBODY),
    ("/c/<slug>/feed/", ANYBODY),
    ("/m/<slug>/feed/", ANYBODY),
    ("/search/feed/", ANYBODY),
    ("/c/<slug>/", ANYBODY),
    ("/p/<slug>/", ANYBODY),
    ("/m/<slug>/", ANYBODY),
    ("/collections/gifts/", ANYBODY),
    ("/collections/<slug>/", ANYBODY),
    ("/pages/<slug>/", ANYBODY),
    ("/makers/", ANYBODY),
    ("/new/", ANYBODY),
    ("/search/*", ANYBODY),
    ("/reviews/<uuid>/*", ANYBODY),
    ("/save/", ANYBODY),
    ("/saved/*", ANYBODY),
    ("/follow/*", ANYBODY),
    ("/alert/*", ANYBODY),
    ("/see/", ANYBODY),
    ("/seen/*", ANYBODY),
    ("/header/", ANYBODY),
    ("/", ANYBODY),
]
# Which of the owner's rows a `<pk>` or `<uuid>` in an address means.
KEYS: list[tuple[str, str, str]] = [
    ("*/sections/<pk>/*", "pk", "section"),
    ("*/team/invitations/<pk>/*", "pk", "invitation"),
    ("*/team/<pk>/*", "pk", "membership"),
    ("*/uploads/<uuid>/", "uuid", "upload"),
    ("*/reviews/<uuid>/*", "uuid", "review"),
    ("*/moderation/review/<uuid>/", "uuid", "review"),
    ("*/imports/<uuid>/*", "uuid", "import"),
    ("*/moderation/revision/<uuid>/", "uuid", "revision"),
    ("*/moderation/product/<pk>/", "pk", "product"),
    ("*/catalog/product/<pk>/*", "pk", "product"),
    ("*/accounts/maker/<pk>/*", "pk", "maker"),
    ("*/moderation/maker/<pk>/", "pk", "maker"),
    ("*/webauthn/keys/<pk>/*", "pk", "passkey"),
    ("*/accounts/user/<pk>/role/", "pk", "user"),
    ("*/sections/<pk>/*", "pk", "section"),
    ("/sell/join/<token>/", "token", "invitation"),
]
# What a form's address does, by its name.
ACTS = {
    "/workshop/catalog/product/many/*": "retire",
    "/workshop/catalog/stock/*": "correct",
    "*/shipment/*": "cancel",
}
# What belongs to one person alone; a page of anybody else never shows it.
SECRETS = {
    "mo": ("mo-draft-canary", "mo-staged-canary", "mo-packer@example.com", "mo-asked@example.com",
           "mo-reason-canary", "mo-unpublished-canary"),
    "zed": ("zed-draft-canary", "zed-staged-canary", "zed-packer@example.com",
            "zed-asked@example.com", "zed-reason-canary", "zed-unpublished-canary"),
    "ada": ("ada-canary@example.com", "+351 900 111 222"),
    # The makers who send her parcels need these.
    "ada's parcels": ("Ada Canária", "Rua Canária 41"),
}  # fmt: skip
MAY_SEE = {
    "anonymous": frozenset[str](),
    "eve": frozenset[str](),
    "ada": frozenset({"ada", "ada's parcels"}),
    "mo": frozenset({"mo", "ada's parcels"}),
    "zed": frozenset({"zed", "ada's parcels"}),
    "olga": frozenset(SECRETS),
}


def who_may(route: Route) -> frozenset[str] | None:
    """Give who is let in; None for a route that nobody has classified."""
    return next((who for glob, who in MATRIX if fnmatchcase(route.address, glob)), None)


@dataclass
class World:
    """Everything that Mo, Zed and Ada own, under names no other row has."""

    people: dict[str, User]
    makers: dict[str, Maker]
    order: Order
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def values_for(self, route: Route, owner: str = "mo") -> dict[str, str]:
        """Fill the parameters of a route with what belongs to `owner`."""
        rows = self.rows[owner]
        values = {
            "token": self.order.token, "number": self.order.number, "path": "pictures/x/320.avif",
            "slug": f"{owner}-piece", "app_label": "catalog", "url": "nothing",
            "house": "cognito", "pk": "1", "object_id": self._object_id(route, rows),
            "key": str(rows["session"].pk), "line": str(rows["line"].pk),
            "name": "pages", "rest": "nothing",
        }  # fmt: skip
        for glob, parameter, row in KEYS:
            if fnmatchcase(route.address, glob):
                values[parameter] = self._key(rows[row], parameter)
        for glob, act in ACTS.items():
            if fnmatchcase(route.address, glob):
                values["name"] = act
        return values

    def _key(self, row: Any, parameter: str) -> str:
        if parameter == "token":
            return signing.dumps(str(row.uuid), salt=INVITATION_SALT)
        return str(getattr(row, parameter))

    def _object_id(self, route: Route, rows: dict[str, Any]) -> str:
        parts = route.address.strip("/").split("/")
        model = apps.all_models.get(parts[1], {}).get(parts[2]) if len(parts) > 2 else None
        own = [row for row in rows.values() if model and isinstance(row, model)]
        if own:
            return str(own[0].pk)
        first = model._default_manager.order_by("pk").first() if model else None
        return str(first.pk if first else 1)

    def digest(self, owner: str) -> str:
        """Give a digest of every row that belongs to `owner`."""
        if owner == "ada":
            return _digest({Order: [self.order.pk], User: [self.people["ada"].pk]})
        maker = self.makers[owner]
        # Anybody's vote counts in a review: tests/catalog/test_reviews.py guards its words.
        parcels = list(maker.shipments.values_list("pk", flat=True))
        pieces = list(maker.products.values_list("pk", flat=True))
        return _digest(
            {type(row): [row.pk] for name, row in self.rows[owner].items() if name != "review"}
            | {Maker: [maker.pk], Product: pieces, type(self.rows[owner]["shipment"]): parcels}
        ) + str(sorted(maker.memberships.values_list("user__email", "role")))


def _digest(wanted: dict[type[Model], list[Any]]) -> str:
    parts = []
    with connection.cursor() as cursor:
        for model, keys in wanted.items():
            table, key = model._meta.db_table, model._meta.pk.column
            cursor.execute(
                f"SELECT md5(string_agg(t::text, '|' ORDER BY {key})) FROM {table} t"
                f" WHERE {key} = ANY(%s)",
                [keys],
            )
            parts.append(f"{table}:{cursor.fetchone()[0]}")
    return " ".join(parts)


def build_world() -> World:
    people = {name: factories.user(f"{name}@example.com") for name in ("eve", "mo", "zed")}
    people["ada"] = factories.user("ada-canary@example.com", name="Ada Canária")
    people["olga"] = factories.operator("admin")
    makers = {name: factories.maker(name, members=[people[name]]) for name in ("mo", "zed")}
    pieces = {
        name: factories.variant(f"{name}-piece", maker=maker) for name, maker in makers.items()
    }
    street = factories.delivery(street="Rua Canária 41", phone="+351 900 111 222")
    buyer = factories.buyer(email="ada-canary@example.com", name="Ada Canária", user=people["ada"])
    lines = [(piece, 1) for piece in pieces.values()]
    order = factories.order(*lines, buyer=buyer, delivery=street)
    orders.mark_paid(order.pk, at=timezone.now())
    world = World(people, makers, order)
    for name, maker in makers.items():
        world.rows[name] = _belongings(name, maker, pieces[name], order)
    _common_rows(pieces["mo"].product)
    return world


def _belongings(name: str, maker: Maker, piece: Any, order: Order) -> dict[str, Any]:
    """Make one row of everything a workshop can own."""
    shipment = order.shipments.get(maker=maker)
    sold = {
        "product": piece.product,
        "variant": piece,
        "stock": piece.stock,
        "movement": piece.movements.first(),
        "maker": maker,
        "shipment": shipment,
        "line": shipment.lines.first(),
    }
    return sold | _team(name, maker) | _unpublished(name, maker, piece.product)


def _team(name: str, maker: Maker) -> dict[str, Any]:
    """Make a packer with a passkey, an open invitation, and a session of the owner."""
    now = timezone.now()
    packer = factories.user(f"{name}-packer@example.com")
    return {
        "user": packer,
        "membership": Membership.objects.create(maker=maker, user=packer, role="packer"),
        "invitation": Invitation.objects.create(
            maker=maker, email=f"{name}-asked@example.com", role="writer", invited_at=now,
            expires_at=now,
        ),
        "passkey": Authenticator.objects.create(
            user=packer, type=Authenticator.Type.WEBAUTHN, data={"name": name},
        ),
        "session": UserSession.objects.create(
            user=maker.memberships.get(role="owner").user, session_key=f"{name}-session-canary",
            ip="127.0.0.1", user_agent="",
        ),
    }  # fmt: skip


def _unpublished(name: str, maker: Maker, piece: Product) -> dict[str, Any]:
    """Make what is not for shoppers yet: a draft, a staged change, an upload, a shop draft."""
    now = timezone.now()
    draft = Product.objects.create(
        maker=maker, category=Category.objects.get(slug="ceramics"), slug=f"{name}-draft",
        title_en=f"{name}-draft-canary", description_en="Not shown yet.",
    )  # fmt: skip
    why = f"{name}-reason-canary"
    return {
        "draft": draft,
        "section": ShopSection.objects.create(maker=maker, name_en=f"{name} section"),
        "shopdraft": ShopDraft.objects.create(
            maker=maker, fields={"story": f"{name}-unpublished-canary"}, changed_at=now,
            changed_by="test",
        ),
        "revision": Revision.objects.create(
            product=piece, fields={"title_en": f"{name}-staged-canary"}, submitted_at=now,
            submitted_by="test",
        ),
        "upload": Upload.objects.create(
            maker=maker, product=draft, digest="0" * 32, uploaded_at=now, uploaded_by="test",
        ),
        "review": factories.review(piece),
        "import": Import.objects.create(
            maker=maker, digest="0" * 32, state="checked", sent_at=now, sent_by="test",
            refusal=f"{name}-sheet-canary", effects={"todo": {}},
        ),
        "move": ProductMove.objects.create(
            subject=draft, to_status="draft", by="test", why=why, at=now
        ),
        "audit": record("piece.tested", draft, by="test", at=now, maker=maker.pk, why=why),
    }  # fmt: skip


def _common_rows(piece: Product) -> None:
    """Make what operators arrange."""
    collection = Collection.objects.create(slug="mo-piece", title_en="Chosen", is_shown=True)
    collection.pieces.create(product=piece)
    Page.objects.create(slug="mo-piece", title_en="About", body_en="Words.", is_shown=True)
    catalog.arrange_category(slug="mo-piece", craft="ceramics", name_en="Mugs", parent=None)
    Maker.objects.filter(slug="mo").update(slug="mo-piece")
    Maker.objects.filter(slug="zed").update(slug="zed-piece")


def clients(world: World) -> dict[str, dict[str, str]]:
    """Sign everybody in, once; give each one's cookies."""
    return {"anonymous": {}} | {
        name: {settings.SESSION_COOKIE_NAME: factories.signed_in(user).session.session_key or ""}
        for name, user in world.people.items()
    }


@dataclass(frozen=True)
class Answer:
    """What came back, and whether rows that are nobody's business changed."""

    status: int
    body: str
    location: str
    changed: frozenset[str]

    @property
    def is_shut(self) -> bool:
        """Tell whether the door stayed shut: refused, or led to a door that asks who is there."""
        doors = ("/account/", "/accounts/", "/workshop/login/", "/admin/login/", "/pt/accounts/")
        leads_to_a_door = self.status in {301, 302} and self.location.startswith(doors)
        return self.status in {400, 401, 403, 404, 405, 410, 429} or leads_to_a_door


class Prober:
    """Sends requests as anybody, each undone afterwards."""

    def __init__(self, world: World, cookies: dict[str, dict[str, str]]) -> None:
        self.world = world
        self.cookies = cookies
        self.sent = 0
        self.before = {name: world.digest(name) for name in ("mo", "zed", "ada")}

    def probe(self, actor: str, verb: str, address: str, fields: dict[str, Any]) -> Answer:
        """Send one request and undo what it did; tells whose rows it changed meanwhile."""
        self.sent += 1
        with _undone():
            written = _written()
            response = self._send(actor, verb, address, fields)
            others = [name for name in self.before if name != actor]
            # Where nothing at all was written, no row can have changed.
            changed = {
                name
                for name in (others if _written() != written else [])
                if self.world.digest(name) != self.before[name]
            }
        body = b"".join(response.streaming_content) if response.streaming else response.content
        return Answer(
            response.status_code,
            body.decode(errors="replace"),
            response.headers.get("Location", ""),
            frozenset(changed),
        )

    def _send(self, actor: str, verb: str, address: str, fields: dict[str, Any]) -> Any:
        client = Client(headers={"Sec-Fetch-Site": "same-origin"}, raise_request_exception=False)
        for name, value in self.cookies[actor].items():
            client.cookies[name] = value
        if verb in {"get", "post"}:
            return getattr(client, verb)(address, fields)
        return getattr(client, verb)(address)


def _written() -> str:
    """Tell how far the database has written: two equal answers mean that nothing was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        return str(cursor.fetchone()[0])


@contextmanager
def _undone() -> Iterator[None]:
    undoing = transaction.atomic()
    # As a test case's own transaction does it: what must be durable may run inside.
    undoing._from_testcase = True  # type: ignore[attr-defined]
    with undoing:
        try:
            yield
        finally:
            transaction.set_rollback(True)


def hostile_fields(world: World) -> dict[str, Any]:
    """Give a form that names Mo's rows wherever a form could name a row."""
    rows = world.rows["mo"]
    ids = {name: row.pk for name, row in rows.items()} | {
        f"{name}_id": row.pk for name, row in rows.items()
    }
    plain = {
        "_selected_action": rows["shipment"].pk, "action": "cancel", "select_across": "1",
        "status": "live", "is_open": "on", "title_en": "Stolen", "name": "Stolen",
        "role": "owner", "post": "yes", "confirm": "yes", "email": "eve@example.com",
        "quantity": "-1", "price": "0.01", "reason": "Stolen by a test of the matrix",
        "why": "Stolen by a test of the matrix", "shown_at": time.time(), "_save": "1",
        "category": world.rows["mo"]["product"].category_id, "slug": "stolen",
    }  # fmt: skip
    return ids | plain
