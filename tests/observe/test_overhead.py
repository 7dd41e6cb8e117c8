"""What logs, measurements and traces cost the web: processor time a request, on against off."""

import os
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests import factories, world
from tests.observe.collector import Collector
from tests.shop import Shop

pytestmark = [pytest.mark.timeout(1200), pytest.mark.long, pytest.mark.django_db(transaction=True)]
REQUESTS = 200
ROUNDS = 3
MOST = 1.15
TICKS = os.sysconf("SC_CLK_TCK")
OFF = {"METRICS": "0", "OTEL_EXPORTER_OTLP_ENDPOINT": "", "CACHE_URL": "locmem://"}


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


def processor_seconds(group: int) -> float:
    """Sum the time that all processes of a group have had, their threads included."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def cost(shop: Shop, path: str, settings: dict[str, str]) -> float:
    """Serve a page many times by a fresh web; give milliseconds of processor time a request."""
    shop.kill("web")
    shop.start_web(LOG_LEVEL="INFO", **settings)
    assert shop.web is not None
    http = requests.Session()
    http.headers.update(world.from_address("10.9.9.9"))

    def ask(times: int) -> None:
        for number in range(times):
            # Each address is its own page to every cache.
            assert http.get(f"{shop.url}{path}?n={number}", timeout=30).ok

    ask(60)
    before = processor_seconds(shop.web.pid)
    ask(REQUESTS)
    return 1000 * (processor_seconds(shop.web.pid) - before) / REQUESTS


def test_costs_little(shop: Shop, collector: Collector, capsys: pytest.CaptureFixture[str]) -> None:
    shop.kill("worker")
    path = f"/p/{factories.variant().product.slug}/"
    measured = {"METRICS": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    kinds = {
        "off": OFF,
        "measured, 1 in 20 traced": OFF | measured | {"TRACES_RATIO": "0.05"},
        "measured, all traced": OFF | measured | {"TRACES_RATIO": "1"},
    }

    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _each in range(ROUNDS):
        for kind, settings in kinds.items():
            found[kind].append(cost(shop, path, settings))

    usual = {kind: statistics.median(costs) for kind, costs in found.items()}
    with capsys.disabled():
        for kind, milliseconds in usual.items():
            ratio = milliseconds / usual["off"]
            print(f"\n{kind}: {milliseconds:.2f} ms of processor time a request, x{ratio:.3f}")
    assert collector.spans
    assert usual["measured, 1 in 20 traced"] <= MOST * usual["off"]
