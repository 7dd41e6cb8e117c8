"""The Resend stand-in answers the real SDK as Resend does."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import resend
from resend.exceptions import (
    InvalidApiKeyError,
    MissingRequiredFieldsError,
    RateLimitError,
    ResendError,
    ValidationError,
)

from sandbox.world.resend.errors import ApiError
from sandbox.world.resend.store import Store
from tests.sandbox.small_stand_ins import Running

KEY = "re_stand_in_tests"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("resend") / "data"
    process = Running("resend", folder, ["--api-key", KEY, "--rate", "1000"]).start()
    yield process
    process.kill()


@pytest.fixture
def post(running: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The stand-in, empty, with the SDK pointed at it."""
    running.tell("/_sandbox/reset")
    point_sdk_at(running, monkeypatch)
    return running


def point_sdk_at(process: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resend, "api_key", KEY)
    monkeypatch.setattr(resend, "api_url", process.url)
    monkeypatch.setattr(resend, "default_http_client", resend.RequestsClient(timeout=5))


def mail(**changes: Any) -> Any:
    return {
        "from": "Makers Market <hello@makersmarket.example>",
        "to": ["Ada <ada@example.org>"],
        "subject": "Your order MM-1",
        "html": "<p>Thank <b>you</b></p>",
        "text": "Thank you",
        **changes,
    }


def test_send_keeps_mail_and_get_shows_it(post: Running) -> None:
    sent = resend.Emails.send(mail(tags=[{"name": "kind", "value": "order_paid"}]))

    found = resend.Emails.get(sent["id"])

    assert (found["id"], found["to"]) == (sent["id"], ["Ada <ada@example.org>"])
    assert (found["subject"], found["text"]) == ("Your order MM-1", "Thank you")
    assert set(resend.Email.__annotations__) - {"from"} <= set(found)


def test_send_batch_keeps_each_mail_in_order(post: Running) -> None:
    sent = resend.Batch.send([mail(subject="One"), mail(subject="Two", to="mo@example.org")])

    found = post.get("/_sandbox/mails")["mails"]

    assert [one["id"] for one in sent["data"]] == [one["id"] for one in reversed(found)]
    assert [one["subject"] for one in found] == ["Two", "One"]


def test_send_batch_with_one_bad_mail_keeps_none(post: Running) -> None:
    with pytest.raises(ValidationError):
        resend.Batch.send([mail(), mail(to="nobody")])

    assert post.get("/_sandbox/mails")["mails"] == []


def test_send_permissive_batch_keeps_good_mails_and_names_bad(post: Running) -> None:
    sent = resend.Batch.send([mail(to="nobody"), mail()], {"batch_validation": "permissive"})

    assert [error["index"] for error in sent["errors"]] == [0]
    assert [one["id"] for one in post.get("/_sandbox/mails")["mails"]] == [sent["data"][0]["id"]]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"from": None}, MissingRequiredFieldsError),
        ({"to": []}, MissingRequiredFieldsError),
        ({"subject": ""}, MissingRequiredFieldsError),
        ({"html": None, "text": ""}, ValidationError),
        ({"from": "Makers Market"}, ValidationError),
        ({"to": ["ada@example.org", "eve"]}, ValidationError),
        ({"to": [f"ada{n}@example.org" for n in range(51)]}, ValidationError),
        ({"subject": "Hello\nBcc: eve@example.org"}, ValidationError),
        ({"headers": {"X-A": "1\r\nBcc: eve@example.org"}}, ValidationError),
        ({"tags": [{"name": "kind", "value": "two words"}]}, ValidationError),
        ({"reply_too": "ada@example.org"}, ValidationError),
        ({"attachments": [{"filename": "a.pdf"}]}, ValidationError),
    ],
)
def test_send_refuses_bad_mail(
    post: Running, changes: dict[str, Any], error: type[ResendError]
) -> None:
    with pytest.raises(error) as refusal:
        resend.Emails.send(mail(**changes))

    assert str(refusal.value.code) == "422"
    assert post.get("/_sandbox/mails")["mails"] == []


def test_send_refuses_wrong_key(post: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resend, "api_key", "re_of_eve")

    with pytest.raises(InvalidApiKeyError):
        resend.Emails.send(mail())

    without = requests.post(f"{post.url}/emails", json=mail(), timeout=5)
    assert (without.status_code, without.json()["name"]) == (401, "missing_api_key")
    assert post.get("/_sandbox/mails")["mails"] == []


def test_send_twice_with_one_key_sends_once(post: Running) -> None:
    first = resend.Emails.send(mail(), {"idempotency_key": "order_paid/1"})
    second = resend.Emails.send(mail(), {"idempotency_key": "order_paid/1"})

    assert first["id"] == second["id"]
    assert len(post.get("/_sandbox/mails")["mails"]) == 1


