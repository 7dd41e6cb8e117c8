"""A parcel's way: accepted and posted by its maker, carried, delivered, settled."""

import json
import logging
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

import boto3
from botocore.config import Config
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from opentelemetry.trace import SpanKind

from catalog import services as catalog
from makers_market.core import audit_log, tracing
from makers_market.core.errors import Refusal
from makers_market.core.logs import request_id
from orders.models import DeliveryNews, Order, Shipment, ShipmentMove
from orders.signals import shipment_cancelled, shipment_delivered, shipment_shipped

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

log = logging.getLogger(__name__)
# News of a lower rank than what is known is recorded and ignored.
RANKS = {
    Shipment.SHIPPED: 1,
    Shipment.IN_TRANSIT: 2,
    Shipment.DELIVERED: 3,
    Shipment.LOST: 3,
    Shipment.RETURNED: 3,
}
NEWS = frozenset({Shipment.IN_TRANSIT, Shipment.DELIVERED, Shipment.LOST, Shipment.RETURNED})


class UnknownShipment(Refusal):
    """There is no such parcel."""

    def __init__(self) -> None:
        super().__init__(_("There is no such parcel."))


class NotCollected(Refusal):
    """The shopper fetches this parcel, or the carrier does: not both."""

    def __init__(self) -> None:
        super().__init__(_("This parcel travels another way."))


def _lock(shipment_id: int) -> Shipment:
    """Lock the order first, then the parcel: the shop's one order of locks."""
    order_id = Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id)
    Order.objects.select_for_update().get(pk=order_id)
    return Shipment.objects.select_for_update().select_related("order").get(pk=shipment_id)


def _move(shipment: Shipment, status: str, *, by: str, at: datetime, why: str = "") -> bool:
    """Move a parcel by somebody's hand and record who it was; True if it moved."""
    before = shipment.status
    moved = shipment.move_to(status, by=by, at=at, why=why)
    if moved:
        changes = {"status": (before, status)}
        audit_log.record(
            f"parcel.{status}",
            shipment,
            by=by,
            at=at,
            maker=shipment.maker_id,
            changes=changes,
            why=why,
        )
    return moved


@transaction.atomic
def accept_shipment(shipment_id: int, *, by: str, at: datetime) -> None:
    """Note that the maker has begun to pack; raises IllegalMove unless the parcel is new."""
    _move(_lock(shipment_id), Shipment.ACCEPTED, by=by, at=at)


@transaction.atomic
def ship_shipment(shipment_id: int, *, by: str, at: datetime) -> None:
    """Note that the maker has posted an accepted parcel; tells shipment_shipped once.

    Raises IllegalMove for a parcel in another state, NotCollected for one the shopper fetches.
    """
    shipment = _lock(shipment_id)
    if shipment.is_collection:
        raise NotCollected
    if _move(shipment, Shipment.SHIPPED, by=by, at=at):
        shipment_shipped.send(Shipment, shipment_id=shipment.pk)


@transaction.atomic
def hand_over_shipment(shipment_id: int, *, by: str, at: datetime) -> None:
    """Note that the shopper fetched an accepted parcel at the workshop."""
    shipment = _lock(shipment_id)
    if not shipment.is_collection:
        raise NotCollected
    if _move(shipment, Shipment.COLLECTED, by=by, at=at):
        shipment_delivered.send(Shipment, shipment_id=shipment.pk)


@transaction.atomic
def cancel_shipment(shipment_id: int, *, by: str, at: datetime, why: str = "") -> None:
    """Cancel a paid parcel that was not posted: stock, or room in the maker's week, comes back.

    When it was the order's last living parcel the order is cancelled too. Raises IllegalMove;
    tells shipment_cancelled.
    """
    shipment = _lock(shipment_id)
    if shipment.status == Shipment.WAITING or not _move(
        shipment, Shipment.CANCELLED, by=by, at=at, why=why
    ):
        return
    catalog.return_stock(_sold(shipment), reference=f"shipment:{shipment.uuid}", at=at)
    _finish_order(shipment.order, at)
    shipment_cancelled.send(Shipment, shipment_id=shipment.pk)


def _sold(shipment: Shipment) -> list[catalog.Holding]:
    """Give what a parcel's lines have taken: of stock, or of the week that their holds name."""
    weeks = dict(shipment.order.holds.values_list("variant_id", "made_in_week"))
    return [
        catalog.Holding(line.variant_id, line.quantity, weeks[line.variant_id])
        for line in shipment.lines.all()
    ]


