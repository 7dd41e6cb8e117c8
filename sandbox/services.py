"""What runs while the shop is open: long-lived processes, watched and started again."""

import signal
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sandbox.world.processes import Child, ChildFailed, spawn, stop, tail

_LONGEST_PAUSE = 30.0
_FORGIVEN_AFTER = 60.0
# No proxy from the shell's environment stands between us and our own children.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server(Protocol):
    """Anything that can be started, watched and stopped: a Program, Postgres, Valkey."""

    log: Path
    process: Child | None

    def start(self) -> None:
        """Start it; ChildFailed when it does not come up."""

    def stop(self) -> None:
        """End it; harmless when it does not run."""


@dataclass(kw_only=True)
class Program:
    """A command that serves; `address` is asked for /healthz to know that it is ready.

    `death_signal` is what it gets when the supervisor is gone.
    """

    argv: Sequence[str]
    log: Path
    env: Mapping[str, str]
    cwd: Path
    address: str | None = None
    patience: float = 6.0
    death_signal: signal.Signals = signal.SIGKILL
    process: Child | None = None

    def start(self) -> None:
        """Start the command without waiting for it to be ready."""
        self.process = spawn(
            self.argv, log=self.log, env=self.env, cwd=self.cwd, death_signal=self.death_signal
        )

    def stop(self) -> None:
        """Ask it to end, then kill what is left of it after `patience` seconds."""
        if self.process is not None:
            stop(self.process, patience=self.patience)

    def is_ready(self) -> bool:
        """Say whether /healthz answers 200; a program without an address is ready at once."""
        return self.address is None or answers(self.address)


@dataclass
class Watched:
    """A server under watch, with what is known of its recent falls."""

    name: str
    server: Server
    falls: int = 0
    up_since: float = field(default_factory=time.monotonic)
    again_at: float | None = None

    def look(self, now: float) -> None:
        """Notice that it fell, or start it again when its pause (1, 2, 4 … 30 s) is over."""
        if self.again_at is not None:
            if now >= self.again_at:
                self._start_again(now)
            return
        process = self.server.process
        if process is None or process.poll() is not None:
            code = "unknown" if process is None else process.returncode
            self._plan_another(now, f"stopped by itself (exit {code})")

    def _start_again(self, now: float) -> None:
        self.again_at = None
        try:
            self.server.start()
        except ChildFailed as failure:
            self._plan_another(now, str(failure))
        else:
            self.up_since = now
            print(f"{self.name} runs again.", flush=True)

    def _plan_another(self, now: float, reason: str) -> None:
        self.falls = 1 if now - self.up_since > _FORGIVEN_AFTER else self.falls + 1
        pause = min(2.0 ** (self.falls - 1), _LONGEST_PAUSE)
        self.again_at = now + pause
        print(f"{self.name} {reason}; log: {self.server.log}; again in {pause:.0f} s.", flush=True)


def wait_until_ready(programs: Mapping[str, Program], *, seconds: float) -> None:
    """Wait until every program is ready. Raises ChildFailed with the log of one that is not."""
    deadline = time.monotonic() + seconds
    waiting = dict(programs)
    while waiting:
        for name, program in list(waiting.items()):
            if program.process is None or program.process.poll() is not None:
                raise ChildFailed(f"{name} stopped while starting:\n{tail(program.log)}")
            if program.is_ready():
                del waiting[name]
        if waiting and time.monotonic() > deadline:
            name, program = next(iter(waiting.items()))
            raise ChildFailed(f"{name} is not ready after {seconds:.0f} s:\n{tail(program.log)}")
        time.sleep(0.05)


def answers(address: str) -> bool:
    """Say whether `address`/healthz answers 200 within a second."""
    try:
        with _OPENER.open(f"{address}/healthz", timeout=1) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False
