"""Open the whole shop on this machine, and close it without leaving anything behind.

`bin/run` becomes this process: it starts PostgreSQL, Valkey and the stand-ins, does what must
be done first, starts the shop and its worker, and watches them until Ctrl-C or SIGTERM.
"""

import argparse
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from sandbox import plan
from sandbox.env import ROOT, Addresses, keep_secrets, shop_environment
from sandbox.plan import DATA, LOCAL, LOGS
from sandbox.services import Program, Watched, wait_until_ready
from sandbox.steps import run_chains
from sandbox.world.ports import free_port, is_free
from sandbox.world.postgres import AlreadyRunning, Postgres
from sandbox.world.processes import ChildFailed
from sandbox.world.valkey import Valkey, find_server

DATABASE = "market"
_START_SECONDS = 60.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop; 0 after Ctrl-C or SIGTERM, 1 when something failed."""
    options = _parse(argv)
    os.umask(0o022)  # PostgreSQL may run as nobody and must reach its files
    os.chdir(ROOT)
    LOGS.mkdir(parents=True, exist_ok=True)
    _stop_on_signals()
    world = World(options)
    try:
        with (LOCAL / "run.lock").open("a+") as lock:
            _lock_or_refuse(lock)
            world.open()
            world.watch()
    except KeyboardInterrupt:
        print("\nClosing …", flush=True)
    except (ChildFailed, AlreadyRunning) as failure:
        print(f"\n{failure}", file=sys.stderr, flush=True)
        return 1
    finally:
        for sig in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(sig, signal.SIG_IGN)
        world.close()
    print("Closed. The data stays in .local/ (bin/run --reset starts afresh).", flush=True)
    return 0


class World:
    """Everything that runs on this machine for the shop."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        roles = ROOT / "deploy" / "sql" / "roles.sql"
        self.postgres = Postgres(LOCAL / "postgres", roles=roles)
        self.valkey = Valkey(LOCAL / "valkey") if find_server() else None
        self.stand_ins: dict[str, Program] = {}
        self.shop: dict[str, Program] = {}

    def open(self) -> None:
        """Start all of it, in the order it needs, and print where it is."""
        started = time.monotonic()
        if self.options.reset:
            self._reset()
        own = keep_secrets(LOCAL / "secrets.env")
        at = self._start_servers()
        self.stand_ins = plan.stand_ins(at, own)
        _start(self.stand_ins)
        env = shop_environment(LOCAL, at, own)
        self._do_steps(env)
        self.shop = plan.shop(at, env)
        _start(self.shop)
        wait_until_ready(self.stand_ins | self.shop, seconds=_START_SECONDS)
        _greet(at, time.monotonic() - started, demo=self.options.demo)

    def watch(self) -> None:
        """Start again whatever stops by itself; returns never, but by KeyboardInterrupt."""
        watched = [Watched("PostgreSQL", self.postgres)]
        if self.valkey:
            watched.append(Watched("Valkey", self.valkey))
        watched += [Watched(name, one) for name, one in (self.stand_ins | self.shop).items()]
        port = self.postgres.port
        while True:
            for each in watched:
                each.look(time.monotonic())
            if self.postgres.port != port:
                raise ChildFailed("PostgreSQL's port was taken by a stranger. Run bin/run again.")
            time.sleep(0.25)

    def close(self) -> None:
        """End everything: first who asks, last who is asked."""
        for tier in (self.shop, self.stand_ins):
            for program in tier.values():
                if program.process is not None and program.process.poll() is None:
                    program.process.terminate()
            for program in tier.values():
                program.stop()
        if self.valkey:
            self.valkey.stop()
        self.postgres.stop()

    def _start_servers(self) -> Addresses:
        self.postgres.start()
        if self.postgres.create(DATABASE):
            shutil.rmtree(self._stamps, ignore_errors=True)
        print(f"  PostgreSQL 18          port {self.postgres.port}", flush=True)
        cache = "locmem://"
        if self.valkey:
            self.valkey.start()
            cache = self.valkey.url()
            print(f"  Valkey                 port {self.valkey.port}", flush=True)
        return Addresses(
            web=_web_port(self.options.port),
            index=free_port(8600),
            stripe=free_port(8601),
            resend=free_port(8602),
            carrier=free_port(8603),
            signin=free_port(8604),
            database=self.postgres.url(DATABASE),
            cache=cache,
        )

    @property
    def _stamps(self) -> Path:
        """Where the steps that fill the database are remembered: with the database."""
        return self.postgres.folder / "stamps"

    def _do_steps(self, env: dict[str, str]) -> None:
        run_chains(plan.before_opening(self._stamps), env=env, cwd=ROOT)
        if self.options.demo:
            run_chains([plan.demo(self._stamps)], env=env, cwd=ROOT)

    def _reset(self) -> None:
        self.postgres.erase()
        for folder in (DATA, LOCAL / "media", LOCAL / "static", LOCAL / "stamps"):
            shutil.rmtree(folder, ignore_errors=True)
        print("Starting afresh: the old data is gone.", flush=True)


def _stop_on_signals() -> None:
    """Make each signal that asks us to end a KeyboardInterrupt (a shell's `&` ignores SIGINT)."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup asked to ignore it
        signal.signal(signal.SIGHUP, signal.default_int_handler)


def _start(programs: Mapping[str, Program]) -> None:
    for program in programs.values():
        if program.log.exists():
            program.log.replace(program.log.with_suffix(".old"))
        program.start()


def _greet(at: Addresses, seconds: float, *, demo: bool) -> None:
    print(f"\nThe shop is open ({seconds:.1f} s):  http://localhost:{at.web}/")
    print(
        f"Everything else (mails, payments, parcels, admin, codes to sign in):  http://localhost:{at.index}/"
    )
    if demo:
        print((LOGS / "demo_logins.log").read_text().rstrip())
    print("Ctrl-C closes it; logs are in .local/logs/.", flush=True)


def _lock_or_refuse(lock: IO[str]) -> None:
    """Keep a second bin/run out of this checkout; the lock ends with the process."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise AlreadyRunning(
            f"bin/run is running already in this checkout (process {lock.read().strip()}). "
            "Stop that one first: Ctrl-C where it runs, or kill the process."
        ) from None
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()


def _web_port(wish: int | None) -> int:
    if wish is None:
        return free_port(8000)
    if not is_free(wish):
        raise ChildFailed(f"Port {wish} is busy. Choose another, or leave --port out.")
    return wish


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/run", description="Open the shop with everything around it on this machine."
    )
    parser.add_argument("--reset", action="store_true", help="remove all data first")
    parser.add_argument("--port", type=int, help="the shop's port (8000, or a free one)")
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="leave the shop empty of demo pieces"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
