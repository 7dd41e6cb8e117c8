"""Measurements: lines that CloudWatch takes, nothing when they are off, no word of a person."""

import sys
import threading
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from makers_market.core import metrics
from tests.observe import embedded


@pytest.fixture(autouse=True)
def measured(settings: Any) -> Any:
    settings.METRICS = True
    settings.ENVIRONMENT = "tests"
    metrics._tally.write()
    yield settings
    metrics._tally.write()


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    metrics._tally.write()
    return embedded.read(capsys.readouterr().out)


def test_writes_requests_errors_and_times_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for status, milliseconds in ((200, 3.14), (404, 10), (500, 2.0)):
        metrics.count_request(status, milliseconds)

    (line,) = written(capsys)

    assert line.pop("at") > 1_700_000_000_000
    assert line == {
        "Environment": "tests", "Requests": 3, "ServerErrors": 1,
        "RequestMilliseconds": [3.1, 10, 2.0],
    }  # fmt: skip


def test_writes_after_a_hundred_requests_without_waiting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _each in range(250):
        metrics.count_request(200, 1.0)

    lines = embedded.read(capsys.readouterr().out)

    assert [line["Requests"] for line in lines] == [100, 100]
    assert written(capsys)[0]["Requests"] == 50


def test_writes_what_waits_when_its_time_has_come(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "WAIT_SECONDS", 0.05)
    metrics.count_request(200, 1.0)
    timer = metrics._tally.timer
    assert timer is not None

    timer.join(timeout=5)

    assert [line["Requests"] for line in embedded.read(capsys.readouterr().out)] == [1]


def test_counts_every_request_of_threads_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    def serve() -> None:
        for _each in range(500):
            metrics.count_request(200, 1.0)

    threads = [threading.Thread(target=serve) for _each in range(8)]
    turns = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(turns)

    lines = written(capsys)
    # CloudWatch takes no more than a hundred values.
    assert {len(line["RequestMilliseconds"]) for line in lines} == {100}
    assert sum(line["Requests"] for line in lines) == 4000
    assert sum(len(line["RequestMilliseconds"]) for line in lines) == 4000


@pytest.mark.django_db(transaction=True)
def test_counts_nothing_that_was_rolled_back(capsys: pytest.CaptureFixture[str]) -> None:
    with transaction.atomic():
        metrics.count("PaymentsSucceeded")
    with transaction.atomic():
        metrics.count("PaymentsSucceeded")
        transaction.set_rollback(True)

    (line,) = written(capsys)

    assert line["PaymentsSucceeded"] == 1


def test_writes_nothing_while_off(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.METRICS = False

    metrics.count_request(200, 1.0)
    metrics.count("MailsSent")
    metrics.gauge({"JobsWaiting": 1})
    metrics._tally.write()

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["Password", "Requests of ada@example.com", "JobsWaiting"])
def test_refuses_to_count_what_is_not_on_the_list(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="not among"):
        metrics.count(name)

    assert written(capsys) == []


def test_refuses_to_gauge_what_is_not_on_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="not all among"):
        metrics.gauge({"JobsWaiting": 1, "Order of Ada": 2})

    assert capsys.readouterr().out == ""


def test_goes_on_when_nobody_reads_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        tried = 0

        def write(self, text: str) -> None:
            self.tried += 1
            raise BrokenPipeError

    output = Closed()
    monkeypatch.setattr("sys.stdout", output)

    metrics.count_request(200, 1.0)
    metrics._tally.write()

    assert output.tried == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/healthz", 0),
        ("/readyz", 0),
        ("/makers/", 1),
        ("/static/nothing.css", 0),
        ("/no/such/", 1),
    ],
)
def test_measures_pages_and_not_what_machines_ask(
    shopper: Client, capsys: pytest.CaptureFixture[str], path: str, count: int
) -> None:
    shopper.get(path)

    assert sum(line["Requests"] for line in written(capsys)) == count
