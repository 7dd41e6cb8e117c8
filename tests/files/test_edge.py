"""What a request may say of itself, behind our edge and around it; health checks pass anyway."""

from typing import Any

import pytest
from django.test import Client

from makers_market.core.http import address_of
from tests.world import EDGE_SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
TLS = {"X-Forwarded-Proto": "https"}
BY_EDGE = {"X-Origin-Secret": EDGE_SECRET}
STRANGE = "10.20.30.40:8000"
MACHINE_DOORS = ["/webhooks/stripe/", "/callbacks/delivery/"]


@pytest.fixture
def under_tls(settings: Any) -> None:
    """The part of a deployment with TLS that decides what is redirected."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.fixture
def edge_only(settings: Any, under_tls: None) -> None:
    settings.EDGE_ONLY = True


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (TLS | BY_EDGE, 200),
        (TLS, 301),
        (TLS | {"X-Origin-Secret": "another"}, 301),
        (TLS | {"X-Origin-Secret": ""}, 301),
        (TLS | {"X-Origin-Secret": "ünder"}, 301),
        (BY_EDGE, 301),
        (BY_EDGE | {"X-Forwarded-Proto": "http"}, 301),
    ],
)
def test_tls_is_believed_of_the_edge_alone(under_tls: None, headers: dict[str, str], status: int):
    assert Client(headers=headers).get("/accounts/login/").status_code == status


def test_either_secret_counts_while_it_is_rotated(under_tls: None, settings: Any):
    settings.EDGE_SECRETS = ["the next one", EDGE_SECRET]

    for secret in settings.EDGE_SECRETS:
        answer = Client(headers=TLS | {"X-Origin-Secret": secret}).get("/accounts/login/")
        assert answer.status_code == 200


def test_without_an_edge_the_balancer_is_believed(under_tls: None, settings: Any):
    settings.EDGE_SECRETS = []

    assert Client(headers=TLS).get("/accounts/login/").status_code == 200


@pytest.mark.parametrize("path", [*MACHINE_DOORS, "/accounts/login/", "/nowhere/"])
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_body_over_plain_http_is_refused_not_redirected(under_tls: None, method: str, path: str):
    answer = getattr(Client(), method)(path, b"{}", content_type="application/json")

    assert (answer.status_code, answer.text) == (403, "Ask by https.")
    assert "Location" not in answer


@pytest.mark.parametrize("path", MACHINE_DOORS)
def test_machine_s_call_through_the_edge_reaches_its_door(edge_only: None, path: str):
    answer = Client(headers=TLS | BY_EDGE).post(path, b"{}", content_type="application/json")

    assert answer.status_code in {400, 403}
    assert "error" in answer.json()


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/static/x.css", *MACHINE_DOORS])
@pytest.mark.parametrize("given", [{}, {"X-Origin-Secret": "another"}])
def test_way_around_the_edge_is_shut(edge_only: None, path: str, given: dict[str, str]):
    for method in ("get", "post"):
        answer = getattr(Client(headers=TLS | given), method)(path)
        assert (answer.status_code, answer.text) == (403, "Ask by the shop's own address.")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", [STRANGE, "", "[2001:db8::7]:8000", "evil.example"])
def test_health_is_told_to_any_host_over_plain_http(edge_only: None, path: str, host: str):
    answer = Client(headers={"Host": host}).get(path)

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_other_pages_know_their_host(under_tls: None):
    answer = Client(headers=TLS | BY_EDGE | {"Host": STRANGE}).get("/accounts/login/")

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/healthz/", "//healthz", "/healthz/../", "/HEALTHZ"])
def test_only_the_two_health_paths_are_excepted(edge_only: None, path: str):
    assert Client(headers={"Host": STRANGE}).get(path).status_code == 403


def test_address_of_the_edge_counts_with_its_secret_only(settings: Any, rf: Any):
    request = rf.get("/", headers={"CloudFront-Viewer-Address": "192.0.2.7:4711"} | BY_EDGE)
    around = rf.get("/", headers={"CloudFront-Viewer-Address": "192.0.2.7:4711"})

    assert [address_of(each) for each in (request, around)] == ["192.0.2.7", "127.0.0.1"]