def test_send_other_mail_with_same_key_is_refused(post: Running) -> None:
    resend.Emails.send(mail(), {"idempotency_key": "order_paid/1"})

    with pytest.raises(ResendError) as refusal:
        resend.Emails.send(mail(subject="Other"), {"idempotency_key": "order_paid/1"})

    assert (refusal.value.code, refusal.value.error_type) == (409, "invalid_idempotent_request")
    assert len(post.get("/_sandbox/mails")["mails"]) == 1


def test_send_after_refused_mail_may_use_its_key(post: Running) -> None:
    with pytest.raises(ValidationError):
        resend.Emails.send(mail(to="nobody"), {"idempotency_key": "order_paid/1"})

    resend.Emails.send(mail(), {"idempotency_key": "order_paid/1"})

    assert len(post.get("/_sandbox/mails")["mails"]) == 1


def test_send_in_parallel_with_one_key_sends_once(post: Running) -> None:
    outcomes: list[str] = []

    def call() -> None:
        try:
            outcomes.append(resend.Emails.send(mail(), {"idempotency_key": "k"})["id"])
        except ResendError as error:
            outcomes.append(error.error_type)

    threads = [threading.Thread(target=call) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sent = post.get("/_sandbox/mails")["mails"]
    assert len(sent) == 1
    assert set(outcomes) - {"concurrent_idempotent_requests"} == {sent[0]["id"]}


def test_claim_key_of_a_running_call_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.claim_key("k", "digest")

    with pytest.raises(ApiError) as refusal:
        store.claim_key("k", "digest")

    assert (refusal.value.status, refusal.value.name) == (409, "concurrent_idempotent_requests")


def test_claim_key_after_a_day_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.claim_key("k", "digest")
    monkeypatch.setattr("sandbox.world.resend.store.KEY_LIFE_SECONDS", -1)

    assert store.claim_key("k", "other") is None


def test_send_faster_than_two_a_second_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Running("resend", tmp_path / "data", ["--api-key", KEY]).start()
    point_sdk_at(slow, monkeypatch)
    resend.Emails.send(mail())
    resend.Emails.send(mail())

    with pytest.raises(RateLimitError) as refusal:
        resend.Emails.send(mail())

    assert refusal.value.headers["retry-after"] == "1"
    assert refusal.value.headers["ratelimit-limit"] == "2"
    assert len(slow.get("/_sandbox/mails")["mails"]) == 2
    slow.kill()


@pytest.mark.parametrize(
    ("kind", "kept"), [("500", 0), ("500_after", 1), ("reset", 0), ("reset_after", 1), ("429", 0)]
)
def test_send_under_fault_then_again_sends_once(post: Running, kind: str, kept: int) -> None:
    post.tell("/_sandbox/knobs", {"fault": {"kind": kind}})

    with pytest.raises(ResendError):
        resend.Emails.send(mail(), {"idempotency_key": "k"})

    assert len(post.get("/_sandbox/mails")["mails"]) == kept
    resend.Emails.send(mail(), {"idempotency_key": "k"})
    assert len(post.get("/_sandbox/mails")["mails"]) == 1


def test_order_unknown_fault_is_refused(post: Running) -> None:
    answer = post.tell("/_sandbox/knobs", {"fault": {"kind": "flood"}})

    assert answer.status_code == 400
    resend.Emails.send(mail())


def test_keep_mails_and_keys_over_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Running("resend", tmp_path / "data", ["--api-key", KEY, "--rate", "99"]).start()
    point_sdk_at(process, monkeypatch)
    first = resend.Emails.send(mail(), {"idempotency_key": "k"})

    process.kill()
    process.start()

    assert resend.Emails.send(mail(), {"idempotency_key": "k"})["id"] == first["id"]
    assert len(process.get("/_sandbox/mails")["mails"]) == 1
    process.kill()


def test_find_mails_by_address_and_subject(post: Running) -> None:
    resend.Emails.send(mail())
    resend.Emails.send(mail(to="Mo <mo@example.org>", subject="A new order"))

    found = post.get("/_sandbox/mails", to="MO@example.org", subject="new")["mails"]

    assert [one["subject"] for one in found] == ["A new order"]
    assert post.get("/_sandbox/mails", to="o@example.org")["mails"] == []


def test_show_inbox_escapes_and_frames_mails(post: Running) -> None:
    evil = "<script>alert(1)</script>"
    sent = resend.Emails.send(
        mail(subject=evil, html=f'<html><head></head>{evil}<a href="https://x.test/">x</a>')
    )

    inbox = requests.get(post.url, timeout=5)
    page = requests.get(f"{post.url}/mail/{sent['id']}", timeout=5)

    assert (inbox.status_code, page.status_code) == (200, 200)
    assert evil not in inbox.text + page.text
    assert "&lt;head&gt;&lt;base target=&#34;_top&#34;&gt;" in page.text
    assert "allow-scripts" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert requests.get(f"{post.url}/mail/none", timeout=5).status_code == 404
