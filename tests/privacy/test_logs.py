"""Whatever writes a log line, the line goes through the allow-list."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.log import AdminEmailHandler, RequireDebugTrue
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.config import Config

from makers_market.core.logs import JsonFormatter
from makers_market.core.server_log import ServerLog

CANARY = "zqcanary@example.com"


def line(message: Any, *args: object, name: str = "library", **extra: object) -> dict[str, Any]:
    record = logging.LogRecord(name, logging.ERROR, "/x/worker.py", 7, message, args, None)
    record.__dict__.update(extra)
    written: dict[str, Any] = json.loads(JsonFormatter().format(record))
    assert CANARY not in str(written)
    return written


@pytest.fixture
def server_log() -> Iterator[ServerLog]:
    config = Config()
    config.set("accesslog", "-")
    made = ServerLog(config)
    yield made
    for log in (made.error_log, made.access_log):
        log.handlers.clear()


def test_keeps_our_own_words() -> None:
    assert line("mail_not_sent")["event"] == "mail_not_sent"


def test_keeps_a_sentence_without_its_values() -> None:
    assert line("no mail to %s", CANARY)["event"] == "no mail to %s"


def test_names_the_place_of_a_sentence_filled_in() -> None:
    assert line(f"no mail to {CANARY}")["event"] == "worker:7"


def test_names_the_kind_of_an_exception_logged_as_a_message() -> None:
    assert line(ValueError(CANARY))["event"] == "ValueError"


def test_keeps_of_a_job_only_its_name() -> None:
    job = {"task_name": "notifications.send_mail", "task_kwargs": {"to": CANARY}}

    written = line("Job failed %s", CANARY, job=job, action="job_error", exception=CANARY)

    assert (written["job"], written["action"]) == ("notifications.send_mail", "job_error")


def test_formats_every_handler_by_the_allow_list(server_log: ServerLog) -> None:
    """Each logger there is: ours, Django's, the libraries', gunicorn's."""
    named = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    handlers = [h for logger in (logging.root, *named) for h in logger.handlers]
    foreign = [
        handler
        for handler in handlers
        if not isinstance(handler.formatter, JsonFormatter)
        # Django's own: silent unless DEBUG is on, or mails to ADMINS, of whom there are none.
        and not any(isinstance(each, RequireDebugTrue) for each in handler.filters)
        and not (isinstance(handler, AdminEmailHandler) and not settings.ADMINS)
        and not isinstance(handler, logging.NullHandler)
        and not type(handler).__module__.startswith("_pytest")
    ]

    assert handlers
    assert foreign == []


def test_writes_gunicorns_errors_without_what_was_sent(server_log: ServerLog) -> None:
    written = io.StringIO()
    for handler in (*server_log.error_log.handlers, *server_log.access_log.handlers):
        if hasattr(handler, "_gunicorn"):  # not one of pytest's
            handler.setStream(written)
    try:
        raise ValueError(CANARY)
    except ValueError:
        server_log.exception("Error handling request %s", f"/order/{CANARY}/?q={CANARY}")
    server_log.warning(f"Invalid request from ip=198.51.100.7: {CANARY}")
    server_log.error("Worker (pid:%s) was sent %s!", 12, "SIGKILL")
    server_log.access(None, None, {"RAW_URI": CANARY}, None)

    assert CANARY not in written.getvalue()
    assert "198.51.100.7" not in written.getvalue()
    events = [json.loads(each)["event"] for each in written.getvalue().splitlines()]
    assert (events[0], events[2]) == (
        "Error handling request %s", "Worker (pid:12) was sent SIGKILL!",
    )  # fmt: skip
    assert events[1].startswith("glogging:")


def test_is_what_gunicorn_starts_with(monkeypatch: pytest.MonkeyPatch, root: Any) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "argv", ["gunicorn", "makers_market.wsgi"])

    assert WSGIApplication().cfg.logger_class is ServerLog


@pytest.mark.parametrize(
    ("path", "logged"),
    [("/p/zqmug/", "/p/zqmug/"), ("/p/zq@example.com/", "/…"), ("/zqcanary/", "/…"),
     ("/order/zqcanary:x/", "/order/…/"), ("/pt/order/zqcanary/pay/", "/pt/order/…/pay/"),
     ("/account/orders/zqcanary/", "/account/orders/…/"), ("/search/?q=zqcanary", "/search/"),
     ("/media/zqcanary.webp", "/media/…"), ("/static/zqcanary", "/static/…")],
)  # fmt: skip
@pytest.mark.django_db
def test_logs_of_a_path_only_what_the_shop_gave_it(
    shopper: Client, caplog: pytest.LogCaptureFixture, path: str, logged: str
) -> None:
    with caplog.at_level(logging.INFO, logger="makers_market.request"):
        shopper.get(path)

    paths = [record.__dict__["path"] for record in caplog.records if record.msg == "request"]
    assert paths == [logged]