def _finish_order(order: Order, at: datetime) -> None:
    """Cancel or close a paid order once all its parcels have come to an end."""
    statuses = set(order.shipments.values_list("status", flat=True))
    if order.status != Order.PAID or not statuses <= set(Shipment.TERMINAL):
        return
    only_cancelled = statuses == {Shipment.CANCELLED}
    order.move_to(Order.CANCELLED if only_cancelled else Order.CLOSED, by="worker", at=at)


@transaction.atomic
def record_delivery_news(
    *,
    webhook_id: str,
    shipment: UUID,
    status: str,
    sequence: int,
    occurred_at: datetime,
    tracking_number: str,
    at: datetime,
) -> str:
    """Record one call of the carrier and give its effect: "applied", "ignored" or "known".

    News about a state already passed, of an older sequence, or that the parcel cannot take is
    kept as ignored. Tells shipment_delivered. Raises UnknownShipment.
    """
    found = Shipment.objects.filter(uuid=shipment).values_list("pk", flat=True).first()
    if found is None:
        raise UnknownShipment
    parcel = _lock(found)
    news, created = DeliveryNews.objects.get_or_create(
        webhook_id=webhook_id,
        defaults={
            "shipment": parcel,
            "status": status,
            "sequence": sequence,
            "occurred_at": occurred_at,
            "received_at": at,
            "effect": DeliveryNews.IGNORED,
        },
    )
    if not created:
        return "known"
    if _is_news(parcel, status, sequence):
        _apply(parcel, status, sequence, tracking_number, at)
        DeliveryNews.objects.filter(pk=news.pk).update(effect=DeliveryNews.APPLIED)
        return DeliveryNews.APPLIED
    log.info("delivery_news_ignored", extra={"shipment": parcel.uuid, "why": status})
    return DeliveryNews.IGNORED


def _is_news(parcel: Shipment, status: str, sequence: int) -> bool:
    if sequence <= parcel.last_sequence or parcel.status not in RANKS:
        return False
    return RANKS[status] > RANKS[parcel.status]


def _apply(
    parcel: Shipment, status: str, sequence: int, tracking_number: str, at: datetime
) -> None:
    parcel.last_sequence = sequence
    parcel.tracking_number = parcel.tracking_number or tracking_number
    parcel.save(update_fields=["last_sequence", "tracking_number"])
    parcel.move_to(status, by="carrier", at=at)
    if status == Shipment.DELIVERED:
        shipment_delivered.send(Shipment, shipment_id=parcel.pk)
    _finish_order(parcel.order, at)


@transaction.atomic
def settle_shipments(*, at: datetime, limit: int = 200) -> int:
    """Settle parcels delivered longer ago than the payout hold, by the database's clock.

    Gives how many were settled; closes orders whose parcels have all come to an end.
    """
    hold = timedelta(days=settings.PAYOUT_HOLD_DAYS)
    arrived = ShipmentMove.objects.filter(
        to_status__in=[Shipment.DELIVERED, Shipment.COLLECTED],
        subject__status__in=[Shipment.DELIVERED, Shipment.COLLECTED],
        at__lt=Now() - hold,
    )
    due = list(arrived.order_by("subject__order_id").values_list("subject_id", flat=True)[:limit])
    for shipment_id in due:
        shipment = _lock(shipment_id)
        shipment.move_to(Shipment.SETTLED, by="worker", at=at)
        _finish_order(shipment.order, at)
    return len(due)


@cache
def _queue() -> "SQSClient":
    config = Config(connect_timeout=3, read_timeout=5, retries={"max_attempts": 0})
    return boto3.client("sqs", region_name=settings.AWS_REGION, config=config)


def book_carrier(shipment_id: int) -> None:
    """Hand a posted parcel to the carrier's queue; a repeated call is harmless, news has ids.

    The command carries the request's id, and the carrier's signed news bring it back.

    Raises botocore's errors when the queue does not answer: the job tries again.
    """
    shipment = Shipment.objects.get(pk=shipment_id)
    command = json.dumps({"shipment": str(shipment.uuid), "request_id": request_id.get()})
    with tracing.span("sqs SendMessage", SpanKind.PRODUCER, peer_service="sqs"):
        _queue().send_message(QueueUrl=settings.DELIVERY_QUEUE_URL, MessageBody=command)
    log.info("carrier_booked", extra={"shipment": shipment.uuid})
