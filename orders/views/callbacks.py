"""The carrier's door: signed calls that move a parcel."""

import json
import logging

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from makers_market.core.http import GIVEN_ID, body_within, machine_door
from makers_market.core.logs import request_id
from makers_market.core.signatures import verify
from orders import services
from orders.forms import DeliveryNewsForm
from orders.services.shipping import UnknownShipment

BODY_LIMIT = 64 * 1024
log = logging.getLogger(__name__)


@machine_door
def delivery_callback(request: HttpRequest) -> JsonResponse:
    """Record one piece of delivery news; verified before it is read."""
    at = timezone.now()
    body = body_within(request, BODY_LIMIT)
    webhook_id = verify(body, request.headers, secrets=settings.DELIVERY_CALLBACK_SECRETS, at=at)
    news = _parsed(body)
    _take_over(news.get("request_id", ""))
    form = DeliveryNewsForm(news)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors.get_json_data()}, status=400)
    try:
        effect = services.record_delivery_news(webhook_id=webhook_id, at=at, **form.cleaned_data)
    except UnknownShipment:
        return JsonResponse({"errors": "no such shipment"}, status=404)
    return JsonResponse({"effect": effect})


def _take_over(cause: str) -> None:
    """Go on under the id of the request that booked the parcel; the log ties both together."""
    if GIVEN_ID.fullmatch(cause):
        log.info("delivery_news", extra={"cause": cause})
        request_id.set(cause)


def _parsed(body: bytes) -> dict[str, str]:
    try:
        news = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("not JSON") from error
    if not isinstance(news, dict):
        raise BadRequest("not an object")
    return {name: str(value) for name, value in news.items()}
