"""The real Lambda handler, fed as Lambda feeds it and heard by a listening shop."""

import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from standardwebhooks import Webhook

from sandbox.world.carrier.driver import HANDLER, load_handler
from sandbox.world.processes import spawn, stop
from tests.sandbox.small_stand_ins import SECRET, Ear, listening, runtime_api, wait_until

PARCEL = "7d0a1c86-0d0a-4c73-b5f1-0c9a3ab6a111"
DUE = {
    "normal": [("in_transit", 1), ("delivered", 2)],
    "slow": [("in_transit", 1), ("delivered", 2)],
    "lost": [("in_transit", 1), ("lost", 2)],
    "returned": [("in_transit", 1), ("returned", 2)],
    "out_of_order": [("delivered", 2), ("in_transit", 1)],
    "duplicated": [("in_transit", 1), ("in_transit", 1), ("delivered", 2), ("delivered", 2)],
}


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as listener:
        yield listener


@pytest.fixture
def delivery(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A cold container: the handler freshly imported, its settings pointing at the ear."""
    monkeypatch.setenv("CALLBACK_URL", ear.url)
    monkeypatch.setenv("DELIVERY_CALLBACK_SECRET", SECRET)
    return load_handler()


def record(age: float = 60, *, message: str = "m1", **command: Any) -> dict[str, Any]:
    """A booking sent `age` seconds ago."""
    return {
        "messageId": message,
        "body": json.dumps({"shipment": PARCEL, **command}),
        "attributes": {
            "SentTimestamp": str(int((time.time() - age) * 1000)),
            "ApproximateReceiveCount": "1",
        },
    }


def invoke(delivery: ModuleType, *records: dict[str, Any]) -> list[str]:
    """Ids of the messages that come back."""
    answer = delivery.handler({"Records": list(records)}, None)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.mark.parametrize("scenario", list(DUE))
def test_handle_tells_whole_story_of_each_scenario(
    delivery: ModuleType, ear: Ear, scenario: str
) -> None:
    left = invoke(delivery, record(scenario=scenario))

    assert left == []
    assert [(h.json["status"], h.json["sequence"]) for h in ear.heard] == DUE[scenario]
    assert set(delivery.SCENARIOS) == set(DUE)


def test_handle_signs_so_that_the_specification_verifies(delivery: ModuleType, ear: Ear) -> None:
    invoke(delivery, record())

    for call in ear.heard:
        told = Webhook(SECRET).verify(call.body, call.headers)
        assert set(told) == {
            *("shipment", "status", "sequence", "occurred_at", "tracking_number"),
        }
        assert told["shipment"] == PARCEL
        assert call.headers["webhook-id"].startswith("dlv_")


@pytest.mark.parametrize(("age", "told"), [(0, []), (3, ["in_transit"]), (6.1, DUE["normal"])])
def test_handle_tells_only_what_is_due(
    delivery: ModuleType, ear: Ear, age: float, told: list[Any]
) -> None:
    left = invoke(delivery, record(age))

    assert len(ear.heard) == len(told)
    assert left == ([] if len(told) == 2 else ["m1"])


def test_handle_at_double_speed_halves_the_wait(delivery: ModuleType, ear: Ear) -> None:
    assert invoke(delivery, record(3.1, speed=2.0)) == []
    assert ear.statuses == ["in_transit", "delivered"]


def test_handle_again_in_warm_container_tells_nothing_twice(delivery: ModuleType, ear: Ear) -> None:
    first = record(3)
    invoke(delivery, first)

    invoke(delivery, first)

    assert ear.statuses == ["in_transit"]


def test_handle_again_in_cold_container_repeats_id_and_body(delivery: ModuleType, ear: Ear) -> None:
    first = record(3)
    invoke(delivery, first)

    invoke(load_handler(), first)

    one, other = ear.heard
    assert one.body == other.body
    assert one.headers["webhook-id"] == other.headers["webhook-id"]


@pytest.mark.parametrize("status", [500, 503, 401, 403, 408, 409, 429, 307])
def test_handle_keeps_news_the_shop_could_not_take(
    delivery: ModuleType, ear: Ear, status: int
) -> None:
    ear.answers = [status]

    assert invoke(delivery, record()) == ["m1"]
    assert ear.statuses == ["in_transit"]  # the second piece waits for the first
    assert invoke(delivery, record()) == []
    assert ear.statuses == ["in_transit", "in_transit", "delivered"]


@pytest.mark.parametrize("status", [400, 404, 422])
def test_handle_gives_up_news_the_shop_refuses(delivery: ModuleType, ear: Ear, status: int) -> None:
    ear.answers, ear.words = [status], b'{"errors": "no such shipment"}'

    assert invoke(delivery, record()) == []
    assert ear.statuses == ["in_transit", "delivered"]


@pytest.mark.parametrize("status", [400, 404, 405])
def test_handle_keeps_news_that_met_another_s_page(
    delivery: ModuleType, ear: Ear, status: int
) -> None:
    ear.answers, ear.words = [status], b"<!doctype html><p>No such page"

    assert invoke(delivery, record()) == ["m1"]
    assert invoke(delivery, record()) == []
    assert ear.statuses == ["in_transit", "in_transit", "delivered"]


def test_handle_while_shop_is_down_brings_all_back(
    delivery: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLBACK_URL", "http://127.0.0.1:9/callbacks/delivery/")

    assert invoke(delivery, record(), record(message="m2")) == ["m1", "m2"]


@pytest.mark.parametrize(
    "body",
    [
        *("", "[]", "{}", '"x"', '{"shipment": 7}', '{"shipment": "no"}'),
        json.dumps({"shipment": PARCEL, "scenario": "stolen"}),
        json.dumps({"shipment": PARCEL, "speed": 0}),
        json.dumps({"shipment": PARCEL, "speed": "nan"}),
        json.dumps({"shipment": PARCEL, "scenario": ["normal"]}),
    ],
)
def test_handle_bad_message_comes_back_alone(delivery: ModuleType, ear: Ear, body: str) -> None:
    bad = {**record(message="bad"), "body": body}

    assert invoke(delivery, bad, record()) == ["bad"]
    assert ear.statuses == ["in_transit", "delivered"]


def test_handle_never_takes_an_address_from_the_message(delivery: ModuleType, ear: Ear) -> None:
    with listening() as stranger:
        invoke(delivery, record(callback_url=stranger.url, CALLBACK_URL=stranger.url))

        assert stranger.heard == []
    assert len(ear.heard) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CALLBACK_URL", ""),
        ("CALLBACK_URL", "http://shop.example/callbacks/delivery/"),
        ("CALLBACK_URL", "ftp://localhost/"),
        ("DELIVERY_CALLBACK_SECRET", ""),
        ("DELIVERY_CALLBACK_SECRET", "whsec_short"),
    ],
)
def test_handle_without_settings_fails_whole_batch(
    delivery: ModuleType, ear: Ear, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(RuntimeError, match=name):
        invoke(delivery, record())

    assert ear.heard == []


def test_handle_with_no_time_left_calls_nobody(delivery: ModuleType, ear: Ear) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 4_000

    answer = delivery.handler({"Records": [record()]}, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert ear.heard == []


def test_tracking_number_has_a_true_check_digit(delivery: ModuleType) -> None:
    for _ in range(50):
        written = delivery.tracking_number(str(uuid.uuid4()))
        digits = [int(sign) for sign in written if sign.isdigit()]
        weights = (8, 6, 4, 2, 3, 5, 9, 7)
        rest = sum(d * w for d, w in zip(digits, weights, strict=False)) % 11
        assert digits[8] == {0: 5, 1: 0}.get(rest, 11 - rest)
        assert len(digits) == 9
    assert delivery.tracking_number(PARCEL) == delivery.tracking_number(PARCEL)


@pytest.mark.slow
def test_handle_inside_amazons_own_runtime(ear: Ear, tmp_path: Path) -> None:
    with runtime_api({"Records": [record()]}) as (port, answers):
        env = os.environ | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": "delivery",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_LOG_GROUP_NAME": "g",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s",
            "CALLBACK_URL": ear.url,
            "DELIVERY_CALLBACK_SECRET": SECRET,
        }
        argv = [sys.executable, "-m", "awslambdaric", "handler.handler"]
        child = spawn(argv, log=tmp_path / "log", env=env, cwd=HANDLER.parent)
        wait_until(lambda: bool(answers))
        stop(child, patience=0.1)

    assert answers == [{"batchItemFailures": []}]
    assert ear.statuses == ["in_transit", "delivered"]
