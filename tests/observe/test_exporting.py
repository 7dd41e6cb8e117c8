"""Telling traces: what is chosen, under which ids, and a collector that is away slows nobody."""

import logging
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from makers_market.core import exporting
from makers_market.core.logs import edge_trace
from tests.observe.collector import Collector
from tests.stand_ins import wait_until

pytestmark = pytest.mark.slow

ROOT = "1-67891233-abcdef012345678912345678"


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    made = Collector()
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = made.url
    settings.TRACES_RATIO = 1.0
    yield made
    made.close()


@pytest.fixture
def provider(collector: Collector) -> Iterator[TracerProvider]:
    made = exporting.provider()
    yield made
    made.shutdown()


def make_spans(provider: TracerProvider, count: int) -> float:
    """Open and close so many spans; give the seconds that took."""
    tracer = provider.get_tracer("tests")
    started = time.monotonic()
    for _each in range(count):
        tracer.start_span("tests.span").end()
    return time.monotonic() - started


def test_tells_the_collector_who_it_is(provider: TracerProvider, collector: Collector) -> None:
    make_spans(provider, 3)

    wait_until(lambda: len(collector.spans) == 3, what="the spans")
    assert {span.service for span in collector.spans} == {"makers-market"}


def test_gives_a_trace_the_load_balancers_id(
    provider: TracerProvider, collector: Collector
) -> None:
    edge_trace.set(ROOT)
    make_spans(provider, 1)
    edge_trace.set("")
    make_spans(provider, 1)

    wait_until(lambda: len(collector.spans) == 2, what="the spans")
    given, made = (span.trace for span in collector.spans)
    assert given == ROOT.removeprefix("1-").replace("-", "")
    assert made != given
    # X-Ray refuses ids that do not begin with the time: seconds in the first eight digits.
    assert abs(int(made[:8], 16) - time.time()) < 60


@pytest.mark.parametrize(
    ("ratio", "low", "high"), [(0.0, 0, 0), (0.05, 300, 700), (1.0, 10_000, 10_000)]
)
def test_traces_the_part_it_was_told(ratio: float, low: int, high: int) -> None:
    dice = exporting.Dice(ratio)

    chosen = [dice.should_sample(None, 1, "x").decision.is_sampled() for _each in range(10_000)]

    assert low <= sum(chosen) <= high


def test_chooses_by_chance_whatever_id_was_sent() -> None:
    """An id of zeros is always below the bound of a sampler that goes by the id."""
    dice = exporting.Dice(0.5)

    chosen = {dice.should_sample(None, 0, "x").decision.is_sampled() for _each in range(200)}

    assert chosen == {True, False}


@pytest.mark.parametrize("mode", ["refuse", "hang", "absent"])
def test_loses_spans_and_no_time_while_the_collector_is_away(
    mode: str, collector: Collector, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    collector.mode = mode
    if mode == "absent":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            settings.OTEL_EXPORTER_OTLP_ENDPOINT = f"http://127.0.0.1:{probe.getsockname()[1]}"
    provider = exporting.provider()

    with caplog.at_level(logging.INFO, logger="makers_market"):
        took = make_spans(provider, 5_000)
        time.sleep(0.1)
        started = time.monotonic()
        provider.shutdown()
        ended = time.monotonic() - started

    # Waiting for one batch in 256 would be 0.008.
    assert took / 5_000 < 0.004, "seconds a span"
    assert ended < 2 * exporting.TIMEOUT_SECONDS + 3
    said = [record.msg for record in caplog.records if record.name.startswith("makers_market")]
    assert said == ["traces_not_taken"]


def test_ends_in_time_though_the_collector_is_slow(collector: Collector) -> None:
    collector.mode = "slow"
    provider = exporting.provider()
    make_spans(provider, 2_048)

    started = time.monotonic()
    provider.shutdown()
    ended = time.monotonic() - started

    # Eight batches would take ten seconds.
    assert ended < 2 * exporting.TIMEOUT_SECONDS + 1
    assert collector.spans


def test_goes_on_telling_when_the_collector_is_back(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAUSE_SECONDS", 0.2)
    collector.mode = "refuse"
    provider = exporting.provider()
    make_spans(provider, 1)
    provider.force_flush()
    collector.mode = "take"
    time.sleep(0.3)

    make_spans(provider, 1)
    provider.shutdown()

    assert len(collector.spans) == 1
