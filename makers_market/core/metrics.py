"""Measurements, written as lines of CloudWatch's embedded metric format on standard output.

Each process adds up what it sees and writes one line when ten seconds have passed or a hundred
requests were answered, whichever is first. A line carries the names below and the environment's
name, and nothing else: no path, no person, no order.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import atexit
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from django.conf import settings
from django.db import transaction

NAMESPACE = "MakersMarket"
COUNTED = frozenset(
    {
        "Requests",
        "ServerErrors",
        "PaymentsSucceeded",
        "PaymentsFailed",
        "MailsSent",
        "MailsFailed",
    }
)
TIMES = "RequestMilliseconds"
UNITS = {TIMES: "Milliseconds", "OldestJobSeconds": "Seconds"}
GAUGES = frozenset(
    {"JobsWaiting", "OldestJobSeconds", "JobsFailed", "HoldsOpen", "MoneyBroken", "AuditBroken"}
)
WAIT_SECONDS = 10.0
# The most values that one member of a line may hold.
MOST_TIMES = 100


class _Tally:
    """What this process has counted and not written yet; threads share it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.times: list[float] = []
        self.timer: threading.Timer | None = None

    def add(self, counts: Mapping[str, int], milliseconds: float | None = None) -> None:
        with self.lock:
            self.counts.update(counts)
            if milliseconds is not None:
                self.times.append(milliseconds)
            # Taken before another thread adds one too many.
            full = self._taken() if len(self.times) >= MOST_TIMES else {}
            if self.timer is None and not full:
                self.timer = threading.Timer(WAIT_SECONDS, self.write)
                self.timer.daemon = True
                self.timer.start()
        if full:
            _write(full)

    def write(self) -> None:
        """Write what was counted, if anything was, and begin anew."""
        with self.lock:
            taken = self._taken()
        if taken:
            _write(taken)

    def _taken(self) -> dict[str, float | list[float]]:
        """Take what was counted out of here; whoever calls holds the lock."""
        counts, times = self.counts, self.times
        self.counts, self.times = Counter(), []
        if self.timer is not None:
            self.timer.cancel()
        self.timer = None
        return {**counts, **({TIMES: times} if times else {})}


_tally = _Tally()
atexit.register(_tally.write)


def count_request(status: int, milliseconds: float) -> None:
    """Count an answered request, and as a server's error one of 500 and above."""
    if settings.METRICS:
        is_error = int(status >= 500)
        _tally.add({"Requests": 1, "ServerErrors": is_error}, round(milliseconds, 1))


def count(name: str) -> None:
    """Count one more of what is counted, once the transaction around it is committed."""
    if name not in COUNTED:
        raise ValueError(f"{name} is not among what is counted")
    if settings.METRICS:
        transaction.on_commit(lambda: _tally.add({name: 1}), robust=True)


def gauge(values: Mapping[str, float]) -> None:
    """Write at once how much there is of something now."""
    if not values.keys() <= GAUGES:
        raise ValueError(f"{sorted(values)} are not all among what is gauged")
    if settings.METRICS and values:
        _write(values)


def _write(values: Mapping[str, float | list[float]]) -> None:
    """Write one line in one piece; a full or closed output never stops the shop."""
    measured = [{"Name": name, "Unit": UNITS.get(name, "Count")} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Environment"]], "Metrics": measured}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    line = {"_aws": about, "Environment": settings.ENVIRONMENT, **values}
    with suppress(OSError, ValueError):
        sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
        sys.stdout.flush()
