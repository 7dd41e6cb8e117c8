"""The delivery Lambda under Amazon's own runtime client, before the running shop."""

import importlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.utils import timezone
from moto.server import ThreadedMotoServer
from procrastinate.contrib.django.models import ProcrastinateJob
from standardwebhooks import Webhook

from makers_market.core.models import AuditEntry
from orders import services
from orders.models import DeliveryNews, Shipment
from payments.models import LedgerEntry
from sandbox.world.carrier.driver import load_handler
from tests import factories, world
from tests.deploy.lambda_runtime import FunctionError, container, failed, message
from tests.sandbox.small_stand_ins import listening
from tests.shop import Shop

pytestmark = pytest.mark.slow
OTHER_SECRET = "whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3Rz"
REGION = "eu-west-1"


def posted_parcel() -> Shipment:
    order = factories.order()
    at = timezone.now()
    services.mark_paid(order.pk, at=at)
    shipment = order.shipments.get()
    services.accept_shipment(shipment.pk, by="mo", at=at)
    services.ship_shipment(shipment.pk, by="mo", at=at)
    return Shipment.objects.get(pk=shipment.pk)


@pytest.fixture
def parcel(transactional_db: None) -> Shipment:
    return posted_parcel()


@pytest.fixture
def door(live_server: Any, parcel: Shipment) -> dict[str, str]:
    """The function's environment, its calls led to the shop in this process."""
    return {
        "CALLBACK_URL": f"{live_server.url}/callbacks/delivery/",
        "DELIVERY_CALLBACK_SECRET": world.DELIVERY_SECRET,
    }


def traces() -> dict[str, int]:
    """Count what news of parcels leaves behind."""
    kept = (DeliveryNews, AuditEntry, LedgerEntry, ProcrastinateJob)
    return {model.__name__: model.objects.count() for model in kept}


def shown(parcel: Shipment) -> dict[str, Any]:
    """Give every column of a parcel."""
    return {field.attname: getattr(parcel, field.attname) for field in parcel._meta.fields}


def test_parcel_is_delivered_once_however_often_the_queue_asks(shop: Shop, tmp_path: Path) -> None:
    shop.kill("worker")  # so that the stand-in of the carrier is not told of the parcel
    parcel = posted_parcel()
    booking, log = message(str(parcel.uuid)), tmp_path / "log"
    function = {
        "CALLBACK_URL": f"{shop.url}/callbacks/delivery/",
        "DELIVERY_CALLBACK_SECRET": world.DELIVERY_SECRET,
    }

    with container(log, **function) as one:
        first = one.invoke({"Records": [booking]})
    delivered = Shipment.objects.get(pk=parcel.pk)
    left_behind = traces()
    again = []
    for _ in range(5):
        with container(log, **function) as cold:
            again.append(cold.invoke({"Records": [booking, booking]}))

    assert first == {"batchItemFailures": []}
    assert delivered.status == "delivered"
    assert delivered.tracking_number.startswith("RU ")
    assert again == [{"batchItemFailures": []}] * 5
    assert traces() == left_behind
    assert shown(Shipment.objects.get(pk=parcel.pk)) == shown(delivered)
    assert world.DELIVERY_SECRET not in log.read_text()


def test_bad_messages_come_back_alone(
    door: dict[str, str], parcel: Shipment, tmp_path: Path
) -> None:
    bad = [
        message("no parcel", message_id="bad1"),
        message(str(parcel.uuid), message_id="bad2", speed=0),
    ]
    deep = message("", message_id="deep") | {"body": "[" * 200_000}

    with container(tmp_path / "log", **door) as one:
        answer = one.invoke({"Records": [*bad, deep, message(str(parcel.uuid))]})

    parcel.refresh_from_db()
    assert failed(answer) == ["bad1", "bad2", "deep"]
    assert parcel.status == "delivered"


