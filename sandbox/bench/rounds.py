"""Rounds of requests: what each kind costs, beside the static page of the same round."""

import http.client
import itertools
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# Who ask at once, and how often one asks alone.
VISITORS, ALONE = 4, 30
STATIC = "static page"
_addresses = itertools.count(1)


class RoundFailed(Exception):
    """An answer was not 200: figures of a round with errors mean nothing."""


@dataclass(frozen=True)
class Work:
    """One kind of request; `paths` are asked for in turn. A POST carries its form's body.

    `is_new` asks under an address that nobody asked for before, so that no cache has the answer;
    `is_kept` sees to it that the cache has it.
    """

    name: str
    paths: Sequence[str]
    form: str = ""
    is_new: bool = False
    is_kept: bool = False
    answers: frozenset[int] = frozenset({200})


@dataclass
class Figures:
    """What a kind of request gave in each round: CPU and latency in milliseconds.

    `alone_ms` are latencies of one visitor with the shop to himself.
    """

    cpu_ms: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    alone_ms: list[float] = field(default_factory=list)
    bytes: int = 0

    def summary(self) -> dict[str, float]:
        """Give medians over the rounds, and of single requests the median and the 95th centile."""
        ordered, alone = sorted(self.latencies_ms), sorted(self.alone_ms)
        return {
            "cpu_ms": round(statistics.median(self.cpu_ms), 3),
            "ratio": round(statistics.median(self.ratios), 2),
            "median_ms": round(ordered[len(ordered) // 2], 2),
            "p95_ms": round(ordered[len(ordered) * 95 // 100], 2),
            "alone_p95_ms": round(alone[len(alone) * 95 // 100], 2),
            "kilobytes": round(self.bytes / 1024, 1),
        }


def run_rounds(
    address: str, works: Sequence[Work], cpu: Callable[[], float], *, rounds: int, requests: int
) -> dict[str, Figures]:
    """Run every kind of work in each round, a static page first, and set it beside that page.

    `cpu` gives the CPU seconds used so far by everything that serves. Raises RoundFailed.
    """
    figures = {work.name: Figures() for work in works}
    for work in works:
        _ask(address, work, requests=min(requests, 2 * VISITORS * len(work.paths)))
    for _ in range(rounds):
        floor = 0.0
        for work in works:
            found = figures[work.name]
            if work.is_kept:
                _ask(address, work, requests=2 * VISITORS * len(work.paths))
            before = cpu()
            took, found.bytes = _ask(address, work, requests=requests)
            spent = (cpu() - before) / len(took) * 1000
            floor = spent if work.name == STATIC else floor
            found.cpu_ms.append(spent)
            found.ratios.append(spent / floor)
            found.latencies_ms += took
            found.alone_ms += _ask(address, work, requests=ALONE, visitors=1)[0]
    return figures


def _ask(
    address: str, work: Work, *, requests: int, visitors: int = VISITORS
) -> tuple[list[float], int]:
    """Let visitors ask at once; gives each request's milliseconds and the size of an answer."""
    took: list[float] = []
    sizes: list[int] = []
    failures: list[str] = []

    def visit(number: int) -> None:
        line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        for turn in range(number, requests, visitors):
            path = work.paths[turn % len(work.paths)]
            if work.is_new:
                path += f"{'&' if '?' in path else '?'}bench={next(_addresses)}"
            began = time.perf_counter()
            status, size = _one(line, path, work.form)
            if status not in work.answers:
                failures.append(f"{path} answered {status}")
                return
            took.append((time.perf_counter() - began) * 1000)
            sizes.append(size)

    threads = [threading.Thread(target=visit, args=[each]) for each in range(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RoundFailed(f"{work.name}: {failures[0]}")
    return took, max(sizes)


def _one(line: http.client.HTTPConnection, path: str, form: str) -> tuple[int, int]:
    headers = {"Host": "localhost"}
    if form:
        headers |= {
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
        }
    line.request("POST" if form else "GET", path, body=form or None, headers=headers)
    answer = line.getresponse()
    return answer.status, len(answer.read())
