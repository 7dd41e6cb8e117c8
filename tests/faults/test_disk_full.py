"""A full disk, of PostgreSQL or of the folder of pictures: said, and nothing is half done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.base import File
from django.db import connection

from accounts.models import Maker
from catalog.models import Stock, Upload
from catalog.services import NotKept
from makers_market.core.storage import PrivateFolder
from orders.models import Order
from tests import factories
from tests.catalog.test_uploads import photo, send
from tests.catalog.writing import drafted
from tests.shop import Buyer, Shop
from tests.worker import waiting

FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$;
CREATE TRIGGER disk_is_full BEFORE INSERT ON orders_orderline
FOR EACH ROW EXECUTE FUNCTION disk_is_full()
"""


class FullFolder(PrivateFolder):
    """A folder on a device that takes no byte: Linux keeps one for this."""

    def _save(self, name: str, content: "File[bytes]") -> str:
        with Path("/dev/full").open("wb", buffering=0) as device:
            device.write(content.read())
        return name


@contextmanager
def full_database() -> Iterator[None]:
    """Let PostgreSQL find no room for lines of orders, with the code it has for that."""
    with connection.cursor() as cursor:
        cursor.execute(FULL)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION disk_is_full CASCADE")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_order_meets_a_full_database_and_succeeds_later(shop: Shop):
    mug = factories.variant("mug", stock=5)
    shop.kill("worker")
    buyer = Buyer(shop)
    buyer.add(mug.sku)
    form = buyer.to_pay_page()
    before = waiting()

    with full_database():
        refused = buyer.order_and_pay(form)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert not Order.objects.exists()
    assert Stock.objects.get(pk=mug.pk).held == 0
    assert waiting() == before
    assert buyer.order_and_pay(form).status_code == 302
    assert Stock.objects.get(pk=mug.pk).held == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("built")
def test_picture_meets_a_full_folder_and_is_refused_in_words(mo: Maker, settings: Any):
    storages = settings.STORAGES | {"originals": {"BACKEND": f"{__name__}.FullFolder"}}
    settings.STORAGES = storages
    piece = drafted(mo)

    page = send(factories.signed_in(mo.members.get()), piece, photo())

    told = [str(message) for message in get_messages(page.wsgi_request)]
    assert told == [str(NotKept())]
    assert not Upload.objects.exists()
    assert waiting() == []
