"""Traces: where a request's or a job's time goes, told to an OpenTelemetry collector.

Every span is opened by the shop's own code and carries only what is written there, so that
nothing of a person, an address or a signed link leaves the process by a library's zeal
(docs/adr/0011). While no collector is named, everything here costs one look at a flag.
"""

import importlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagators.aws import AwsXRayPropagator
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, StatusCode

from makers_market.core.logs import request_id

HEADER = "X-Amzn-Trace-Id"
MOST_SQL = 1000
VERB = re.compile(r"[\s(]*(\w{1,20})", re.ASCII)
# Any other word in the place of a method is somebody's own.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_xray = AwsXRayPropagator()
_tracer = trace.get_tracer("makers_market")
_beginning = threading.Lock()
_is_on = False


def begin() -> None:
    """Begin to tell traces in this process, once, if the settings name a collector.

    Called behind a fork (gunicorn.conf.py) and by the first job: the SDK has a thread.
    The SDK is loaded only then: it costs a third of a second and some 20 MB.
    """
    global _is_on
    if _is_on or not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return
    with _beginning:
        if _is_on:
            return
        exporting = importlib.import_module("makers_market.core.exporting")
        trace.set_tracer_provider(exporting.provider())
        connection_created.connect(_watch_new, dispatch_uid="tracing")
        for connection in connections.all(initialized_only=True):
            _watch(connection)
        _is_on = True


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    context: Context | None = None,
    **attributes: str | int,
) -> Iterator[Span]:
    """Open a span below the one that is open; an underscore in an attribute's name is a dot.

    Of an error that passes through, the kind is kept and never the words.
    """
    if not _is_on:
        yield INVALID_SPAN
        return
    dotted = {key.replace("_", "."): value for key, value in attributes.items()}
    with _tracer.start_as_current_span(
        name,
        context,
        kind,
        dotted,
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        opened.set_attribute("request_id", request_id.get())
        try:
            yield opened
        except Exception as error:
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(StatusCode.ERROR)
            raise


def describe(opened: Span, *, method: str, route: str, status: int) -> None:
    """Say of a request's span what was asked for, by its route, and how it was answered."""
    if not opened.is_recording():
        return
    known = method if method in METHODS else "OTHER"
    opened.update_name(f"{known} {route}")
    opened.set_attribute("http.request.method", known)
    opened.set_attribute("http.route", route)
    opened.set_attribute("http.response.status_code", status)
    if status >= 500:
        opened.set_status(StatusCode.ERROR)


def cause() -> str:
    """Give what a job keeps of its cause: the request's id and, if it is traced, where from.

    Looks like "4f1c… Root=1-…;Parent=…;Sampled=1".
    """
    here = trace.get_current_span().get_span_context()
    if not (here.is_valid and here.trace_flags.sampled):
        return request_id.get()
    carrier: dict[str, str] = {}
    _xray.inject(carrier)
    return f"{request_id.get()} {carrier[HEADER]}"


@contextmanager
def continued(given: str, name: str) -> Iterator[Span]:
    """Go on with a cause as `cause()` gave it: its request's id, and a span below its span."""
    begin()
    cause_id, _space, header = given.partition(" ")
    request_id.set(cause_id)
    context = _xray.extract({HEADER: header}) if header else None
    with span(name, SpanKind.CONSUMER, context=context, job=name) as opened:
        yield opened


def _watch_new(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    _watch(connection)


def _watch(connection: BaseDatabaseWrapper) -> None:
    if _trace_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_trace_statement)


def _trace_statement(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
) -> Any:
    """Put a span around a statement: its text with the places of its values, never the values."""
    if not trace.get_current_span().is_recording():
        return execute(sql, params, many, context)
    # What psycopg composed may hold values that are written out.
    text = sql[:MOST_SQL] if isinstance(sql, str) else "composed"
    verb = VERB.match(text)
    name = verb[1].upper() if verb else "SQL"
    with span(name, SpanKind.CLIENT, db_system_name="postgresql", db_query_text=text):
        return execute(sql, params, many, context)
