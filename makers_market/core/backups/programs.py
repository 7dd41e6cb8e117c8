"""PostgreSQL's own programs, which write and read dumps."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import connection

from makers_market.core.backups.errors import BackupFailed

# Where Debian puts them, each version in a folder of its own.
DEBIAN = Path("/usr/lib/postgresql")
# libpq's parameters that have a variable; the password is never an argument, `ps` shows those.
VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def find_program(name: str, *, folder: Path | None, server_version: int) -> Path:
    """Find pg_dump or pg_restore that fits a server (180006 is 18.6); raises BackupFailed.

    Looks in `folder` alone if it is given, else on PATH and where Debian keeps them. A program
    reads servers of its own version and of older ones.
    """
    places = [folder / name] if folder else [*_on_path(name), *DEBIAN.glob(f"*/bin/{name}")]
    wanted = server_version // 10000
    found = {_version(place): place for place in places if place.is_file()}
    if not found:
        raise BackupFailed(
            f"{name} is not installed{f' in {folder}' if folder else ''}. Install PostgreSQL's"
            f" client programs, version {wanted} (Debian: postgresql-client-{wanted}), or name"
            " their folder with --programs."
        )
    newest = max(found)
    if newest < wanted:
        raise BackupFailed(
            f"{found[newest]} is version {newest}, the server is version {wanted}:"
            f" {name} must not be older. Install postgresql-client-{wanted}."
        )
    return found.get(wanted, found[newest])


def run_program(argv: Sequence[str | Path]) -> None:
    """Run a program against the shop's database; raises BackupFailed with what it said."""
    done = subprocess.run(
        [str(word) for word in argv],
        env=_environment(connection.get_connection_params()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        name = Path(argv[0]).name
        told = "\n".join(done.stderr.strip().splitlines()[:6]) or f"exit {done.returncode}"
        raise BackupFailed(f"{name} failed: {told}")


def _environment(parameters: Mapping[str, Any]) -> dict[str, str]:
    chosen = {
        variable: str(parameters[name])
        for name, variable in VARIABLES.items()
        if parameters.get(name)
    }
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "10"} | chosen


def _on_path(name: str) -> list[Path]:
    found = shutil.which(name)
    return [Path(found)] if found else []


def _version(program: Path) -> int:
    """Ask a program for its major version; 0 when it does not tell."""
    told = subprocess.run(
        [str(program), "--version"], capture_output=True, text=True, check=False, timeout=10
    )
    found = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
    return int(found[1]) if found else 0
