"""What the tests of sign-in by another house share: the issuer that lies on demand."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.accounts.issuing import CLIENT, SECRET, Liar, lying


@pytest.fixture(scope="session")
def running_liar() -> Iterator[Liar]:
    with lying() as running:
        yield running


@pytest.fixture
def liar(running_liar: Liar, settings: Any, db: None) -> Liar:
    """Give the issuer, honest, as the pool this shop is known to."""
    running_liar.be_honest()
    settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET = CLIENT, SECRET
    settings.COGNITO_ISSUER = settings.COGNITO_DOMAIN = running_liar.url
    cache.clear()
    return running_liar


@pytest.fixture
def browser(built: None) -> Client:
    return Client()
