"""What processes cost: seconds of CPU, read from /proc."""

import os
from pathlib import Path

from sandbox.world.postgres import Postgres

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of_tree(root: int) -> float:
    """Give the CPU seconds of a process and its children, those that have ended included."""
    total = 0.0
    for pid in (root, *_children(root)):
        fields = _stat(pid)
        if fields:
            total += sum(map(int, fields[11:13])) / TICKS
    ended = _stat(root)
    return total + sum(map(int, ended[13:15])) / TICKS


def postgres_cpu(server: Postgres) -> float:
    """Give the CPU seconds of a server and all that work for it."""
    if server.process is None:
        raise RuntimeError("PostgreSQL does not run")
    return cpu_of_tree(server.process.pid)


def _children(root: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields and int(fields[1]) == root:
                found.append(int(entry.name))
    return found


def _stat(pid: int) -> list[str]:
    """Give the fields of proc_pid_stat(5) from the third on; nothing when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
