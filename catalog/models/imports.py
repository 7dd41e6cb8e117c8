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
    A run that was interrupted goes on behind `rows_done`. `todo` is written once, by the check:
    what each piece writes must stay small, however many there are.
    """

    CHECKING, CHECKED, RUNNING = "checking", "checked", "running"
    DONE, REFUSED, DROPPED, FAILED = "done", "refused", "dropped", "failed"
    STATES = [
        (CHECKING, _("Being checked")),
        (CHECKED, _("Checked")),
        (RUNNING, _("Being brought in")),
        (DONE, _("Brought in")),
        (REFUSED, _("Not readable")),
        (DROPPED, _("Dropped")),
        (FAILED, _("Broken off")),
    ]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="imports")
    state = models.CharField(_("status"), max_length=8, choices=STATES, default=CHECKING)
    digest = models.CharField(max_length=32)
    rows_count = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    faults: Any = models.JSONField(default=list)
    # What it would do, or did, in rows: {"new": 3, "changed": 12, "same": 1985, "came": 7}.
    effects: Any = models.JSONField(default=dict)
    # The pieces to bring in: handle → their fingerprint when checked, "" for new ones.
    todo: Any = models.JSONField(null=True)
    refusal = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"))
    sent_by = models.CharField(max_length=64)
    # When the job last got further.
    moved_at = models.DateTimeField(null=True)
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

    @property
    def can_start(self) -> bool:
        """Tell whether it waits to be brought in, and anything of it can be."""
        coming: int = self.effects.get("new", 0) + self.effects.get("changed", 0)
        return self.state == self.CHECKED and coming > 0

    def __str__(self) -> str:
        return f"{self.state} {self.rows_done} of {self.rows_count}"
