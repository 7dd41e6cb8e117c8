"""One form sent for two baskets in the same instant is one order, never an error."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from orders.models import Order
from tests import factories


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_same_form_for_two_baskets_at_once_is_one_order():
    for _ in range(5):
        mug = factories.variant(stock=9)
        baskets = [factories.basket((mug, 1)) for _ in range(2)]
        token, together = uuid4(), Barrier(2)

        def send(basket, token=token, together=together):
            try:
                together.wait(5)
                return factories.place(basket, token=token).pk
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            placed = set(pool.map(send, baskets))

        assert len(placed) == 1
        assert Order.objects.filter(form_token=token).count() == 1