def test_news_waits_while_the_shop_does_not_know_the_secret(
    door: dict[str, str], parcel: Shipment, tmp_path: Path
) -> None:
    log, booking = tmp_path / "log", message(str(parcel.uuid))
    before = traces()

    with container(log, **door | {"DELIVERY_CALLBACK_SECRET": OTHER_SECRET}) as one:
        answer = one.invoke({"Records": [booking]})

    parcel.refresh_from_db()
    assert failed(answer) == ["m1"]
    assert (parcel.status, traces()) == ("shipped", before)
    assert OTHER_SECRET not in log.read_text()

    both = f"{OTHER_SECRET},{world.DELIVERY_SECRET}"
    with container(log, **door | {"DELIVERY_CALLBACK_SECRET": both}) as one:
        answer = one.invoke({"Records": [booking]})

    parcel.refresh_from_db()
    assert (failed(answer), parcel.status) == ([], "delivered")


def test_command_tells_a_parcel_s_story_by_the_clock(
    door: dict[str, str], parcel: Shipment, tmp_path: Path
) -> None:
    def command(age: float) -> dict[str, str]:
        booked = datetime.now(UTC) - timedelta(seconds=age)
        return {"command": "tell", "shipment": str(parcel.uuid), "booked_at": booked.isoformat()}

    with container(tmp_path / "log", **door) as one:
        early = one.invoke(command(age=3))
        parcel.refresh_from_db()
        half_way = parcel.status
        late = [one.invoke(command(age=60)) for _ in range(2)]

    parcel.refresh_from_db()
    assert (early, half_way) == ({"told": 1, "of": 2}, "in_transit")
    assert (late, parcel.status) == ([{"told": 2, "of": 2}] * 2, "delivered")
    assert DeliveryNews.objects.count() == 2


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"command": "sell"},
        {"command": "tell"},
        {"command": "tell", "shipment": str(UUID(int=1)), "booked_at": "yesterday"},
        {"command": "tell", "shipment": str(UUID(int=1)), "booked_at": "2026-11-20T10:00:00"},
        {"command": "tell", "shipment": "7", "booked_at": "2026-11-20T10:00:00Z"},
    ],
)
def test_command_that_is_none_is_an_error(
    event: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as ear:
        monkeypatch.setenv("CALLBACK_URL", ear.url)
        monkeypatch.setenv("DELIVERY_CALLBACK_SECRET", OTHER_SECRET)
        delivery = load_handler()

        with pytest.raises(delivery.BadMessage):
            delivery.handler(event, None)

    assert ear.heard == []


def test_probe_proves_the_way_and_leaves_nothing(
    door: dict[str, str], parcel: Shipment, tmp_path: Path
) -> None:
    before, probe = traces(), {"command": "probe"}

    with container(tmp_path / "log", **door) as one:
        answers = [one.invoke(probe) for _ in range(2)]
    with (
        container(
            tmp_path / "log", **door | {"DELIVERY_CALLBACK_SECRET": OTHER_SECRET}
        ) as stranger,
        pytest.raises(FunctionError, match="403") as refused,
    ):
        stranger.invoke(probe)

    assert answers == [{"probe": "ok"}] * 2
    assert refused.value.kind == "NotTaken"
    assert traces() == before


@pytest.mark.parametrize("status", [204, 404, 502])
def test_probe_is_not_content_with_another_s_answer(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as ear:
        monkeypatch.setenv("CALLBACK_URL", ear.url)
        monkeypatch.setenv("DELIVERY_CALLBACK_SECRET", OTHER_SECRET)
        ear.answers = [status]
        delivery = load_handler()

        with pytest.raises(delivery.NotTaken, match=str(status)):
            delivery.handler({"command": "probe"}, None)

    assert len(ear.heard) == 1


@pytest.fixture
def manager() -> Iterator[str]:
    """AWS Secrets Manager on this machine; gives its address."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def role(manager: str) -> dict[str, str]:
    """What Lambda gives a function to sign its calls with."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIATESTS",
        "AWS_SECRET_ACCESS_KEY": "a-key-of-the-tests",
        "AWS_SESSION_TOKEN": "a-token-of-the-tests",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": manager,
    }


def keep_secret(manager: str, value: str) -> str:
    """Keep `value` under a new name; gives its ARN."""
    client = boto3.client("secretsmanager", region_name=REGION, endpoint_url=manager)
    return client.create_secret(Name=str(uuid4()), SecretString=value)["ARN"]


def test_secret_is_read_from_the_manager_by_its_arn(
    manager: str, role: dict[str, str], tmp_path: Path
) -> None:
    arn, log = keep_secret(manager, f"{OTHER_SECRET},{world.DELIVERY_SECRET}"), tmp_path / "log"

    with (
        listening() as ear,
        container(log, CALLBACK_URL=ear.url, DELIVERY_CALLBACK_SECRET_ARN=arn, **role) as one,
    ):
        answer = one.invoke({"Records": [message(str(UUID(int=7)))]})

    assert (failed(answer), ear.statuses) == ([], ["in_transit", "delivered"])
    for call in ear.heard:
        assert Webhook(OTHER_SECRET).verify(call.body, call.headers)
        assert Webhook(world.DELIVERY_SECRET).verify(call.body, call.headers)
    assert [word for word in (OTHER_SECRET, *role.values()) if word in log.read_text()] == []


@pytest.mark.parametrize("value", ["", "whsec_short", "no secret at all", f"{OTHER_SECRET},"])
def test_secret_that_is_none_stops_the_function(
    value: str, manager: str, role: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = keep_secret(manager, value or " ")
    for name, word in role.items():
        monkeypatch.setenv(name, word)
    monkeypatch.setenv("DELIVERY_CALLBACK_SECRET_ARN", arn)

    with listening() as ear:
        monkeypatch.setenv("CALLBACK_URL", ear.url)
        with pytest.raises(RuntimeError, match=arn) as raised:
            load_handler().handler({"Records": [message(str(UUID(int=7)))]}, None)

    assert ear.heard == []
    assert not value or value not in str(raised.value)


def test_secret_that_cannot_be_read_stops_the_function(
    manager: str, role: dict[str, str], tmp_path: Path
) -> None:
    arn, log = f"arn:aws:secretsmanager:{REGION}:1:secret:nothing", tmp_path / "log"

    with (
        listening() as ear,
        container(log, CALLBACK_URL=ear.url, DELIVERY_CALLBACK_SECRET_ARN=arn, **role) as one,
        pytest.raises(FunctionError, match="ResourceNotFoundException") as raised,
    ):
        one.invoke({"Records": [message(str(UUID(int=7)))]})

    assert (raised.value.kind, ear.heard) == ("Unreadable", [])
    assert role["AWS_SECRET_ACCESS_KEY"] not in log.read_text()


def test_signature_is_the_one_amazon_s_library_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, word in {
        "ACCESS_KEY_ID": "AKIATESTS",
        "SECRET_ACCESS_KEY": "key/+",
        "SESSION_TOKEN": "token",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", word)
    load_handler()
    secrets_manager = importlib.import_module("secrets_manager")
    at = datetime(2026, 11, 21, 10, 5, 6, tzinfo=UTC)
    body, host = b'{"SecretId": "arn"}', "secretsmanager.eu-west-1.amazonaws.com"

    headers = secrets_manager.signed(body, host=host, region=REGION, at=at)

    signed = headers.pop("authorization")
    theirs = SigV4Auth(Credentials("AKIATESTS", "key/+", "token"), "secretsmanager", REGION)
    request = AWSRequest("POST", f"https://{host}/", headers=headers, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    text = theirs.string_to_sign(request, theirs.canonical_request(request))
    assert signed.endswith(f"Signature={theirs.signature(text, request)}")
    assert f"Credential={theirs.scope(request)}," in signed
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in signed
