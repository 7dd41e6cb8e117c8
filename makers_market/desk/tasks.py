"""Doors of the worker into what concerns all apps."""

from makers_market.core.jobs import job
from makers_market.desk import sweeping


@job("desk.sweep_sessions")
def sweep_sessions(user_id: int, digests: list[str]) -> None:
    """After an erasure: end what sessions are left, and take typed addresses out of others'."""
    sweeping.sweep_sessions(user_id=user_id, digests=frozenset(digests))
