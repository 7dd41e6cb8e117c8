"""A whole purchase with seeded canaries; then they are looked for where nobody may keep them."""

import socket
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
import requests
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Maker, User
from makers_market.core.audit_log import personal
from orders import services as orders
from orders.models import Order, Shipment
from tests import factories, world
from tests.shop import Buyer, Shop, hidden
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
EMAIL, PASSWORD = "zqmail@example.com", "zqpassword-7391"
WRONG = "zqwrong-1944"
ADDRESS = {
    "email": EMAIL, "name": "Zqname Martins", "street": "Zqstreet 41", "city": "Zqcity",
    "phone": "+351 912 777 333",
}  # fmt: skip
CARD = ("4242 4242 4242 4242", "4242424242424242")
CANARIES = ("zqmail", "zqname", "zqstreet", "zqcity", "912 777 333", "zqpass", "zqwrong", *CARD)


@dataclass
class Visitor(Buyer):
    """A browser that can sign in, and remembers every page it was shown."""

    shown: dict[str, str] = field(default_factory=dict)

    def look(self, path: str) -> requests.Response:
        answer = self.get(path)
        self.shown[path] = answer.text
        return answer

    def sign_in(self, email: str, password: str) -> requests.Response:
        page = self.get("/accounts/login/")
        fields = hidden(page) | {"login": email, "password": password}
        return self.post("/accounts/login/", fields)


def person(email: str, **fields: Any) -> User:
    made = factories.user(email, **fields)
    made.set_password(PASSWORD)
    made.save()
    return made


def test_leaves_no_trace_of_the_buyer_but_in_the_books(shop: Shop) -> None:
    person(EMAIL, name=ADDRESS["name"])
    mine = factories.maker("mo", members=[person("mo@example.com")])
    theirs = factories.maker("zed", members=[person("zed@example.com")])
    person("eve@example.com", name="Eve")
    pieces = [factories.variant(maker=maker) for maker in (mine, theirs)]
    shop.kill("web")
    shop.kill("worker")
    shop.start_web(LOG_LEVEL="INFO")
    shop.start_worker(LOG_LEVEL="INFO")

    order = buy(shop, pieces[0].sku)
    stumble(shop)
    shop.rest()

    assert_mailed(shop)
    assert in_logs(shop) == set()
    assert in_valkey() == set()
    assert in_database_cache() == set()
    assert in_jobs() == set()
    assert in_audit_log() == set()
    assert pages_of_others(shop, order, theirs) == set()


def buy(shop: Shop, sku: str) -> Order:
    """Sign in (once wrong), buy, and have the parcel accepted: every mail of it is written."""
    buyer = Visitor(shop, email=EMAIL)
    assert "Orders" not in buyer.sign_in(EMAIL, WRONG).text.split("<main")[0]
    buyer.sign_in(EMAIL, PASSWORD)
    assert buyer.look("/account/orders/").ok
    buyer.add(sku)
    buyer.fill_in(**ADDRESS)
    buyer.choose_delivery()
    form = hidden(buyer.get("/checkout/pay/"))
    buyer.press(buyer.follow(buyer.order_and_pay(form)))
    shop.rest()
    order = Order.objects.get()
    assert (order.status, order.street) == (Order.PAID, ADDRESS["street"])
    parcel = order.shipments.get()
    for verb in (orders.accept_shipment, orders.ship_shipment):
        verb(parcel.pk, by="test", at=timezone.now())
    arrived = Shipment.objects.filter(pk=parcel.pk, status=Shipment.DELIVERED)
    wait_until(arrived.exists, seconds=60, what="delivered")
    assert ADDRESS["name"].split()[0] in buyer.look("/account/orders/").text
    return order


def stumble(shop: Shop) -> None:
    """Send the canaries wherever an error could quote them."""
    stranger = Visitor(shop)
    stranger.get(f"/p/{EMAIL}/?q={WRONG}")
    stranger.get(f"/search/?q={EMAIL}")
    stranger.post("/checkout/address/", ADDRESS)
    stranger.post("/accounts/login/", {"login": EMAIL, "password": WRONG})
    stranger.post("/basket/add/", {"variant": EMAIL, "quantity": WRONG})
    stranger.get(f"/account/orders/{EMAIL}/")
    stranger.get(f"/order/{EMAIL}/pay/")
    stranger.get(f"/accounts/login/?next=//{EMAIL}")
    stranger.post("/webhooks/stripe/", {"email": EMAIL})
    stranger.http.headers.update({"Origin": EMAIL, "Host": "zqmail.test", "User-Agent": EMAIL})
    stranger.post("/basket/add/", {"variant": EMAIL})
    with socket.create_connection(("127.0.0.1", shop.port), timeout=10) as raw:
        raw.sendall(f"GET /{EMAIL} HTTP/1.1\r\nZq mail: {EMAIL}\r\n\r\n".encode())
        raw.recv(1000)


def canaries_in(text: str) -> set[str]:
    return {canary for canary in CANARIES if canary in text.lower()}


def assert_mailed(shop: Shop) -> None:
    """The canaries really travelled: the buyer's own mails carry them."""
    mails = [mail for mail in shop.inbox.mails() if EMAIL in mail["to"]]
    assert len(mails) >= 3
    assert any("zqname" in mail["html"].lower() for mail in mails)


def in_logs(shop: Shop) -> set[str]:
    logs = {which: shop.logged(which) for which in ("web", "worker")}
    assert '"event": "request"' in logs["web"]
    assert '"path": "/accounts/login/"' in logs["web"]
    return canaries_in(" ".join(logs.values()))


def in_valkey() -> set[str]:
    assert world.valkey is not None
    held = redis.Redis.from_url(world.valkey.url())
    dumped = [repr(key) + repr(held.dump(key)) for key in held.scan_iter()]
    return canaries_in(" ".join(dumped))


def in_database_cache() -> set[str]:
    table = settings.CACHES["default"]["LOCATION"]
    rows = fetched(f"SELECT cache_key, value FROM {table}")
    assert rows, "sign-in counts its tries there"
    return canaries_in(str(rows))


def in_jobs() -> set[str]:
    return canaries_in(str(fetched("SELECT task_name, args FROM procrastinate_jobs")))


def in_audit_log() -> set[str]:
    rows = fetched("SELECT * FROM core_auditentry")
    assert personal("127.0.0.1") not in ("", "127.0.0.1")
    return canaries_in(str(rows))


def fetched(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def pages_of_others(shop: Shop, order: Order, other_maker: Maker) -> set[str]:
    """Look at the shop as the public, as another shopper and as another maker."""
    public = ["/", "/new/", "/makers/", "/search/?q=zq", f"/m/{other_maker.slug}/", "/basket/"]
    own = ["/account/orders/", "/account/details/", f"/account/orders/{order.number}/"]
    shown: dict[str, str] = {}
    for email in ("", "eve@example.com", "zed@example.com"):
        visitor = Visitor(shop)
        if email:
            visitor.sign_in(email, PASSWORD)
            assert visitor.look("/account/details/").ok
        for path in [*public, *own, "/workshop/", "/workshop/orders/shipment/", "/admin/"]:
            visitor.look(path)
        shown |= {f"{email} {path}": text for path, text in visitor.shown.items()}
    inside = factories.signed_in(other_maker.members.get())
    for path in ("/workshop/", "/workshop/orders/shipment/", f"/workshop/?q={order.number}"):
        answer = inside.get(path)
        assert answer.status_code == 200
        shown[f"inside {path}"] = answer.content.decode()
    assert len(shown) > 30
    return {f"{where}: {canary}" for where, text in shown.items() for canary in canaries_in(text)}
