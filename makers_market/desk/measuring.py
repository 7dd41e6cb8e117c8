"""How much waits, and whether the books and the audit log are whole, for the market's alarms.

Only a worker measures; a worker that is gone measures nothing, which is an alarm too.
"""

import logging
import time
from datetime import datetime

from django.db import OperationalError
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Coalesce
from procrastinate.contrib.django.models import ProcrastinateJob

from makers_market.core import audit, metrics
from makers_market.core.audit_chain import broken_links
from makers_market.core.job_list import TODO, count_failed
from orders.models import Hold

log = logging.getLogger(__name__)
# A check that takes longer would keep a worker from the shop's own work.
MOST_SECONDS = 300
# How many of the newest links of the audit log's chain are walked each hour, about a second's work.
NEWEST_LINKS = 20_000
# The hour (UTC) in which the whole chain is walked.
WHOLE_CHAIN_HOUR = 3


def measure(*, at: datetime) -> None:
    """Write how many jobs are due and since when, how many were given up, and how many holds live.

    A job that is to run later waits from that time on, not before.
    """
    due = Q(scheduled_at=None) | Q(scheduled_at__lte=at)
    jobs = ProcrastinateJob.objects.filter(due, status=TODO).aggregate(
        count=Count("id", distinct=True),
        since=Min(Coalesce(F("scheduled_at"), F("procrastinateevent__at"))),
    )
    oldest = max(0.0, (at - jobs["since"]).total_seconds()) if jobs["since"] else 0.0
    metrics.gauge(
        {
            "JobsWaiting": jobs["count"],
            "OldestJobSeconds": round(oldest, 1),
            "JobsFailed": count_failed(),
            "HoldsOpen": Hold.objects.filter(state=Hold.LIVE).count(),
        }
    )


def check_books(*, at: datetime) -> None:
    """Check the invariants of money and the audit log's chain, and write how many rows are broken.

    What could not be checked to its end writes nothing, unless something broken was found: the
    missing figure is then the news.
    """
    newest = None if at.hour == WHOLE_CHAIN_HOUR else NEWEST_LINKS
    found = {
        "MoneyBroken": _money_broken(),
        "AuditBroken": len(broken_links(at=at, newest=newest)),
    }
    for name, broken in found.items():
        if broken:
            log.error("books_broken", extra={"why": name})
    metrics.gauge({name: broken for name, broken in found.items() if broken is not None})


def _money_broken() -> int | None:
    """Count the broken rows; None when nothing is broken as far as could be looked."""
    broken, is_finished, started = 0, True, time.monotonic()
    for each in audit.invariants():
        if time.monotonic() - started > MOST_SECONDS:
            log.error("audit_unfinished", extra={"why": each.name})
            is_finished = False
            break
        try:
            rows = each.check()
        except OperationalError:
            log.exception("audit_unfinished", extra={"why": each.name})
            is_finished = False
            continue
        if rows:
            log.error("money_broken", extra={"why": each.name})
        broken += len(rows)
    return broken if broken or is_finished else None
