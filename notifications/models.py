"""Mails: one row each, so that each is sent once."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Mail(models.Model):
    """One mail to one person about one thing, unique by (kind, subject, recipient).

    `subject` is "order:<uuid>", "shipment:<uuid>", "refund:<uuid>", "account:<uuid>" …; what is
    written in the mail is made from it when it is sent, but for account mails, whose words come
    with them. The words of a secret mail (a code) are wiped once it is sent.
    """

    QUEUED, SENDING, SENT, REFUSED = "queued", "sending", "sent", "refused"
    STATES = [
        (QUEUED, _("Queued")),
        (SENDING, _("Sending")),
        (SENT, _("Sent")),
        (REFUSED, _("Refused")),
    ]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=64)
    recipient = models.EmailField()
    language = models.CharField(max_length=5)
    state = models.CharField(max_length=8, choices=STATES, default=QUEUED)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=64, blank=True)
    # The very words that were sent first: a repeated call must carry the same ones.
    content = models.JSONField(null=True, blank=True)
    is_secret = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject", "recipient"], name="mail_once"),
            models.CheckConstraint(
                condition=~Q(state="sent") | ~Q(provider_id=""), name="mail_sent_has_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
