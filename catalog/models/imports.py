"""A file of pieces that a workshop sent: checked first, then brought in by a job, row by row."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker


class Import(models.Model):
    """One CSV file of a workshop; the file is private and lies under the import's uuid.

    `faults` are [[row, column, value, reason]], rows counted from 2 as a spreadsheet shows them.
    A run that was interrupted goes on behind `rows_done`.
    """

    CHECKING, CHECKED, RUNNING = "checking", "checked", "running"
    DONE, REFUSED, DROPPED = "done", "refused", "dropped"
    STATES = [
        (CHECKING, _("Being checked")),
        (CHECKED, _("Checked")),
        (RUNNING, _("Being brought in")),
        (DONE, _("Brought in")),
        (REFUSED, _("Not readable")),
        (DROPPED, _("Dropped")),
    ]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="imports")
    state = models.CharField(_("status"), max_length=8, choices=STATES, default=CHECKING)
    digest = models.CharField(max_length=32)
    rows_count = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    faults: Any = models.JSONField(default=list)
    # What it would do, or did: {"new": 3, "changed": 12, "same": 1985}.
    effects: Any = models.JSONField(default=dict)
    refusal = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"))
    sent_by = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["maker"],
                condition=Q(state__in=["checking", "running"]),
                name="import_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.rows_done} of {self.rows_count}"
