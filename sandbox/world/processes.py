"""Child processes that never outlive their parent, not even after `kill -9`."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

# prctl(2): "the signal the calling process will get when its parent dies".
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

Child = subprocess.Popen[bytes]


class ChildFailed(Exception):
    """A child stopped, or did not get ready; the message carries the tail of its log."""


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path | None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    cwd: str | Path | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> Child:
    """Start `argv` in its own process group, its output appended to `log`, tied to our life.

    `log` None leaves its output where ours goes; `env` is the whole environment; `user` needs
    root; `death_signal` is what the child gets when we are gone. Call it from the main thread
    only, for Linux sends that signal when the *thread* that forked ends: else RuntimeError.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("spawn() from the main thread: children die with the thread that forked")
    with _opened(log) as output:
        return subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            process_group=0,
            # Python runs preexec_fn after the change of user, which would clear the death signal.
            preexec_fn=_die_with_parent(death_signal),
            **_identity(user),
        )


def stop(child: Child, *, sig: signal.Signals = signal.SIGTERM, patience: float = 8.0) -> None:
    """Ask `child` to end with `sig`, and kill its whole group after `patience` seconds."""
    if child.poll() is None:
        child.send_signal(sig)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def tail(log: Path, *, lines: int = 20) -> str:
    """Return the last `lines` lines of `log`, or a note that it is empty."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:]) or f"({log} is empty)"


def _opened(log: Path | None) -> contextlib.AbstractContextManager[IO[bytes] | None]:
    if log is None:
        return contextlib.nullcontext()
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("ab")


def _identity(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _die_with_parent(sig: signal.Signals) -> Callable[[], None]:
    """Return what the child runs between fork and exec; only async-signal-safe work in there."""
    parent = os.getpid()

    def prepare() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
        if os.getppid() != parent:  # it died before prctl: no signal will come any more
            os._exit(1)

    return prepare
