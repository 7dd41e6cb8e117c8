"""The OpenTelemetry SDK, set up for AWS X-Ray; loaded only where a collector is named."""

import atexit
import logging
import math
import random
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult

from makers_market.core.logs import edge_trace

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 2
# After a batch that nobody took, the next ones are dropped for so long.
PAUSE_SECONDS = 10
# How often the log says that nobody takes them.
SAID_EVERY_SECONDS = 300


class Dice(Sampler):
    """Traces a part of what begins here, by chance.

    Not by the trace's id, as the SDK's own sampler does: whoever sends us an id could choose one
    that is always traced.
    """

    def __init__(self, ratio: float) -> None:
        self.ratio = ratio

    def should_sample(self, *given: Any, **named: Any) -> SamplingResult:
        is_chosen = random.random() < self.ratio  # noqa: S311 - a sample, no secret
        return SamplingResult(Decision.RECORD_AND_SAMPLE if is_chosen else Decision.DROP)

    def get_description(self) -> str:
        return f"Dice{{{self.ratio}}}"


class EdgeIds(AwsXRayIdGenerator):
    """Gives a request's trace the id that our load balancer gave it, which the shop's log names."""

    def generate_trace_id(self) -> int:
        given = edge_trace.get()
        if given:
            return int(given.removeprefix("1-").replace("-", ""), 16)
        return int(super().generate_trace_id())


class Courier(SpanExporter):
    """Takes batches to the collector; while it is away, drops them at once and says so rarely."""

    def __init__(self, endpoint: str) -> None:
        self.exporter = OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=TIMEOUT_SECONDS)
        self.paused_until = 0.0
        self.gives_up_at = math.inf
        self.silent_until = 0.0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        now = time.monotonic()
        if now < self.paused_until or now > self.gives_up_at:
            return SpanExportResult.FAILURE
        taken = self.exporter.export(spans)
        if taken is not SpanExportResult.SUCCESS:
            self.paused_until = time.monotonic() + PAUSE_SECONDS
            if now >= self.silent_until:
                self.silent_until = now + SAID_EVERY_SECONDS
                log.warning("traces_not_taken")
        return taken

    def hurry(self) -> None:
        """Begin no batch later than two seconds from now: a process that ends must not wait."""
        self.gives_up_at = time.monotonic() + TIMEOUT_SECONDS

    def shutdown(self) -> None:
        self.exporter.shutdown()


class Provider(TracerProvider):
    """The SDK's provider, which would wait 30 seconds at its end for a slow collector."""

    def __init__(self, courier: Courier, **options: Any) -> None:
        super().__init__(**options)
        self.courier = courier

    def shutdown(self) -> None:
        self.courier.hurry()
        super().shutdown()


def provider() -> TracerProvider:
    """Make the SDK's provider: a thread of its own tells what is kept, 2,048 spans at most."""
    courier = Courier(settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip("/"))
    made = Provider(
        courier,
        sampler=ParentBased(Dice(settings.TRACES_RATIO)),
        id_generator=EdgeIds(),
        resource=Resource(
            {
                "service.name": "makers-market",
                "deployment.environment.name": settings.ENVIRONMENT,
            }
        ),
        span_limits=SpanLimits(max_attributes=16),
        shutdown_on_exit=False,
    )
    made.add_span_processor(
        BatchSpanProcessor(
            courier, max_queue_size=2048, schedule_delay_millis=1000, max_export_batch_size=256
        )
    )
    atexit.register(made.shutdown)
    return made
