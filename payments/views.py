"""Doors to and from the payment page, and the door Stripe's events come through."""

import json
import logging
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import stripe
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from makers_market.core.crash import crash_point
from makers_market.core.errors import Refusal
from makers_market.core.http import body_within, machine_door
from orders.models import Order
from payments import services, tasks
from payments.gateway import ProviderRefused, ProviderUnavailable
from payments.services.settling import is_livemode

log = logging.getLogger(__name__)
EVENT_LIMIT = 256 * 1024
TOLERANCE_SECONDS = 300
EVENT_ID = re.compile(r"evt_\w{1,116}", re.ASCII)
# The year 9999 in seconds, the last that a date can hold.
LATEST_SECOND = 253_000_000_000


def _order_behind(token: str) -> Order:
    return get_object_or_404(Order.objects.behind(token))


def start(request: HttpRequest, token: str) -> HttpResponse:
    """Send the shopper to the payment page; asking again leads to the same page."""
    order = _order_behind(token)
    try:
        payment = services.start_payment(order.pk, at=timezone.now())
    except services.NotPayable:
        return redirect(order.get_absolute_url())
    except (ProviderUnavailable, ProviderRefused):
        return redirect(f"{order.get_absolute_url()}?payment=unavailable")
    response = HttpResponseRedirect(payment.session_url)
    response.status_code = 303
    return response


@require_GET
def returned(request: HttpRequest, token: str) -> HttpResponse:
    """Welcome the shopper back: what happened is asked of Stripe, never read from the address."""
    order = _order_behind(token)
    with suppress(Refusal, services.PaymentMismatch):
        services.settle_order(order.pk, at=timezone.now())
    return redirect(order.get_absolute_url())


@require_POST
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel an unpaid order; while Stripe does not answer the page says "cancelling"."""
    order = _order_behind(token)
    try:
        services.cancel_order(order.pk, by="buyer", at=timezone.now())
    except ProviderUnavailable:
        tasks.cancel_order.defer(order_id=order.pk)
    except (Refusal, services.PaymentMismatch):
        log.info("cancel_too_late", extra={"order": order.number})
    return redirect(order.get_absolute_url())


@machine_door
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Store one signed event and answer; what it means is worked out by a job."""
    event = _verified(body_within(request, EVENT_LIMIT), request.headers.get("Stripe-Signature"))
    if event.get("livemode") is not is_livemode():
        raise BadRequest("livemode differs")
    services.receive_event(event, at=timezone.now())
    log.info("event_received", extra={"event_id": event["id"], "event_type": event["type"]})
    crash_point("event_stored")
    return HttpResponse(status=200)


def _verified(body: bytes, header: str | None) -> dict[str, object]:
    """Give the event if one of the live secrets signed this very body within ±300 s.

    Raises BadRequest otherwise. The SDK accepts signatures dated in the future; we do not.
    Source: https://docs.stripe.com/webhooks#verify-manually
    """
    if header is None or not header.isascii():
        raise BadRequest("signature")
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        with suppress(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
            _refuse_future(header)
            return _event(body)
    raise BadRequest("signature")


def _refuse_future(header: str) -> None:
    stamps = [part[2:] for part in header.split(",") if part.startswith("t=")]
    signed_at = datetime.fromtimestamp(int(stamps[0]), UTC)
    if (signed_at - timezone.now()).total_seconds() > TOLERANCE_SECONDS:
        raise BadRequest("signature")


def _event(body: bytes) -> dict[str, object]:
    if rb"\u0000" in body:  # PostgreSQL cannot store it, and Stripe never writes it
        raise BadRequest("not an event")
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("not JSON") from error
    if not isinstance(event, dict) or not _is_event(event):
        raise BadRequest("not an event")
    return event


def _is_event(event: dict[str, Any]) -> bool:
    """Tell whether something signed has the parts of an event that we read."""
    data = event.get("data")
    return (
        event.get("object") == "event"
        and isinstance(event.get("type"), str)
        and EVENT_ID.fullmatch(str(event.get("id"))) is not None
        and type(event.get("created")) is int
        and 0 < event["created"] < LATEST_SECOND
        and isinstance(data, dict)
        and isinstance(data.get("object"), dict)
        and isinstance(data["object"].get("metadata") or {}, dict)
    )
