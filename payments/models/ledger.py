"""The books: double entry, append only; the database refuses to change or unbalance them."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

STRIPE_BALANCE = "stripe_balance"
COMMISSION = "commission"
STRIPE_FEES = "stripe_fees"
REFUND_CLEARING = "refund_clearing"


def maker_payable(maker_id: int) -> str:
    """Name the account of what we owe one maker."""
    return f"maker_payable:{maker_id}"


class LedgerEntry(models.Model):
    """One event in the books; once per source and kind. A deferred trigger keeps it balanced."""

    source = models.CharField(max_length=64)
    kind = models.CharField(max_length=24)
    at = models.DateTimeField()

    lines: Any

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "kind"], name="ledger_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"


class LedgerLine(models.Model):
    """An amount on one account: debit above zero, credit below."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(max_length=48, db_index=True)
    amount_cents = models.BigIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_cents=0), name="ledger_line_moves"),
            models.UniqueConstraint(fields=["entry", "account"], name="ledger_account_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_cents:+d}"
