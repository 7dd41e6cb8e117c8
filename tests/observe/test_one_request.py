"""One request's id and trace, from what the load balancer gave to SQL, jobs, Stripe and mails."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from makers_market.core.logs import request_id
from orders import services as orders
from orders.models import Order, Shipment
from tests import factories
from tests.observe import embedded
from tests.observe.collector import Collector, Span
from tests.shop import Buyer, Shop, hidden
from tests.stand_ins import wait_until
from tests.world import EDGE_SECRET

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ID = "k6WGMNkEzR5BEM_SaF47gjtX9zBDO2m349OY2an0QPEaUum1ZO-row=="
ROOT = "1-67891233-abcdef012345678912345678"
TRACE = ROOT.removeprefix("1-").replace("-", "")
CLICK = "the-click-that-posted-the-parcel"
PERSON = {
    "email": "zqmail@example.com", "name": "Zqname Martins", "street": "Zqstreet 41",
    "city": "Zqcity", "phone": "+351 912 777 333",
}  # fmt: skip
CANARIES = ("zqmail", "zqname", "zqstreet", "zqcity", "912 777 333", "4242", "zqsearch")


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


@pytest.fixture
def traced(shop: Shop, collector: Collector) -> Shop:
    """Give the shop with every request and job traced, measured and logged."""
    for which in ("web", "worker"):
        shop.kill(which)
        (shop.folder / f"{which}.log").write_text("")
    wish: dict[str, Any] = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "TRACES_RATIO": "1", "METRICS": "1",
        "LOG_LEVEL": "INFO", "ENVIRONMENT": "tests",
    }  # fmt: skip
    shop.start_web(**wish)
    shop.start_worker(**wish)
    return shop


def test_leads_from_the_edge_to_the_mail_and_tells_of_nobody(
    traced: Shop, collector: Collector
) -> None:
    factories.user(PERSON["email"], name=PERSON["name"])
    piece = factories.variant(maker=factories.maker("mo", members=[factories.user("mo@x.test")]))

    ask_for_code(traced)
    order = buy(traced, piece.sku)
    post(order)
    traced.rest()
    wait_until(lambda: span_of(collector, "POST /callbacks/delivery/"), what="the last span")
    for which in ("web", "worker"):
        stop(traced, which)

    assert_code_mail_is_one_trace(traced, collector)
    assert_event_leads_to_stripe(traced, collector)
    assert_payment_leads_to_mails(traced, collector)
    assert_parcel_keeps_the_click(traced)
    assert_measured(traced)
    assert_about_nobody(traced, collector)


def ask_for_code(shop: Shop) -> None:
    """Ask for a sign-in code, as our edge would pass the request on."""
    visitor = Buyer(shop)
    page = visitor.get("/accounts/login/code/")
    edge = {
        "X-Origin-Secret": EDGE_SECRET, "X-Request-Id": ID,
        "X-Amzn-Trace-Id": f"Self=1-67891234-12456789abcdef012345678a;Root={ROOT};Sampled=0",
    }  # fmt: skip
    fields = hidden(page) | {"email": PERSON["email"]}
    answer = visitor.post("/accounts/login/code/", fields, headers=edge, allow_redirects=False)
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (302, ID)


def buy(shop: Shop, sku: str) -> Order:
    buyer = Buyer(shop, email=PERSON["email"])
    buyer.get("/search/?q=zqsearch")
    buyer.add(sku)
    buyer.fill_in(**PERSON)
    buyer.choose_delivery()
    form = hidden(buyer.get("/checkout/pay/"))
    buyer.press(buyer.follow(buyer.order_and_pay(form)))
    shop.rest()
    return Order.objects.get(status=Order.PAID)


def post(order: Order) -> None:
    """Accept and post the parcel under an id of our own; wait until it has arrived."""
    parcel = order.shipments.get()
    before = request_id.set(CLICK)
    for verb in (orders.accept_shipment, orders.ship_shipment):
        verb(parcel.pk, by="test", at=timezone.now())
    request_id.reset(before)
    arrived = Shipment.objects.filter(pk=parcel.pk, status=Shipment.DELIVERED)
    wait_until(arrived.exists, seconds=60, what="delivered")


def stop(shop: Shop, which: str) -> None:
    """End web or worker as a deployment does: what it has counted and traced is told first."""
    process = getattr(shop, which)
    process.terminate()
    process.wait(timeout=40)
    shop.is_whole = False


def span_of(collector: Collector, name: str) -> Span | None:
    return next((span for span in collector.spans if span.name == name), None)


def lines(shop: Shop, which: str, **wanted: str) -> list[dict[str, Any]]:
    found = embedded.logged(shop.logged(which))
    return [line for line in found if wanted.items() <= line.items()]


def assert_code_mail_is_one_trace(shop: Shop, collector: Collector) -> None:
    (request,) = lines(shop, "web", event="request", request_id=ID)
    assert (request["trace"], request["path"]) == (ROOT, "/accounts/login/code/")
    (sent,) = lines(shop, "worker", event="mail_sent", request_id=ID)
    assert sent["provider_id"]
    (done,) = lines(shop, "worker", event="job_done", request_id=ID)
    assert done["job"] == "notifications.send_mail"

    spans = collector.trace(TRACE)
    (web,) = [span for span in spans if span.kind == "server"]
    assert (web.name, web.parent) == ("POST /accounts/login/code/", "")
    assert web.attributes["http.response.status_code"] == 302
    (mail,) = [span for span in spans if span.name == "resend emails.send"]
    kinds = [(span.kind, span.name) for span in collector.above(mail)]
    assert kinds == [
        ("consumer", "notifications.send_mail"),
        ("producer", "defer notifications.send_mail"),
        ("server", "POST /accounts/login/code/"),
    ]
    in_web = [span for span in spans if span.is_sql and web in collector.above(span)]
    assert {"SELECT", "INSERT"} <= {span.name for span in in_web}
    assert {span.attributes["request_id"] for span in spans} == {ID}


def assert_event_leads_to_stripe(shop: Shop, collector: Collector) -> None:
    asked = [
        span for span in collector.spans
        if span.name.startswith("stripe ")
        and [above.name for above in collector.above(span)]
        == ["payments.apply_event", "defer payments.apply_event", "POST /webhooks/stripe/"]
    ]  # fmt: skip
    assert asked
    for span in asked:
        its_id = span.attributes["request_id"]
        called = lines(shop, "worker", event="stripe_called", request_id=its_id)
        assert span.attributes["provider_id"] in {line["provider_id"] for line in called}
        assert span.attributes["provider_id"].startswith("req_")
        assert lines(shop, "web", event="event_received", request_id=its_id)


def assert_payment_leads_to_mails(shop: Shop, collector: Collector) -> None:
    """The return page or the event, whichever was first, found the payment made."""
    paid = lines(shop, "web", event="payment_succeeded")
    paid += lines(shop, "worker", event="payment_succeeded")
    (its_id,) = {line["request_id"] for line in paid}
    (trace,) = {s.trace for s in collector.spans if s.attributes["request_id"] == its_id}
    mails = [s for s in collector.trace(trace) if s.name == "resend emails.send"]
    assert len(mails) == len(lines(shop, "worker", event="mail_sent", request_id=its_id)) == 2
    for mail in mails:
        kinds = [span.kind for span in collector.above(mail)]
        assert kinds[-1] == "server"
        assert kinds.count("consumer") >= 2, "the job that queued it and the one that sent it"
    assert any(span.name.startswith("stripe ") for span in collector.trace(trace))
    assert any(span.is_sql for span in collector.trace(trace))


def assert_parcel_keeps_the_click(shop: Shop) -> None:
    assert lines(shop, "worker", event="carrier_booked", request_id=CLICK)
    news = lines(shop, "web", event="delivery_news", cause=CLICK)
    assert len(news) == 2
    assert all(line["request_id"] != CLICK for line in news)
    assert len(lines(shop, "web", event="request", request_id=CLICK)) == 2
    assert len(lines(shop, "worker", event="mail_sent", request_id=CLICK)) == 2, "sent, arrived"


def assert_measured(shop: Shop) -> None:
    said = shop.logged("web") + shop.logged("worker")
    pages = [
        line for line in lines(shop, "web", event="request")
        if not line["path"].startswith(("/static/", "/healthz", "/readyz"))
    ]  # fmt: skip
    assert embedded.total(said, "Requests") == len(pages)
    assert embedded.total(said, "ServerErrors") == 0
    assert embedded.total(said, "PaymentsSucceeded") == 1
    assert embedded.total(said, "MailsSent") == len(lines(shop, "worker", event="mail_sent"))
    assert {line["Environment"] for line in embedded.read(said)} == {"tests"}


def assert_about_nobody(shop: Shop, collector: Collector) -> None:
    """Look for a person's words, and for signed links, in all that left the processes."""
    told = b" ".join(collector.bodies).decode("utf-8", "replace").lower()
    measured = str(embedded.read(shop.logged("web") + shop.logged("worker"))).lower()
    logged = (shop.logged("web") + shop.logged("worker")).lower()
    assert any(
        "orders_order" in span.attributes.get("db.query.text", "") for span in collector.spans
    )
    assert {canary for canary in CANARIES if canary in told + measured + logged} == set()
    assert not [span for span in collector.spans if span.events or span.said]
    routes = {span.name for span in collector.spans if span.kind == "server"}
    assert "POST /checkout/pay/" in routes
    assert any(name.startswith("GET /order/<") for name in routes), "a signed link by its route"
    keys = {key for span in collector.spans for key in span.attributes}
    assert keys <= {
        "request_id", "http.request.method", "http.route", "http.response.status_code",
        "db.system.name", "db.query.text", "peer.service", "provider_id", "job", "error.type",
    }  # fmt: skip
