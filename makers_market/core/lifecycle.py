"""Things with a life: one status, one table of allowed moves, one writer, one history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from makers_market.core.errors import Refusal


class IllegalMove(Refusal):
    """The thing is in a state from which the wished state cannot be reached."""

    def __init__(self, thing: str, current: str, wished: str) -> None:
        super().__init__(_("This can no longer be done: its state has changed."))
        self.args = (f"{thing}: {current} -> {wished}",)


class Move(models.Model):
    """One line of a history: from, to, by whom, why, when. Subclasses add `subject`."""

    from_status = models.CharField(max_length=16, blank=True)
    to_status = models.CharField(max_length=16)
    by = models.CharField(max_length=64)
    why = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering = ["id"]


class Lifecycle(models.Model):
    """Abstract: a model with `status`, `MOVES` and a reverse relation `moves` to its history."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]]
    status = models.CharField(max_length=16)
    moves: Any

    class Meta:
        abstract = True

    def starting_move(self, *, by: str, at: datetime, why: str = "") -> Any:
        """Build, unsaved, the first line of the history: how this thing came to be."""
        return self.moves.model(
            subject=self, from_status="", to_status=self.status, by=by, why=why, at=at
        )

    def move_to(self, status: str, *, by: str, at: datetime, why: str = "") -> bool:
        """Move to another status and write the history; True if it moved, False if already there.

        The caller holds this row's lock. Raises IllegalMove for a pair that MOVES lacks.
        """
        if self.status == status:
            return False
        if status not in self.MOVES.get(self.status, frozenset()):
            raise IllegalMove(type(self).__name__, self.status, status)
        self.moves.create(from_status=self.status, to_status=status, by=by, why=why, at=at)
        self.status = status
        self.save(update_fields=["status"])
        return True


def broken_histories(model: type[Lifecycle]) -> list[str]:
    """List things whose history has a gap, an illegal move, or an end other than their status."""
    broken = []
    for thing in model.objects.prefetch_related("moves").iterator(chunk_size=500):  # type: ignore[attr-defined]
        before = ""
        for move in thing.moves.all():
            legal = not before or move.to_status in model.MOVES.get(before, frozenset())
            if move.from_status != before or not legal:
                broken.append(f"{model.__name__} {thing.pk}: {move.from_status}->{move.to_status}")
            before = move.to_status
        if before != thing.status:
            broken.append(f"{model.__name__} {thing.pk}: history ends {before}, is {thing.status}")
    return broken
