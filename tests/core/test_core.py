"""The ground floor: money to the cent, the environment, signatures, public pages, logs."""

import base64
import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from makers_market.core import env
from makers_market.core.http import RequestMiddleware, own_path, public_page, utf8_only
from makers_market.core.logs import ALLOWED, JsonFormatter
from makers_market.core.money import in_euros, share, split_by_weight, vat_within
from makers_market.core.signatures import _signature, verify

CENTS = st.integers(0, 10**9)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any)
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
KEY = "whsec_" + base64.b64encode(b"the carrier's key").decode()


@given(CENTS, WEIGHTS)
def test_split_adds_up_and_is_fair_to_the_cent(total: int, weights: list[int]):
    parts = split_by_weight(total, weights)

    whole = sum(weights)
    assert sum(parts) == total
    assert all(
        abs(part * whole - total * weight) < whole
        for part, weight in zip(parts, weights, strict=True)
    )


@given(CENTS, WEIGHTS)
def test_split_gives_nothing_to_no_weight(total: int, weights: list[int]):
    parts = split_by_weight(total, [*weights, 0])

    assert parts[-1] == 0
    assert parts[:-1] == split_by_weight(total, weights)


@given(st.integers(0, 10**6), st.integers(1, 20))
def test_split_evenly_differs_by_a_cent_and_favours_the_first(total: int, count: int):
    parts = split_by_weight(total, [1] * count)

    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [3, -1]])
def test_split_refuses_weights_without_meaning(weights: list[int]):
    with pytest.raises(ValueError, match="weights"):
        split_by_weight(100, weights)


@given(CENTS, st.integers(0, 10_000))
def test_share_and_rest_are_the_whole(cents: int, basis_points: int):
    part = share(cents, basis_points)

    assert 0 <= part <= cents
    assert abs(part * 10_000 - cents * basis_points) <= 5_000


@given(CENTS, st.sampled_from([0, 600, 1300, 2300]))
def test_vat_within_is_what_the_net_price_bears(gross: int, rate: int):
    vat = vat_within(gross, rate)

    net = gross - vat
    assert abs(net * rate - vat * 10_000) <= (10_000 + rate) / 2


@pytest.mark.parametrize(
    ("cents", "english", "portuguese"),
    [(0, "€0.00", "0,00 €"), (3400, "€34.00", "34,00 €"), (5, "€0.05", "0,05 €")],
)
def test_in_euros_writes_as_people_do(cents: int, english: str, portuguese: str):
    with translation.override("en"):
        assert in_euros(cents) == english
    with translation.override("pt"):
        assert in_euros(cents).replace("\xa0", " ") == portuguese


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_secret_refuses_nothing(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("A_SECRET", value)

    with pytest.raises(ImproperlyConfigured, match="A_SECRET is empty"):
        env.secret("A_SECRET")


@pytest.mark.parametrize("value", ["a,", ",a", "a,,b", "whsec_", "whsec_YQ==,whsec_"])
def test_secrets_refuse_one_empty_among_them(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("SECRETS", value)

    with pytest.raises(ImproperlyConfigured, match="SECRETS"):
        env.secrets("SECRETS")


def test_secret_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path):
    (tmp_path / "secret").write_text("kept in a file\n")
    monkeypatch.setenv("A_SECRET", "in the open")
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "secret"))

    assert env.secret("A_SECRET") == "kept in a file"


def test_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "nowhere"))

    with pytest.raises(ImproperlyConfigured, match="A_SECRET_FILE"):
        env.secret("A_SECRET")


