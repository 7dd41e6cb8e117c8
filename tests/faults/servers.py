"""What can befall the tests' own PostgreSQL: it dies, or it falls silent."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from tests import world


def kill_postgres() -> None:
    """End it as a power cut does."""
    connection.close()
    assert world.postgres.process is not None
    world.postgres.process.kill()
    world.postgres.process.wait()


def start_postgres() -> None:
    """Start it again at the same address; it recovers by itself."""
    port = world.postgres.port
    world.postgres.start()
    assert world.postgres.port == port


@contextmanager
def silent_postgres() -> Iterator[None]:
    """Let it answer nobody: connections open, and nothing comes back on them."""
    connection.close()
    assert world.postgres.process is not None
    main = world.postgres.process.pid
    # The main process first: it starts no more children then.
    os.kill(main, signal.SIGSTOP)
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    for child in map(int, children):
        os.kill(child, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in (*map(int, children), main):
            os.kill(each, signal.SIGCONT)
