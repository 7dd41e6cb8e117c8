"""Calls that change something at Stripe, and the events Stripe sends."""

import hashlib
import json
import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def hash_params(params: dict[str, Any]) -> str:
    """Give the SHA-256 of parameters in one canonical spelling."""
    return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()


class Operation(models.Model):
    """One write at a provider: frozen parameters under one idempotency key, sent until answered.

    `subject` is "payment:<uuid>" or "refund:<uuid>". A time-out, 5xx, 409 or reset leaves it
    `unknown`, to be sent again with the same key; a definite 4xx makes it `rejected`.
    """

    WRITTEN, SENT, UNKNOWN, DONE, REJECTED = "written", "sent", "unknown", "done", "rejected"
    OPEN_SESSION, EXPIRE_SESSION, REFUND = "open_session", "expire_session", "refund"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=24)
    subject = models.CharField(max_length=64, db_index=True)
    params = models.JSONField()
    params_hash = models.CharField(max_length=64)
    attempt = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=8, default=WRITTEN)
    provider_id = models.CharField(max_length=120, blank=True)
    first_sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "attempt"], name="operation_attempt_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(provider_id=""), name="operation_done_has_object"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} #{self.attempt} {self.state}"


class StripeEvent(models.Model):
    """One event of Stripe, stored once by its id before anything is done about it."""

    RECEIVED, APPLIED, IGNORED, PARKED, DEAD = "received", "applied", "ignored", "parked", "dead"
    # received → applied, ignored or parked; parked → applied, ignored or dead (72 h).
    MOVES: ClassVar = {
        RECEIVED: frozenset({APPLIED, IGNORED, PARKED}),
        PARKED: frozenset({APPLIED, IGNORED, DEAD}),
    }

    id = models.CharField(primary_key=True, max_length=120)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=120)
    # What our own objects are called at Stripe: "<order uuid>.<attempt>"; empty on others.
    reference = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, default=RECEIVED)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("Stripe event")
        verbose_name_plural = _("Stripe events")
        ordering = ["created_at", "id"]
        indexes = [
            # The catch-up job looks for what is still to be done.
            models.Index(
                fields=["received_at"],
                condition=Q(state__in=["received", "parked"]),
                name="event_still_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
