"""Where the figures are taken: servers of the bench's own, and the shop as production runs it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.bench.machine import cpu_of_tree
from sandbox.env import EXAMPLE, ROOT, base_environment, read_env
from sandbox.plan import LOCAL
from sandbox.services import Program, wait_until_ready
from sandbox.world.ports import free_port
from sandbox.world.postgres import Postgres
from sandbox.world.valkey import Valkey

FOLDER = LOCAL / "bench"
DATABASE = "bench"
# What RDS gives to a server with 4 GB: a quarter of it.
MEMORY = ("shared_buffers=1GB",)


@dataclass
class Servers:
    """PostgreSQL and Valkey, kept between runs with what they hold."""

    postgres: Postgres
    valkey: Valkey

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the shop's processes: the example's, at these servers."""
        return base_environment() | read_env(EXAMPLE) | {
            "DJANGO_SETTINGS_MODULE": "sandbox.bench.settings",
            "DATABASE_URL": self.postgres.url(DATABASE),
            "CACHE_URL": self.valkey.url(),
            "MEDIA_ROOT": str(FOLDER / "media"),
            "STATIC_ROOT": str(FOLDER / "static"),
            "SANDBOX": "1",
            "DEBUG": "0",
            "SECURE_COOKIES": "0",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "LOG_LEVEL": "WARNING",
        }  # fmt: skip

    def cpu(self) -> float:
        """Give the CPU seconds that both have used."""
        return sum(cpu_of_tree(each.process.pid) for each in (self.postgres, self.valkey)
                   if each.process)  # fmt: skip


@contextmanager
def servers(*, reset: bool) -> Iterator[Servers]:
    """Run the servers; `reset` begins with an empty database."""
    # PostgreSQL may run as nobody and must reach its files.
    os.umask(0o022)
    FOLDER.mkdir(parents=True, exist_ok=True)
    roles = ROOT / "deploy" / "sql" / "roles.sql"
    postgres = Postgres(
        FOLDER / "postgres", port=free_port(0), binaries=LOCAL, roles=roles, settings=MEMORY
    )
    valkey = Valkey(FOLDER / "valkey", port=free_port(0))
    with ExitStack() as running:
        for each in (postgres, valkey):
            running.callback(each.stop)
            each.start()
        if reset:
            postgres.drop(DATABASE)
        postgres.create(DATABASE)
        yield Servers(postgres, valkey)


@contextmanager
def web(at: Servers) -> Iterator[tuple[str, int]]:
    """Run the shop's web, two processes of eight threads; gives its address and process id."""
    port = free_port(0)
    more = {"PORT": str(port), "WEB_HOST": "127.0.0.1", "WEB_WORKERS": "2", "WEB_THREADS": "8"}
    more |= {"DRAIN_SECONDS": "0", "GRACE_SECONDS": "4"}
    address = f"http://127.0.0.1:{port}"
    program = Program(
        argv=[sys.executable, "-m", "makers_market", "web"],
        log=FOLDER / "web.log",
        env=at.environment | more,
        cwd=Path(ROOT),
        address=address,
        death_signal=signal.SIGTERM,
    )
    program.start()
    try:
        wait_until_ready({"web": program}, seconds=60)
        if program.process is None:
            raise RuntimeError("the web has gone")
        yield address, program.process.pid
    finally:
        program.stop()
