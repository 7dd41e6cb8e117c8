"""Lighthouse gives the four pages that shoppers see most full marks."""

import io

import pytest
from django.core.management import call_command

from tests.browser.lighthouse.measuring import CATEGORIES, scores
from tests.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.django_db(transaction=True),
]
PAGES = {
    "home": "/",
    "listing": "/c/ceramics/",
    "product": "/p/speckled-mug/",
    "maker": "/m/olaria-fonte-caiada/",
}


def test_pages_get_full_marks(shop: Shop):
    call_command("fill_demo", "--only", "12", stdout=io.StringIO())

    found = {name: scores(shop.url + path) for name, path in PAGES.items()}

    assert found == {name: dict.fromkeys(CATEGORIES, 100) for name in PAGES}
