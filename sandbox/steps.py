"""What must be done before the shop can open, each step skipped while its inputs are the same."""

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.world.processes import Child, ChildFailed, spawn, stop, tail


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command; `stamp` is the file that remembers the inputs it last succeeded with."""

    name: str
    argv: Sequence[str]
    inputs: Sequence[Path]
    stamp: Path
    log: Path
    shown: bool = False  # its output goes to the terminal (a progress bar) instead of the log


@dataclass
class _Chain:
    """Steps that follow each other, and the one that runs now."""

    waiting: list[Step]
    running: Step | None = None
    child: Child | None = None
    digest: str = ""
    since: float = field(default_factory=time.monotonic)


def run_chains(chains: Sequence[Sequence[Step]], *, env: Mapping[str, str], cwd: Path) -> None:
    """Run every chain in order and the chains side by side, telling of each step.

    Raises ChildFailed with the tail of the log of the first step that fails; the others are ended.
    """
    active = [_Chain(list(chain)) for chain in chains]
    try:
        while active:
            active = [chain for chain in active if _advance(chain, env, cwd)]
            time.sleep(0.02)
    finally:
        for chain in active:
            if chain.child is not None:
                stop(chain.child, patience=3)


def digest_of(paths: Iterable[Path], words: Iterable[str] = ()) -> str:
    """Return a digest of the names and contents of the files at and below `paths`, and `words`."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                total.update(f"{file}\0{content}\0".encode())
    return total.hexdigest()


def _advance(chain: _Chain, env: Mapping[str, str], cwd: Path) -> bool:
    """Move `chain` on by what can be done now; says whether something of it is left."""
    if chain.child is not None:
        if chain.child.poll() is None:
            return True
        _finish(chain)
    while chain.waiting:
        step = chain.waiting.pop(0)
        chain.digest = digest_of(step.inputs, step.argv)
        if step.stamp.exists() and step.stamp.read_text() == chain.digest:
            continue
        chain.running, chain.since = step, time.monotonic()
        step.log.unlink(missing_ok=True)
        chain.child = spawn(step.argv, log=None if step.shown else step.log, env=env, cwd=cwd)
        return True
    return False


def _finish(chain: _Chain) -> None:
    step, child = chain.running, chain.child
    if step is None or child is None:
        raise RuntimeError("a chain finished that did not run")
    chain.running = chain.child = None
    if child.returncode != 0:
        told = "" if step.shown else f":\n{tail(step.log)}"
        raise ChildFailed(f"{step.name} failed (exit {child.returncode}){told}")
    step.stamp.parent.mkdir(parents=True, exist_ok=True)
    step.stamp.write_text(chain.digest)
    print(f"  {step.name:<22} {time.monotonic() - chain.since:5.1f} s", flush=True)
