"""An OpenTelemetry collector of the tests' own: takes spans by OTLP over HTTP and keeps them.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


@dataclass(frozen=True)
class Span:
    """One span as it came over the wire; ids in hexadecimal digits, `parent` empty at the root."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    events: int
    said: str
    service: str

    @property
    def is_sql(self) -> bool:
        return self.attributes.get("db.system.name") == "postgresql"


@dataclass
class Collector:
    """Takes what is sent while `mode` is "take", answers 503 at "refuse", never at "hang".

    At "slow" it takes 1.2 seconds over each call.
    """

    mode: str = "take"
    spans: list[Span] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        collector = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if collector.mode == "hang":
                    time.sleep(30)
                    return
                if collector.mode == "slow":
                    time.sleep(1.2)
                if collector.mode == "refuse":
                    self.send_error(503)
                    return
                assert self.path == "/v1/traces"
                collector.take(body)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def take(self, body: bytes) -> None:
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            of = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_read(each, of["service.name"]) for each in scope.spans]

    def trace(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans if span.trace == trace_id]

    def above(self, span: Span) -> list[Span]:
        """Give the spans above one, nearest first."""
        by_id = {each.id: each for each in self.trace(span.trace)}
        line = []
        while span.parent in by_id:
            span = by_id[span.parent]
            line.append(span)
        return line


def _read(span: Any, service: str) -> Span:
    attributes = {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes
    }
    return Span(
        name=span.name,
        kind=KINDS[span.kind],
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes=attributes,
        events=len(span.events) + len(span.links),
        said=span.status.message,
        service=service,
    )
