"""The carrier's door: signed calls, in any order, at any time, by anybody."""

import base64
import hashlib
import hmac
import json
import random
import time
from itertools import permutations
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from orders import services
from orders.models import DeliveryNews, Shipment
from tests import factories, world

pytestmark = pytest.mark.django_db
PATH = "/callbacks/delivery/"


@pytest.fixture
def parcel() -> Shipment:
    """A posted parcel."""
    order = factories.order()
    at = timezone.now()
    services.mark_paid(order.pk, at=at)
    shipment = order.shipments.get()
    services.accept_shipment(shipment.pk, by="mo", at=at)
    services.ship_shipment(shipment.pk, by="mo", at=at)
    shipment.refresh_from_db()
    return shipment


def news(parcel: Shipment, status: str = "in_transit", sequence: int = 1, **more) -> dict:
    plain = {
        "shipment": str(parcel.uuid), "status": status, "sequence": sequence,
        "occurred_at": "2026-11-20T10:00:00Z", "tracking_number": "RU 482 913 004 PT",
    }  # fmt: skip
    return plain | more


def signed(body: bytes, *, call_id: str, at: float, secret: str = world.DELIVERY_SECRET) -> dict:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{call_id}.{int(at)}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": call_id,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def call(told, *, call_id: str = "", at: float | None = None, **headers):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    signature = signed(body, call_id=call_id or f"dlv_{uuid4()}", at=at or time.time())
    return Client().post(PATH, body, content_type="application/json", headers=signature | headers)


def test_callback_moves_parcel(parcel):
    answer = call(news(parcel))

    parcel.refresh_from_db()
    assert (answer.status_code, answer.json()) == (200, {"effect": "applied"})
    assert (parcel.status, parcel.tracking_number) == ("in_transit", "RU 482 913 004 PT")


def test_same_call_again_changes_nothing(parcel):
    call(news(parcel), call_id="dlv_once")

    answers = [call(news(parcel), call_id="dlv_once") for _ in range(5)]

    parcel.refresh_from_db()
    assert [answer.json() for answer in answers] == [{"effect": "known"}] * 5
    assert parcel.moves.filter(to_status="in_transit").count() == 1
    assert DeliveryNews.objects.count() == 1


def test_older_news_is_kept_and_ignored(parcel):
    call(news(parcel, "delivered", 2))

    answer = call(news(parcel, "in_transit", 1))

    parcel.refresh_from_db()
    assert answer.json() == {"effect": "ignored"}
    assert parcel.status == "delivered"
    assert DeliveryNews.objects.count() == 2


@pytest.mark.parametrize("order_of_news", list(permutations([1, 2, 3])))
def test_any_order_of_news_ends_delivered(parcel, order_of_news):
    told = {1: "in_transit", 2: "in_transit", 3: "delivered"}

    for sequence in order_of_news:
        call(news(parcel, told[sequence], sequence))

    parcel.refresh_from_db()
    assert parcel.status == "delivered"


def test_news_about_unposted_parcel_is_ignored():
    order = factories.order()
    services.mark_paid(order.pk, at=timezone.now())
    parcel = order.shipments.get()

    answer = call(news(parcel, "delivered"))

    parcel.refresh_from_db()
    assert (answer.json(), parcel.status) == ({"effect": "ignored"}, "new")


def test_unknown_parcel_is_404():
    assert call(news(Shipment(uuid=uuid4()))).status_code == 404


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 10**9])
def test_stale_or_future_call_is_refused(parcel, seconds):
    answer = call(news(parcel), at=time.time() + seconds)

    parcel.refresh_from_db()
    assert (answer.status_code, parcel.status) == (403, "shipped")


def test_other_secret_is_refused(parcel):
    body = json.dumps(news(parcel)).encode()
    forged = base64.b64encode(b"another secret of eve's").decode()
    headers = signed(body, call_id="dlv_1", at=time.time(), secret="whsec_" + forged)

    answer = Client().post(PATH, body, content_type="application/json", headers=headers)

    assert answer.status_code == 403
    assert not DeliveryNews.objects.exists()


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_call_without_a_header_is_refused(parcel, missing):
    body = json.dumps(news(parcel)).encode()
    headers = signed(body, call_id="dlv_1", at=time.time())
    del headers[missing]

    answer = Client().post(PATH, body, content_type="application/json", headers=headers)

    assert answer.status_code == 403


def test_changed_body_is_refused(parcel):
    body = json.dumps(news(parcel)).encode()
    headers = signed(body, call_id="dlv_1", at=time.time())
    changed = body.replace(b"in_transit", b"delivered")

    answer = Client().post(PATH, changed, content_type="application/json", headers=headers)

    parcel.refresh_from_db()
    assert (answer.status_code, parcel.status) == (403, "shipped")


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "settled"}, {"status": "paid"}, {"status": None}, {"sequence": 0},
        {"sequence": -1}, {"sequence": 2**31}, {"sequence": "1e9"}, {"sequence": 1.5},
        {"shipment": "x"}, {"shipment": None}, {"occurred_at": "yesterday"},
        {"tracking_number": "<script>"}, {"tracking_number": "X" * 41},
    ],
)  # fmt: skip
def test_wrong_shape_is_refused(parcel, wrong):
    answer = call(news(parcel) | wrong)

    parcel.refresh_from_db()
    assert (answer.status_code, parcel.status) == (400, "shipped")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"\xff\xfe", b"{", b"[" * 5000, b'"x"', b"{}", b'{"a":"\\u0000"}']
)
def test_wrong_body_is_refused(body):
    assert call(body).status_code == 400


def test_huge_body_is_refused():
    assert call(b" " * (64 * 1024 + 1)).status_code == 400


def test_noise_never_breaks_the_door(parcel):
    noise = random.Random(7)  # noqa: S311
    for _ in range(60):
        body = bytes(noise.randrange(256) for _ in range(noise.randrange(200)))
        assert call(body).status_code == 400

    parcel.refresh_from_db()
    assert parcel.status == "shipped"


def test_get_is_not_allowed():
    assert Client().get(PATH).status_code == 405
