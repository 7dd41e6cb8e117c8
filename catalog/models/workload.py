"""How many pieces a workshop makes to order in a week."""

from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker

# The most pieces of one variant that a basket takes.
QUANTITY_MAX = 20


def week_of(day: date) -> date:
    """Give the Monday that a day's week began with."""
    return day - timedelta(days=day.weekday())


class Workload(models.Model):
    """How many made-to-order pieces a workshop takes on in a week, and has taken in the latest.

    `per_week` is None for a workshop that sets no bound. Checkouts fight over this row as they do
    over stock: locked by primary key after all stock, changed by one conditional update.
    """

    maker = models.OneToOneField(
        Maker, on_delete=models.CASCADE, primary_key=True, related_name="workload"
    )
    per_week = models.PositiveSmallIntegerField(
        _("made-to-order pieces a week"), null=True, blank=True
    )
    week = models.DateField(null=True, blank=True)
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("workload")
        verbose_name_plural = _("workloads")
        constraints = [
            models.CheckConstraint(
                condition=Q(taken=0) | Q(week__isnull=False), name="workload_taken_in_a_week"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taken} of {self.per_week} in the week of {self.week}"

    def room_in(self, week: date) -> int | None:
        """Give how many more pieces the week that begins on this Monday takes; None: no bound.

        A clock that runs behind reads the week that has already begun.
        """
        if self.per_week is None:
            return None
        is_current = self.week is not None and self.week >= week
        return max(self.per_week - (self.taken if is_current else 0), 0)


def room_left(maker: Maker, *, at: datetime | None = None) -> int | None:
    """Give how many more made-to-order pieces a workshop takes on this week; None: no bound.

    Reads `maker.workload` (load it by select_related); without one there is no bound.
    """
    try:
        return maker.workload.room_in(week_of(timezone.localdate(at)))
    except Workload.DoesNotExist:
        return None


def opening_week(maker: Maker, *, at: datetime | None = None) -> date | None:
    """Give the Monday after a full week; None for a workshop that takes on nothing at all."""
    load = maker.workload
    if load.per_week == 0:
        return None
    this_week = week_of(timezone.localdate(at))
    return max(load.week or this_week, this_week) + timedelta(days=7)
