"""The API's description is what it does: the committed file, the page, and thousands of requests.

Renew the file with: python -m sandbox.env python -m tests.api.renew
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as openapi

from makers_market.desk.api import api_schema, written_schema
from makers_market.wsgi import application
from tests.api.test_reading import piece, review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
COMMAND = ".venv/bin/python -m sandbox.env .venv/bin/python manage.py write_api_schema"
CHECKS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
]


def test_committed_schema_is_what_the_code_says(root: Path):
    committed = (root / "docs" / "api" / "openapi.yaml").read_bytes()

    assert committed == written_schema("yaml"), f"renew it with: {COMMAND}"


def test_is_openapi_3_1_in_both_forms(client: Client):
    as_json = client.get("/api/v1/schema/")
    as_yaml = client.get("/api/v1/schema/?format=yaml")

    assert as_json["Content-Type"] == "application/vnd.oai.openapi+json"
    assert as_yaml["Content-Type"] == "application/vnd.oai.openapi"
    assert as_json.json()["openapi"] == "3.1.0"
    assert as_yaml.content == written_schema("yaml")


def test_describes_every_address_of_the_api(client: Client):
    assert sorted(api_schema()["paths"]) == [
        "/api/v1/",
        "/api/v1/categories/",
        "/api/v1/makers/",
        "/api/v1/makers/{slug}/",
        "/api/v1/makers/{slug}/reviews/",
        "/api/v1/products/",
        "/api/v1/products/{slug}/",
        "/api/v1/products/{slug}/reviews/",
        "/api/v1/search/",
    ]


def everything_asked(**known: Any) -> st.SearchStrategy[Any]:
    """Give requests of every operation, such as the schema allows and such as it does not."""
    described = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    operations = [found.ok() for found in described.get_all_operations()]
    wild = [
        operation.as_strategy(generation_mode=mode)
        for operation in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]
    tame = [
        operation.as_strategy(path_parameters=known if "{slug}" in operation.path else None)
        for operation in operations
    ]
    return st.one_of(*tame, *wild)


def ask(cases: int, **how: Any) -> Counter[int]:
    """Send so many requests; fails with the first answer that is not as the schema says."""
    statuses: Counter[int] = Counter()

    @trying(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **how,
    )
    @given(case=everything_asked(slug="mug"))
    def asked(case: Any) -> None:
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        statuses[response.status_code] += 1

    asked()
    return statuses


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the test's own connection through requests, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def full_shop(mo: Any, settings: Any, one_connection: None) -> None:
    """A shop with something to tell at each address, which nobody asks too often."""
    settings.LIMITS = settings.LIMITS | {"api": (1_000_000, 60)}
    product = piece("mug", maker=mo)
    review(product, reply="Thank you.", replied_at=product.published_at)


@pytest.mark.slow
@pytest.mark.usefixtures("full_shop")
def test_five_hundred_requests_are_answered_as_described():
    statuses = ask(500, derandomize=True)

    assert sum(statuses.values()) >= 500
    assert set(statuses) <= {200, 400, 404, 405, 406}
    assert statuses[200] >= 100
    assert statuses[400] >= 50


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("full_shop")
def test_five_thousand_requests_are_answered_as_described():
    statuses = ask(5_000)

    assert sum(statuses.values()) >= 5_000
    assert set(statuses) <= {200, 400, 404, 405, 406}
