"""What the tests of Resend, carrier and index share: a running process, and a shop's ear."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from sandbox.env import ROOT, base_environment
from sandbox.world.ports import free_port
from sandbox.world.processes import Child, spawn, stop, tail

SECRET = "whsec_bWFrZXJzIG1hcmtldCBzYW5kYm94IGtleQ=="


@dataclass
class Running:
    """One stand-in, `module` below sandbox.world, with its memory in `folder`."""

    module: str
    folder: Path
    words: list[str]
    port: int = 0
    child: Child | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Running":
        self.port = self.port or free_port(0)
        argv = [sys.executable, "-m", f"sandbox.world.{self.module}", "--port", str(self.port)]
        argv += self.words if self.module == "index" else ["--data", str(self.folder), *self.words]
        log = self.folder.parent / f"{self.module}.log"
        self.child = spawn(argv, log=log, env=base_environment(), cwd=ROOT)
        wait_until(lambda: self.answers(), or_say=lambda: tail(log))
        return self

    def kill(self) -> None:
        """End it as `kill -9` does."""
        if self.child is not None:
            self.child.kill()
            stop(self.child)

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def get(self, path: str, **params: str) -> Any:
        return requests.get(self.url + path, params=params, timeout=5).json()

    def tell(self, path: str, order: dict[str, Any] | None = None) -> requests.Response:
        return requests.post(self.url + path, json=order or {}, timeout=5)


@dataclass
class Heard:
    """One call an Ear got."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Ear:
    """The shop's end of the carrier's calls; it answers `answers` in turn, then 204.

    `words` is what a refusal says.
    """

    url: str
    words: bytes = b""
    answers: list[int] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    @property
    def statuses(self) -> list[str]:
        return [call.json["status"] for call in self.heard]


@contextmanager
def listening() -> Iterator[Ear]:
    """Run an Ear."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            ear.heard.append(Heard(headers, body))
            code = ear.answers.pop(0) if ear.answers else 204
            self.send_response(code)
            if code == 307:
                self.send_header("Location", f"{ear.url}elsewhere/")
            self.end_headers()
            if code >= 400:
                self.wfile.write(ear.words)

        def log_message(self, *_: object) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ear = Ear(f"http://127.0.0.1:{server.server_port}/callbacks/delivery/")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield ear
    server.shutdown()
    server.server_close()


def wait_until(
    is_so: Callable[[], bool], *, seconds: float = 10, or_say: Callable[[], str] = lambda: ""
) -> None:
    """Wait until `is_so()`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds} s {or_say()}"
        time.sleep(0.02)


class RuntimeHandler(BaseHTTPRequestHandler):
    """Lambda's documented runtime API; its server holds the events and the answers.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """

    protocol_version = "HTTP/1.1"
    server: "RuntimeServer"

    def do_GET(self) -> None:
        if not self.server.events:
            self.server.ended.wait(10)
        body = json.dumps(self.server.events.pop() if self.server.events else {}).encode()
        deadline = str(int(time.time() * 1000) + 30_000)
        self.send_response(200)
        # Without a content type the runtime's native client crashes.
        self.send_header("Content-Type", "application/json")
        self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
        self.send_header("Lambda-Runtime-Deadline-Ms", deadline)
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x:1:function:d")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.server.answers.append(json.loads(self._body()))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


class RuntimeServer(ThreadingHTTPServer):
    """Hands out one event, then lets the runtime wait."""

    daemon_threads = True

    def __init__(self, event: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), RuntimeHandler)
        self.events = [event]
        self.answers: list[Any] = []
        self.ended = threading.Event()


@contextmanager
def runtime_api(event: dict[str, Any]) -> Iterator[tuple[int, list[Any]]]:
    """Run Lambda's runtime API with one event; gives its port and the list of answers."""
    server = RuntimeServer(event)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_port, server.answers
    server.ended.set()
    server.shutdown()
    server.server_close()
