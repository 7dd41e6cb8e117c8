"""Measure the shop's pages: `bin/bench [--products N]`.

It fills a shop of its own (.local/bench, kept for the next time), serves it as production does and
asks for each page in rounds. What a request costs is CPU time of everything that serves it, beside
a static page of the same processes in the same round: that ratio is the same on a busy machine.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.bench import report
from sandbox.bench.machine import cpu_of_tree
from sandbox.bench.rounds import STATIC, RoundFailed, Work, run_rounds
from sandbox.bench.world import FOLDER, Servers, servers, web
from sandbox.env import ROOT
from sandbox.world.postgres import AlreadyRunning
from sandbox.world.processes import ChildFailed

HERE = frozenset({"127.0.0.1", "localhost", "::1"})


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and report; 1 when a round had errors or something did not start."""
    options = _parse(argv)
    if options.base_url:
        return _look_at(options)
    try:
        with servers(reset=options.reset) as at:
            works = _prepare(at, options.products)
            summaries = _measure(at, works, options)
    except (RoundFailed, ChildFailed, AlreadyRunning, subprocess.CalledProcessError) as failure:
        print(f"No figures: {failure}", file=sys.stderr)
        return 1
    print(f"\n{options.products:,} synthetic pieces, {options.rounds} rounds\n")
    print(report.table(summaries))
    report.write(options.json, options.products, summaries)
    print(f"\nThe same as JSON: {options.json}")
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument(
        "--products", type=int, default=10_000, metavar="N", help="synthetic pieces (10,000)"
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds (5)")
    parser.add_argument(
        "--requests", type=int, default=200, metavar="N", help="requests of a kind a round (200)"
    )
    parser.add_argument(
        "--base-url",
        metavar="URL",
        help="ask a shop of this machine that runs already: times only, no CPU",
    )
    parser.add_argument("--reset", action="store_true", help="begin with an empty shop")
    parser.add_argument(
        "--json", type=Path, default=FOLDER / "figures.json", metavar="FILE", help="where JSON goes"
    )
    return parser.parse_args(argv)


def _look_at(options: argparse.Namespace) -> int:
    """Time the pages of a shop that runs already; its health page stands for the static one."""
    if urlsplit(options.base_url).hostname not in HERE:
        print("Only a shop on this machine is asked.", file=sys.stderr)
        return 1
    paths = {STATIC: "/healthz", "home": "/", "listing": "/new/", "search": "/search/?q=mug"}
    works = [Work(name, [path]) for name, path in paths.items()]
    try:
        found = run_rounds(
            options.base_url,
            works,
            time.perf_counter,
            rounds=options.rounds,
            requests=options.requests,
        )
    except (RoundFailed, OSError) as failure:
        print(f"No figures: {failure}", file=sys.stderr)
        return 1
    print("Milliseconds of wall time in the columns of CPU, for four visitors at once.\n")
    print(report.table({name: figures.summary() for name, figures in found.items()}, goals=False))
    return 0


def _prepare(at: Servers, products: int) -> list[Work]:
    """Fill the shop and give what to ask it for."""
    listed = FOLDER / "works.json"
    for words in (
        "migrate --noinput -v 0",
        "createcachetable",
        "compile_translations",
        "collectstatic --noinput -v 0",
        f"fill_bench {products} {listed}",
    ):
        argv = [sys.executable, "manage.py", *words.split()]
        subprocess.run(argv, cwd=ROOT, env=at.environment, check=True)
    read = json.loads(listed.read_text())
    return [Work(**each | {"answers": frozenset(each["answers"])}) for each in read]


def _measure(
    at: Servers, works: list[Work], options: argparse.Namespace
) -> dict[str, dict[str, float]]:
    with web(at) as (address, pid):
        found = run_rounds(
            address,
            works,
            lambda: cpu_of_tree(pid) + at.cpu(),
            rounds=options.rounds,
            requests=options.requests,
        )
    return {name: figures.summary() for name, figures in found.items()}


if __name__ == "__main__":
    sys.exit(main())
