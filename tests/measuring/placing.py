"""Orders placed side by side by several processes, on one piece or on many."""

import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from uuid import uuid4

from django.db import connection, connections
from django.utils import timezone

from catalog.models import Variant
from orders import services as orders
from orders.models import Basket
from orders.queries import quote_basket
from payments import services as payments
from sandbox.bench.machine import postgres_cpu
from sandbox.world.postgres import Postgres
from tests import factories

STOCK = 99_000


@dataclass(frozen=True)
class Placing:
    """What one run gave: rate over all processes, latency and CPU of one order in milliseconds."""

    processes: int
    per_second: float
    median_ms: float
    worst_20th_ms: float
    python_ms: float
    postgres_ms: float


def place_side_by_side(
    server: Postgres, variants: list[Variant], *, processes: int, count: int, with_payment: bool
) -> Placing:
    """Place `count` orders in all, the baskets made beforehand; the pieces go round."""
    share = count // processes
    forking = multiprocessing.get_context("fork")
    barrier, answers = forking.Barrier(processes + 1), forking.Queue()
    connections.close_all()  # a child must not inherit a connection
    children = [
        forking.Process(
            target=_place,
            args=(barrier, answers, variants[n::processes] or variants, share, with_payment),
        )
        for n in range(processes)
    ]
    for child in children:
        child.start()
    barrier.wait()
    began, postgres = time.monotonic(), postgres_cpu(server)
    given = [answers.get() for _ in children]
    spent = time.monotonic() - began
    postgres = postgres_cpu(server) - postgres
    for child in children:
        child.join()
    took = sorted(ms for times, _cpu in given for ms in times)
    return Placing(
        processes=processes,
        per_second=len(took) / spent,
        median_ms=took[len(took) // 2],
        worst_20th_ms=took[len(took) * 95 // 100],
        python_ms=sum(cpu for _times, cpu in given) / len(took) * 1000,
        postgres_ms=postgres / len(took) * 1000,
    )


def _place(
    barrier: Barrier,
    answers: "multiprocessing.Queue[tuple[list[float], float]]",
    variants: list[Variant],
    count: int,
    with_payment: bool,
) -> None:
    baskets = [factories.basket((variants[n % len(variants)], 1)) for n in range(count)]
    totals = [quote_basket(each, at=timezone.now(), methods={}).total_cents for each in baskets]
    barrier.wait()
    times, cpu = [], time.process_time()
    for basket, total in zip(baskets, totals, strict=True):
        began = time.perf_counter()
        place_one(basket, total, with_payment=with_payment)
        times.append((time.perf_counter() - began) * 1000)
    answers.put((times, time.process_time() - cpu))
    connection.close()


def place_one(basket: Basket, total: int, *, with_payment: bool) -> None:
    """Do what the button does: the order, and its payment page if wished."""
    order = orders.place_order(
        basket_id=basket.pk,
        buyer=factories.buyer(),
        delivery=factories.delivery(),
        shown_total_cents=total,
        token=uuid4(),
        at=timezone.now(),
    )
    if with_payment:
        payments.start_payment(order.pk, at=timezone.now())


def pieces(count: int) -> list[Variant]:
    """Make pieces, each of another maker, with more stock than will be sold."""
    return [factories.variant(stock=STOCK) for _ in range(count)]
