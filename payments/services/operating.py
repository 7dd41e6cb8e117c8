"""Operations: every write at Stripe is written down before it is sent, and sent until answered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from makers_market.core.crash import crash_point
from payments import gateway
from payments.models import Operation
from payments.models.provider import hash_params

# Stripe forgets a key after 24 hours; afterwards the same call would act a second time.
KEY_LIVES = timedelta(hours=23)
CALLS: dict[str, Callable[[Any, str], Any]] = {
    Operation.OPEN_SESSION: gateway.create_session,
    Operation.EXPIRE_SESSION: gateway.expire_session,
    Operation.REFUND: gateway.create_refund,
}


class KeyTooOld(gateway.ProviderUnavailable):
    """The key is no longer safe to repeat; the object must be looked up instead."""


def write_operation(
    kind: str, subject: str, params: dict[str, Any], *, attempt: int, at: datetime
) -> Operation:
    """Write down a call before it is sent; gives the one already written for this attempt."""
    operation, _created = Operation.objects.get_or_create(
        kind=kind,
        subject=subject,
        attempt=attempt,
        defaults={
            "params": params,
            "params_hash": hash_params(params),
            "key": f"{kind}:{subject}:{attempt}",
            "created_at": at,
        },
    )
    return operation


def send_operation(operation: Operation) -> Any:
    """Send the call with its frozen parameters and key; gives Stripe's object.

    Safe to repeat: the key makes Stripe act once. Raises ProviderUnavailable (state `unknown`),
    KeyTooOld, or ProviderRefused (state `rejected`).
    """
    _note_sending(operation)
    try:
        answer = CALLS[operation.kind](operation.params, operation.key)
    except gateway.ProviderUnavailable as error:
        _note(operation, Operation.UNKNOWN, error=error.why)
        raise
    except gateway.ProviderRefused as error:
        _note(operation, Operation.REJECTED, error=error.why)
        raise
    crash_point("provider_called")
    note_done(operation, answer.id)
    return answer


def _note_sending(operation: Operation) -> None:
    now = timezone.now()
    with transaction.atomic(durable=True):
        row = Operation.objects.select_for_update().get(pk=operation.pk)
        if hash_params(row.params) != row.params_hash:
            raise RuntimeError(f"operation {row.uuid}: its parameters were changed")
        if row.first_sent_at and now - row.first_sent_at > KEY_LIVES:
            raise KeyTooOld("key older than 23 hours")
        if row.state in {Operation.WRITTEN, Operation.UNKNOWN}:
            row.state = Operation.SENT
            row.first_sent_at = row.first_sent_at or now
            row.save(update_fields=["state", "first_sent_at"])


def _note(operation: Operation, state: str, *, error: str) -> None:
    unanswered = [Operation.WRITTEN, Operation.SENT, Operation.UNKNOWN]
    Operation.objects.filter(pk=operation.pk, state__in=unanswered).update(
        state=state, last_error=error[:200]
    )


def note_done(operation: Operation, provider_id: str) -> None:
    """Note the object that a call made, also when it was found by looking it up."""
    Operation.objects.filter(pk=operation.pk).exclude(state=Operation.DONE).update(
        state=Operation.DONE, provider_id=provider_id, last_error=""
    )
