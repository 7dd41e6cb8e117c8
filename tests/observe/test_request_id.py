"""Whose request id is believed, and how a job carries it."""

import logging
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from makers_market.core import jobs, tracing
from makers_market.core.http import RequestMiddleware
from makers_market.core.logs import edge_trace, request_id
from tests.world import EDGE_SECRET

CLOUDFRONT = "k6WGMNkEzR5BEM_SaF47gjtX9zBDO2m349OY2an0QPEaUum1ZO-row=="
ROOT = "1-67891233-abcdef012345678912345678"


def visit(**headers: str) -> dict[str, str]:
    """Send a request; give the ids it was known by."""
    known = {}

    def view(request: HttpRequest) -> HttpResponse:
        known.update(request=request_id.get(), trace=edge_trace.get())
        return HttpResponse()

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = RequestMiddleware(view)(RequestFactory().get("/makers/", headers=named))
    assert answer["X-Request-Id"] == known["request"]
    return known


def test_believes_the_edge() -> None:
    known = visit(
        X_Origin_Secret=EDGE_SECRET, X_Request_Id=CLOUDFRONT, X_Amzn_Trace_Id=f"Root={ROOT}"
    )

    assert known == {"request": CLOUDFRONT, "trace": ROOT}


@pytest.mark.parametrize("secret", ["", "wrong", EDGE_SECRET + "x"])
def test_believes_nobody_else(secret: str) -> None:
    known = visit(X_Origin_Secret=secret, X_Request_Id=CLOUDFRONT, X_Amzn_Trace_Id=f"Root={ROOT}")

    assert known["trace"] == ""
    assert UUID(known["request"]).version == 4


def test_believes_everybody_where_there_is_no_edge(settings: Any) -> None:
    settings.EDGE_SECRETS = []

    assert visit(X_Request_Id=CLOUDFRONT)["request"] == CLOUDFRONT


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space in", 'quo"te}id', "é" * 9])
def test_replaces_an_id_of_odd_shape_even_from_the_edge(given: str) -> None:
    known = visit(X_Origin_Secret=EDGE_SECRET, X_Request_Id=given)

    assert UUID(known["request"]).version == 4


@pytest.mark.parametrize(
    ("header", "trace"),
    [(f"Self=1-67891234-12456789abcdef012345678a;Root={ROOT}", ROOT),
     (f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1", ROOT),
     (f"Root={ROOT};CalledFrom=app", ROOT), (f"Root={ROOT}0", ""), (f"NotRoot={ROOT}", ""),
     ("Root=1-6789123g-abcdef012345678912345678", ""), ("", ""),
     # No id to OpenTelemetry: a traced request that defers a job would break on it.
     (f"Root=1-{'0' * 8}-{'0' * 24}", ""),
     (f"Root=1-{'0' * 8}-{'0' * 23}1", f"1-{'0' * 8}-{'0' * 23}1")],
)  # fmt: skip
def test_reads_the_load_balancers_trace(header: str, trace: str) -> None:
    assert visit(X_Origin_Secret=EDGE_SECRET, X_Amzn_Trace_Id=header)["trace"] == trace


def test_forgets_the_trace_of_the_request_before() -> None:
    visit(X_Origin_Secret=EDGE_SECRET, X_Amzn_Trace_Id=f"Root={ROOT}")

    assert visit(X_Origin_Secret=EDGE_SECRET)["trace"] == ""


def test_gives_a_job_only_the_id_while_nothing_is_traced() -> None:
    request_id.set(CLOUDFRONT)

    assert tracing.cause() == CLOUDFRONT


@pytest.mark.parametrize(
    ("trace_id", "cause"),
    [(0, CLOUDFRONT),
     (int(ROOT[2:].replace("-", ""), 16),
      f"{CLOUDFRONT} Root={ROOT};Parent=0000000000000001;Sampled=1")],
)  # fmt: skip
def test_gives_a_job_the_trace_only_if_it_is_one(trace_id: int, cause: str) -> None:
    request_id.set(CLOUDFRONT)
    here = SpanContext(trace_id, 1, False, TraceFlags(TraceFlags.SAMPLED))

    with use_span(NonRecordingSpan(here)):
        assert tracing.cause() == cause


@pytest.mark.parametrize(
    "given",
    [CLOUDFRONT, f"{CLOUDFRONT} Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1",
     f"{CLOUDFRONT} nonsense"],
)  # fmt: skip
def test_goes_on_under_the_id_of_the_cause(given: str) -> None:
    with tracing.continued(given, "tests.job"):
        assert request_id.get() == CLOUDFRONT


# A job looks at its connection: one that another test has opened may not be touched without this.
@pytest.mark.django_db
def test_logs_a_failing_job_under_the_id_of_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[tuple[str, str]] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append((record.msg, request_id.get()))

    ear = Ear()
    logging.getLogger("makers_market.core.jobs").addHandler(ear)
    try:
        fails = app_job()
        with pytest.raises(ZeroDivisionError):
            fails.task.func(cause=CLOUDFRONT)
    finally:
        logging.getLogger("makers_market.core.jobs").removeHandler(ear)

    assert seen == [("job_failed", CLOUDFRONT)]


def app_job() -> Any:
    """Give a job that fails; it is taken off the list again, so that no worker knows it."""

    @jobs.job("tests.fails")
    def fails() -> None:
        raise ZeroDivisionError

    del jobs.app.tasks["tests.fails"]
    return fails
