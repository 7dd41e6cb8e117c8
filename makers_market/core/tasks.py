"""Doors of the worker into what belongs to no trade."""

from django.utils import timezone

from makers_market.core import audit_chain, editions, limits
from makers_market.core.jobs import job


@job("core.seal_audit")
def seal_audit() -> None:
    """Each minute: seal what was written to the audit log, as much as there is."""
    while audit_chain.seal_settled(at=timezone.now()) == audit_chain.BATCH:
        pass


seal_audit.every("* * * * *")


@job("core.sweep_cache")
def sweep_cache() -> None:
    """Each ten minutes: delete what is over of limits and of the database cache."""
    limits.sweep()


sweep_cache.every("*/10 * * * *")


@job("core.fold_changes")
def fold_changes() -> None:
    """Each five minutes: count the changes of public pages once, not at each request."""
    editions.fold()


fold_changes.every("*/5 * * * *")
