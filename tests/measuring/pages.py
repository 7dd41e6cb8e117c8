"""Requests a second for a page, and the CPU each takes, from gunicorn as production runs it."""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from sandbox.bench.machine import cpu_of_tree, postgres_cpu
from sandbox.world.postgres import Postgres
from tests import world
from tests.stand_ins import wait_until

VISITORS = 8


@dataclass(frozen=True)
class Page:
    """What one page gave: requests a second, and CPU of one in milliseconds, web and PostgreSQL."""

    path: str
    per_second: float
    median_ms: float
    worst_20th_ms: float
    web_ms: float
    postgres_ms: float


@contextmanager
def running_web() -> Iterator[tuple[int, int]]:
    """Run two processes of eight threads; gives port and process id."""
    port = world.free_port()
    log = subprocess.DEVNULL
    argv = [sys.executable, "-m", "makers_market", "web"]
    env = os.environ | {"PORT": str(port), "WEB_WORKERS": "2", "WEB_THREADS": "8"}
    web = subprocess.Popen(argv, cwd=world.ROOT, env=env, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(port), seconds=60, what="web")
        yield port, web.pid
    finally:
        web.terminate()
        web.wait(30)


def ask(server: Postgres, web: tuple[int, int], path: str, *, seconds: float) -> Page:
    """Let eight visitors ask for a page without pause; every answer must be 200."""
    port, pid = web
    end, took = time.monotonic() + seconds, []
    cpu, postgres, began = cpu_of_tree(pid), postgres_cpu(server), time.monotonic()

    def visit() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.monotonic() < end:
            start = time.perf_counter()
            line.request("GET", path, headers={"Host": "localhost"})
            answer = line.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            took.append((time.perf_counter() - start) * 1000)

    visitors = [threading.Thread(target=visit) for _ in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    spent, cpu = time.monotonic() - began, cpu_of_tree(pid) - cpu
    postgres = postgres_cpu(server) - postgres
    took.sort()
    return Page(
        path=path,
        per_second=len(took) / spent,
        median_ms=took[len(took) // 2],
        worst_20th_ms=took[len(took) * 95 // 100],
        web_ms=cpu / len(took) * 1000,
        postgres_ms=postgres / len(took) * 1000,
    )


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).ok
    except requests.RequestException:
        return False
