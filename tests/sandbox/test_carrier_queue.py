"""The carrier stand-in takes bookings from boto3 and drives the real handler."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.sandbox.small_stand_ins import SECRET, Ear, Running, listening, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    with listening() as listener:
        yield listener


@pytest.fixture(scope="module")
def running(ear: Ear, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    words = ["--callback-url", ear.url, "--secret", SECRET]
    process = Running("carrier", tmp_path_factory.mktemp("carrier") / "data", words).start()
    yield process
    process.kill()


@pytest.fixture
def carrier(running: Running, ear: Ear) -> Running:
    """The stand-in, empty, at a speed that tells a whole story in a tick or two."""
    running.tell("/_sandbox/reset")
    running.tell("/_sandbox/knobs", {"scenario": "normal", "speed": 100, "fault": None})
    ear.heard.clear()
    ear.answers.clear()
    return running


def sqs(carrier: Running) -> Any:
    return boto3.client(
        "sqs",
        endpoint_url=carrier.url,
        region_name="eu-west-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        config=Config(retries={"max_attempts": 0}, read_timeout=3),
    )


def book(carrier: Running, **changes: Any) -> str:
    """Book a new parcel as the shop does; gives its shipment."""
    shipment = str(uuid.uuid4())
    body = json.dumps({"shipment": shipment, **changes})
    sqs(carrier).send_message(QueueUrl=f"{carrier.url}/queue/delivery", MessageBody=body)
    return shipment


def parcel(carrier: Running, shipment: str) -> dict[str, Any]:
    found = carrier.get("/_sandbox/parcels")["parcels"]
    return next(each for each in found if each["shipment"] == shipment)


def told(ear: Ear, shipment: str) -> list[str]:
    return [h.json["status"] for h in ear.heard if h.json["shipment"] == shipment]


def test_book_tells_whole_story(carrier: Running, ear: Ear) -> None:
    shipment = book(carrier)

    wait_until(lambda: parcel(carrier, shipment)["state"] == "done")
    assert told(ear, shipment) == ["in_transit", "delivered"]
    assert [piece["told"] for piece in parcel(carrier, shipment)["news"]] == [True, True]


def test_book_through_the_shops_environment(
    carrier: Running, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", carrier.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sandbox")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")
    shipment = str(uuid.uuid4())

    sent = boto3.client("sqs", region_name="eu-west-1").send_message(
        QueueUrl=f"{carrier.url}/queue/delivery", MessageBody=json.dumps({"shipment": shipment})
    )

    assert uuid.UUID(sent["MessageId"])
    assert parcel(carrier, shipment)["state"] in ("waiting", "done")


def test_book_under_a_scenario_follows_it(carrier: Running, ear: Ear) -> None:
    carrier.tell("/_sandbox/knobs", {"scenario": "out_of_order"})
    shipment = book(carrier)

    wait_until(lambda: parcel(carrier, shipment)["state"] == "done")
    assert told(ear, shipment) == ["delivered", "in_transit"]


def test_turn_knobs_leaves_booked_parcels_alone(carrier: Running) -> None:
    carrier.tell("/_sandbox/knobs", {"speed": 0.01})
    shipment = book(carrier)

    carrier.tell("/_sandbox/knobs", {"scenario": "lost", "speed": 100})

    assert parcel(carrier, shipment)["scenario"] == "normal"
    assert parcel(carrier, shipment)["speed"] == 0.01


def test_push_tells_next_news_now(carrier: Running, ear: Ear) -> None:
    carrier.tell("/_sandbox/knobs", {"speed": 0.01})
    shipment = book(carrier)

    first = carrier.tell(f"/_sandbox/parcels/{shipment}/push")
    after_one = told(ear, shipment)
    requests.post(f"{carrier.url}/parcels/{shipment}/push", timeout=5)

    assert (first.status_code, after_one) == (200, ["in_transit"])
    assert told(ear, shipment) == ["in_transit", "delivered"]
    assert parcel(carrier, shipment)["state"] == "done"
    assert carrier.tell(f"/_sandbox/parcels/{shipment}/push").status_code == 404


def test_keep_telling_while_shop_is_broken(carrier: Running, ear: Ear) -> None:
    ear.answers = [500, 500]
    shipment = book(carrier)

    wait_until(lambda: parcel(carrier, shipment)["state"] == "done")
    assert told(ear, shipment) == ["in_transit"] * 3 + ["delivered"]
    assert parcel(carrier, shipment)["receives"] >= 3


def test_bury_message_that_is_no_booking(carrier: Running, ear: Ear) -> None:
    sqs(carrier).send_message(QueueUrl=f"{carrier.url}/queue/delivery", MessageBody="hello")

    wait_until(lambda: bool(carrier.get("/_sandbox/parcels")["dead"]))
    assert [each["body"] for each in carrier.get("/_sandbox/parcels")["dead"]] == ["hello"]
    assert ear.heard == []


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("send_message", {"QueueUrl": "/queue/other"}, "AWS.SimpleQueueService.NonExistentQueue"),
        ("send_message", {"DelaySeconds": 5}, "InvalidParameterValue"),
        ("send_message", {"MessageBody": "x" * 262_145}, "InvalidParameterValue"),
        ("send_message", {"MessageBody": "a\u0001b"}, "InvalidMessageContents"),
        ("purge_queue", {"MessageBody": None}, "AWS.SimpleQueueService.UnsupportedOperation"),
    ],
)
def test_refuse_what_sqs_or_the_stand_in_does_not_take(
    carrier: Running, method: str, params: dict[str, Any], code: str
) -> None:
    given = {"QueueUrl": "/queue/delivery", "MessageBody": "{}"} | params
    given = {name: value for name, value in given.items() if value is not None}
    given["QueueUrl"] = carrier.url + given["QueueUrl"]

    with pytest.raises(ClientError) as refusal:
        getattr(sqs(carrier), method)(**given)

    assert refusal.value.response["Error"]["Code"] == code
    assert carrier.get("/_sandbox/parcels") == {"parcels": [], "dead": []}


def test_refuse_unsigned_call(carrier: Running) -> None:
    headers = {"X-Amz-Target": "AmazonSQS.SendMessage"}

    answer = requests.post(carrier.url, json={"MessageBody": "{}"}, headers=headers, timeout=5)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("kind", "kept"), [("500", 0), ("429", 0), ("reset", 0), ("500_after", 1), ("reset_after", 1)]
)
def test_book_under_fault_fails_for_the_shop(carrier: Running, kind: str, kept: int) -> None:
    carrier.tell("/_sandbox/knobs", {"fault": {"kind": kind}, "speed": 0.01})

    with pytest.raises((ClientError, BotoCoreError)):
        book(carrier)

    assert len(carrier.get("/_sandbox/parcels")["parcels"]) == kept


@pytest.mark.parametrize(
    "wish", [{"scenario": "stolen"}, {"speed": 0}, {"speed": "fast"}, {"fault": {"kind": "x"}}]
)
def test_turn_knobs_wrongly_changes_nothing(carrier: Running, wish: dict[str, Any]) -> None:
    refused = carrier.tell("/_sandbox/knobs", {"scenario": "lost"} | wish)

    assert refused.status_code == 400
    assert carrier.tell("/_sandbox/knobs").json() == {"scenario": "normal", "speed": 100.0}


def test_show_parcels_page_and_turn_knobs_by_form(carrier: Running) -> None:
    carrier.tell("/_sandbox/knobs", {"speed": 0.01})
    shipment = book(carrier)

    answer = requests.post(
        f"{carrier.url}/knobs", data={"scenario": "lost", "speed": "2"}, timeout=5
    )

    assert answer.status_code == 200
    assert shipment in answer.text
    assert parcel(carrier, shipment)["tracking_number"] in answer.text
    assert carrier.tell("/_sandbox/knobs").json() == {"scenario": "lost", "speed": 2.0}


def test_keep_parcels_over_a_kill(ear: Ear, tmp_path: Path) -> None:
    words = ["--callback-url", ear.url, "--secret", SECRET, "--speed", "0.01"]
    process = Running("carrier", tmp_path / "data", words).start()
    shipment = book(process)

    process.kill()
    process.start()
    process.tell(f"/_sandbox/parcels/{shipment}/push")

    assert told(ear, shipment) == ["in_transit"]
    process.kill()