@pytest.mark.parametrize("value", ["", "x", "1.5", "1e3", "--5", "²", "٣", "101", "-1", "9" * 5000])
def test_integer_refuses_what_is_no_number_in_range(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("NUMBER", value)

    with pytest.raises(ImproperlyConfigured, match="NUMBER"):
        env.integer("NUMBER", 5, low=0, high=100)


@pytest.mark.parametrize("value", ["yes", "2", "on", ""])
def test_flag_refuses_what_is_neither_yes_nor_no(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("FLAG", value)

    with pytest.raises(ImproperlyConfigured, match="FLAG"):
        env.flag("FLAG")


@pytest.mark.parametrize("url", ["sqlite:///x", "postgres://h", "mysql://h/x", "x"])
def test_database_refuses_other_servers(monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("DB", url)

    with pytest.raises(ImproperlyConfigured, match="DB must look like"):
        env.database("DB")


def test_database_reads_quoted_password(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DB", "postgres://market:p%40%2Fss@db:5433/market")

    read = env.database("DB")

    assert (read["USER"], read["PASSWORD"], read["HOST"]) == ("market", "p@/ss", "db")
    assert (read["PORT"], read["NAME"]) == ("5433", "market")


@pytest.mark.parametrize("path", ["/", "/basket/", "/pt/c/ceramics/?after=x#y", "/a//b"])
def test_own_path_keeps_own_paths(path: str):
    assert own_path(path, "/safe/") == path


@pytest.mark.parametrize(
    "path",
    [None, "", "//eve.example", "/\\eve.example", "https://eve.example", "javascript:alert(1)",
     "eve.example", "/\t/eve.example", "/\n//eve.example", "\\\\eve.example", "///eve.example",
     " //eve.example", "/\x00"],
)  # fmt: skip
def test_own_path_refuses_other_places(path: str | None):
    assert own_path(path, "/safe/") == "/safe/"


def call(body: bytes = b"{}", *, seconds: int = 0, key: str = KEY, **headers: str) -> dict:
    stamp = str(int(AT.timestamp()) + seconds)
    signed = _signature(f"msg_1.{stamp}.".encode() + body, key)
    plain = {"webhook-id": "msg_1", "webhook-timestamp": stamp}
    return plain | {"webhook-signature": f"v1,{signed}"} | headers


@pytest.mark.parametrize("seconds", [0, 300, -300])
def test_signed_call_is_known_by_its_id(seconds: int):
    assert verify(b"{}", call(seconds=seconds), secrets=[KEY], at=AT) == "msg_1"


def test_either_of_two_keys_signs_while_rotating():
    headers = call()

    assert verify(b"{}", headers, secrets=["whsec_b3RoZXI=", KEY], at=AT) == "msg_1"


@pytest.mark.parametrize(
    "headers",
    [
        {}, call(seconds=301), call(seconds=-301), call(key="whsec_ZXZl"), call(b'{"eve": 1}'),
        call() | {"webhook-id": "msg_2"}, call() | {"webhook-id": ""},
        call() | {"webhook-id": "m" * 65}, call() | {"webhook-timestamp": "٣"},
        call() | {"webhook-timestamp": "1" * 400}, call() | {"webhook-signature": ""},
        call() | {"webhook-signature": "v1,"}, call() | {"webhook-signature": "v1,é"},
        call() | {"webhook-signature": "v2," + call()["webhook-signature"][3:]},
    ],
)  # fmt: skip
def test_forged_call_is_refused(headers: dict):
    with pytest.raises(PermissionDenied):
        verify(b"{}", headers, secrets=[KEY], at=AT)


@given(st.binary(max_size=200), st.text(max_size=80), st.text(max_size=30), st.text(max_size=200))
def test_noise_is_refused_and_never_breaks(body: bytes, name: str, stamp: str, signature: str):
    noise = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}

    with pytest.raises(PermissionDenied):
        verify(body, noise, secrets=[KEY], at=AT)


class Session(dict):
    """A session that notes whether it was looked at, as Django's does."""

    accessed = False

    def get(self, key: str, default: object = None) -> object:
        self.accessed = True
        return super().get(key, default)


def visit(view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    request = RequestFactory().get("/")
    request.session = Session()
    return RequestMiddleware(public_page(60)(view))(request)


def test_public_page_may_be_kept_by_caches():
    answer = visit(lambda request: HttpResponse("for everybody"))

    assert answer["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert "Cookie" not in answer["Vary"]


def test_public_page_refuses_a_view_that_read_the_session():
    with pytest.raises(RuntimeError, match="may not read the session"):
        visit(lambda request: HttpResponse(str(request.session.get("basket"))))


def test_page_is_private_unless_it_says_otherwise():
    answer = RequestMiddleware(lambda request: HttpResponse())(RequestFactory().get("/basket/"))

    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("given_id", ["", "short", "x" * 65, "a\nb-forged-line", 'a"b{}cdefgh'])
def test_request_id_of_odd_shape_is_replaced(given_id: str):
    request = RequestFactory().get("/", headers={"X-Request-Id": given_id})

    answer = RequestMiddleware(lambda request: HttpResponse())(request)

    assert len(answer["X-Request-Id"]) == 32
    assert answer["X-Request-Id"] != given_id


@pytest.mark.parametrize("charset", ["rot13", "utf-16", "hex", "undefined", "nope", "IDNA"])
def test_foreign_charset_never_reaches_the_shop(charset: str):
    seen = []
    serve = utf8_only(lambda environ, start: seen.append(environ["CONTENT_TYPE"]))

    serve({"CONTENT_TYPE": f"multipart/form-data; Charset={charset}; boundary=x"}, None)

    assert seen == ["multipart/form-data; boundary=x"]


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("shop", logging.INFO, __file__, 1, message, args, None)
    made.__dict__.update(extra)
    return made


def test_log_line_carries_only_the_allow_list():
    secrets = {"email": "canary@example.com", "address": "Rua do Canário", "card": "4242"}
    line = JsonFormatter().format(record("order of %s", "canary@example.com", **secrets, ms=7))

    assert json.loads(line).keys() == {"at", "level", "logger", "event", "request_id", "ms"}
    assert not [word for word in secrets.values() if word in line]


def test_log_line_of_an_error_keeps_its_place_and_not_its_words():
    try:
        raise ValueError("canary@example.com")
    except ValueError:
        failed = record("failed")
        failed.exc_info = sys.exc_info()

    line = JsonFormatter().format(failed)

    assert json.loads(line)["error"] == "ValueError"
    assert "test_core.py" in line
    assert "canary" not in line


def test_log_line_is_one_line_whatever_is_in_it():
    line = JsonFormatter().format(record("a\nb\u2028", why='"\n{"level":"forged"}'))

    assert "\n" not in line
    assert json.loads(line)["why"] == '"\n{"level":"forged"}'


def test_log_line_of_a_refusal_quotes_nothing_that_was_sent():
    refused = record("Invalid HTTP_HOST header: 'canary.example'")
    refused.name = "django.security.DisallowedHost"

    line = JsonFormatter().format(refused)

    assert json.loads(line)["event"] == "DisallowedHost"
    assert "canary" not in line


def test_allow_list_names_no_person():
    assert not {"email", "name", "address", "street", "phone", "token", "user"} & set(ALLOWED)
