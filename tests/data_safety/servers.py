"""A second PostgreSQL, fresh, and the shop's commands run against it as a process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from sandbox.world.postgres import Postgres, unpack_binaries
from tests import world

PROGRAMS = unpack_binaries(world.LOCAL)
ROLES = world.ROOT / "deploy" / "sql" / "roles.sql"


@contextmanager
def fresh_server(folder: Path, *, roles: Path | None = ROLES) -> Iterator[Postgres]:
    """Give a server that holds nothing, and end it afterwards."""
    server = Postgres(
        folder / "postgres",
        port=world.free_port(),
        durable=False,
        binaries=world.LOCAL,
        roles=roles,
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def connected_to(server: Postgres, name: str) -> Iterator[None]:
    """Let this process's own database be another one for a while."""
    kept = {key: connection.settings_dict[key] for key in ("HOST", "PORT", "NAME")}
    connection.close()
    connection.settings_dict.update(HOST="127.0.0.1", PORT=str(server.port), NAME=name)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)


def manage(*words: object, **env: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py in a process of its own; what it says comes together."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, words)],
        cwd=world.ROOT,
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def rows_of(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Read every row of every table in a database, sorted by its text."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        ).fetchall()
        return {
            name: connection.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1').fetchall()
            for (name,) in names
        }


def tables_in(url: str) -> int:
    """Count the tables of a database."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
        return int(row[0]) if row else 0
