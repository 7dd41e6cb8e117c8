"""The page that explains the API says what the schema says, within the budgets of a page."""

import gzip

import pytest
from django.test import Client

from makers_market.core.problems import KINDS
from makers_market.desk.api import api_schema

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
HTML_MAX = 25 * 1024


@pytest.mark.parametrize("path", ["/api/docs/", "/pt/api/docs/"])
def test_explains_every_address_parameter_and_shape(client: Client, path: str):
    response = client.get(path)

    body = response.content.decode()
    assert response.status_code == 200
    for address, verbs in api_schema()["paths"].items():
        assert f"<code>{address}</code>" in body
        for parameter in verbs["get"]["parameters"]:
            assert f"<code>{parameter['name']}</code>" in body
    for name, shape in api_schema()["components"]["schemas"].items():
        assert ("properties" not in shape) or f'id="shape-{name}"' in body
    for kind in KINDS:
        assert f'id="problem-{kind}"' in body


def test_is_light_and_the_same_for_everybody(client: Client):
    response = client.get("/api/docs/")

    assert len(gzip.compress(response.content)) <= HTML_MAX
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert not response.cookies
    assert b"<script>" not in response.content
    assert b"style=" not in response.content


def test_is_found_without_the_last_slash(client: Client):
    assert client.get("/api/docs")["Location"] == "/api/docs/"
