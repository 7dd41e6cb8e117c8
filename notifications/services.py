"""Mails are queued once and sent once, whatever dies in between."""

import logging
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast
from uuid import UUID

import resend
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from opentelemetry.trace import SpanKind
from resend.exceptions import ResendError

from accounts.models import Maker, User
from makers_market.core import metrics, tracing
from makers_market.core.crash import crash_point
from makers_market.core.privacy import is_erased
from notifications.models import Mail
from notifications.writing import write
from orders.models import Order, Shipment
from payments.models import Refund

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 5
# A claim older than this belongs to a worker that died.
CLAIM_LIVES = timedelta(seconds=20)
# Answers of Resend that repeating cannot change: https://resend.com/docs/api-reference/errors
FINAL_CODES = frozenset({"400", "403", "404", "405", "422"})


class MailUnanswered(Exception):
    """Resend did not answer, or asked to wait: the job tries again."""


@transaction.atomic
def queue_order_mail(kind: str, order_id: int, *, at: datetime) -> list[int]:
    """Queue a mail to the shopper about their order; gives the ids of mails to send."""
    order = Order.objects.get(pk=order_id)
    return _queue(kind, f"order:{order.uuid}", order.email, order.language, at)


@transaction.atomic
def queue_shipment_mail(kind: str, shipment_id: int, *, at: datetime) -> list[int]:
    """Queue a mail to the shopper about one parcel."""
    shipment = Shipment.objects.select_related("order").get(pk=shipment_id)
    order = shipment.order
    return _queue(kind, f"shipment:{shipment.uuid}", order.email, order.language, at)


@transaction.atomic
def queue_maker_mails(kind: str, order_id: int, *, at: datetime) -> list[int]:
    """Queue a mail to each person who packs in a workshop that has a parcel in an order."""
    shipments = Shipment.objects.filter(order_id=order_id).select_related("maker")
    return [
        mail_id
        for shipment in shipments
        for user in _packers(shipment.maker)
        for mail_id in _queue(kind, f"shipment:{shipment.uuid}", user.email, user.language, at)
    ]


def _packers(maker: Maker) -> list[User]:
    """List who may see whom a parcel is for; a writer may not."""
    members = maker.memberships.filter(user__is_active=True).select_related("user")
    return [member.user for member in members.order_by("user_id") if member.can("pack")]


@transaction.atomic
def queue_refund_mail(kind: str, refund_id: int, *, at: datetime) -> list[int]:
    """Queue a mail to the shopper about money on its way back."""
    refund = Refund.objects.select_related("payment__order").get(pk=refund_id)
    order = refund.payment.order
    return _queue(kind, f"refund:{refund.uuid}", order.email, order.language, at)


def _queue(kind: str, subject: str, recipient: str, language: str, at: datetime) -> list[int]:
    """Queue one mail, unless its recipient was erased meanwhile."""
    if is_erased(recipient):
        return []
    mail, _created = Mail.objects.get_or_create(
        kind=kind,
        subject=subject,
        recipient=recipient,
        defaults={"language": language, "created_at": at},
    )
    return [mail.pk]


def send_mail(mail_id: int, *, at: datetime) -> None:
    """Send a queued mail under its own id as idempotency key; safe to repeat.

    Raises MailUnanswered while Resend does not answer. A mail that Resend refuses for good is
    kept as refused, for an operator to look at.
    """
    mail = _claim(mail_id, at)
    if mail is None:
        return
    crash_point("mail_claimed")
    try:
        with tracing.span("resend emails.send", SpanKind.CLIENT, peer_service="resend"):
            answer = _client().send(cast(Any, mail.content), {"idempotency_key": str(mail.uuid)})
    except ResendError as error:
        metrics.count("MailsFailed")
        _give_back(mail, error)
        return
    except Exception as error:
        metrics.count("MailsFailed")
        Mail.objects.filter(pk=mail.pk, state=Mail.SENDING).update(
            claimed_at=None, last_error=type(error).__name__
        )
        raise MailUnanswered from error
    crash_point("mail_sent")
    ended = {"state": Mail.SENT, "sent_at": at, "provider_id": answer["id"], "last_error": ""}
    Mail.objects.filter(pk=mail.pk).update(**ended, **_wiped(mail))
    metrics.count("MailsSent")
    log.info("mail_sent", extra={"mail": mail.uuid, "provider_id": answer["id"]})


def _claim(mail_id: int, at: datetime) -> Mail | None:
    """Take a mail by one conditional update; None if it is sent or another worker has it."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=Now() - CLAIM_LIVES)
    claimed = Mail.objects.filter(free, pk=mail_id, state__in=[Mail.QUEUED, Mail.SENDING]).update(
        state=Mail.SENDING, claimed_at=Now()
    )
    if not claimed:
        _refuse_to_forget(mail_id)
        return None
    mail = Mail.objects.get(pk=mail_id)
    if mail.content is None:
        mail.content = _content(mail)
        mail.save(update_fields=["content"])
        # As PostgreSQL keeps it, keys in its order: a repeated call must be the same bytes.
        mail.refresh_from_db(fields=["content"])
    return mail


def _refuse_to_forget(mail_id: int) -> None:
    """Come back later for a mail that a worker, perhaps a dead one, has claimed."""
    if Mail.objects.filter(pk=mail_id, state=Mail.SENDING).exists():
        raise MailUnanswered("claimed by another worker")


def _give_back(mail: Mail, error: ResendError) -> None:
    is_final = str(error.code) in FINAL_CODES
    log.warning("mail_not_sent", extra={"mail": mail.uuid, "why": error.error_type})
    Mail.objects.filter(pk=mail.pk).update(
        state=Mail.REFUSED if is_final else Mail.SENDING,
        claimed_at=None,
        last_error=f"{error.code} {error.error_type}"[:200],
        **(_wiped(mail) if is_final else {}),
    )
    if not is_final:
        raise MailUnanswered from error


def _wiped(mail: Mail) -> dict[str, None]:
    """Give what to forget of a mail that will not be sent again: a code's words."""
    return {"content": None} if mail.is_secret else {}


def _content(mail: Mail) -> dict[str, Any]:
    _kind, _colon, uuid = mail.subject.partition(":")
    written = write(mail.kind, UUID(uuid), language=mail.language)
    return written.to(mail.recipient)


@cache
def _client() -> type[resend.Emails]:
    """Give Resend's client: 5 s time-out."""
    resend.api_key = settings.RESEND_API_KEY
    resend.api_url = settings.RESEND_API_URL
    resend.default_http_client = resend.RequestsClient(timeout=TIMEOUT_SECONDS)
    return resend.Emails
