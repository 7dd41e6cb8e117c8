"""Doors of the worker into what concerns all apps."""

from django.conf import settings
from django.utils import timezone

from makers_market.core.jobs import job
from makers_market.desk import measuring, sweeping


@job("desk.sweep_sessions")
def sweep_sessions(user_id: int, digests: list[str]) -> None:
    """After an erasure: end what sessions are left, and take typed addresses out of others'."""
    sweeping.sweep_sessions(user_id=user_id, digests=frozenset(digests))


@job("desk.measure")
def measure() -> None:
    """Each minute, by one worker: how much waits. Nothing while measurements are off."""
    if settings.METRICS:
        measuring.measure(at=timezone.now())


measure.every("* * * * *")


@job("desk.check_books")
def check_books() -> None:
    """Each hour, by one worker: whether the books and the audit log are whole."""
    if settings.METRICS:
        measuring.check_books(at=timezone.now())


check_books.every("17 * * * *")
