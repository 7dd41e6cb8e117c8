"""What belongs to no trade: the record of who did what, and the state of the whole shop."""

from typing import ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act of staff or of an account holder: only ever added to, sealed into a hash chain.

    `subject` is "maker:5", "product:12", "user:7"; `changes` maps a field to [before, after],
    personal values as keyed digests. `maker` is the workshop that may read the entry.
    """

    at = models.DateTimeField(_("when"))
    # "user:7", "worker", "carrier", "command".
    actor = models.CharField(_("who"), max_length=64)
    action = models.CharField(_("what"), max_length=48)
    subject = models.CharField(_("about"), max_length=64, db_index=True)
    maker = models.BigIntegerField(null=True, blank=True, db_index=True)
    changes = models.JSONField(_("before and after"), default=dict, blank=True)
    why = models.CharField(_("reason"), max_length=500, blank=True)
    # Keyed digest of the client's address: tells two apart, names nobody.
    address = models.CharField(_("from where"), max_length=32, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    # The chain: position 1, 2, 3 …, seal = SHA-256 over the seal before and this row.
    position = models.BigIntegerField(null=True, blank=True, unique=True)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(position=None, seal="")
                | models.Q(position__isnull=False) & ~models.Q(seal=""),
                name="audit_sealed_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class MarketState(models.Model):
    """The one row that says whether the shop takes changes, and what it tells everybody."""

    ROW: ClassVar = 1

    is_read_only = models.BooleanField(_("read-only"), default=False)
    reason_en = models.CharField(_("reason"), max_length=200, blank=True)
    reason_pt = models.CharField(_("reason in Portuguese"), max_length=200, blank=True)
    announcement_en = models.CharField(_("announcement"), max_length=200, blank=True)
    announcement_pt = models.CharField(_("announcement in Portuguese"), max_length=200, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("market state")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="market_state_is_one_row"),
        ]

    def __str__(self) -> str:
        return "read-only" if self.is_read_only else "open"

    @property
    def reason(self) -> str:
        return (self.reason_pt if get_language() == "pt" else "") or self.reason_en

    @property
    def announcement(self) -> str:
        return (self.announcement_pt if get_language() == "pt" else "") or self.announcement_en


class Edition(models.Model):
    """How many changes of what public pages show were committed before those in Change: one row."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class Change(models.Model):
    """One committed transaction that changed what public pages show (core/editions.py)."""

    def __str__(self) -> str:
        return str(self.pk)
