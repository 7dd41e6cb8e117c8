"""Lambda's side of a function: a runtime API of our own before Amazon's runtime client.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "lambda" / "delivery"
DONE = re.compile(r"/2018-06-01/runtime/invocation/([\w-]+)/(response|error)")
FUNCTION_SECONDS = 30
# What Lambda sets; nothing of this machine's environment goes in.
OWN = {
    "AWS_LAMBDA_FUNCTION_NAME": "delivery",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_LOG_GROUP_NAME": "group",
    "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
    "AWS_REGION": "eu-west-1",
    "LAMBDA_TASK_ROOT": str(FOLDER),
}


class FunctionError(Exception):
    """The function raised; `kind` is the exception's name and the message its text."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Api(ThreadingHTTPServer):
    """Hands out events one by one and keeps what was answered, by the invocation's id."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.events: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self.answers: queue.Queue[tuple[str, str, Any]] = queue.Queue()


class Door(BaseHTTPRequestHandler):
    """`GET next`, `POST response`, `POST error` and `POST init/error`."""

    protocol_version = "HTTP/1.1"
    server: Api

    def do_GET(self) -> None:
        waiting = self.server.events.get()
        if waiting is None:
            self.close_connection = True
            return
        invocation, event = waiting
        self.send_response(200)
        # Without a content type the runtime's native client crashes.
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.send_header("Lambda-Runtime-Aws-Request-Id", invocation)
        self.send_header(
            "Lambda-Runtime-Deadline-Ms", f"{(time.time() + FUNCTION_SECONDS) * 1e3:.0f}"
        )
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x:1:function:delivery"
        )
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        body = json.loads(self._body())
        invocation, kind = (
            DONE.fullmatch(self.path).groups() if DONE.fullmatch(self.path) else ("init", "error")
        )
        self.server.answers.put((invocation, kind, body))
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


@dataclass
class Container:
    """One container of the function: cold at first, warm from its second invocation on."""

    environment: dict[str, str]
    log: Path
    api: Api = field(default_factory=Api)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        threading.Thread(target=self.api.serve_forever, args=(0.02,), daemon=True).start()
        address = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.api.server_port}"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", "handler.handler"],
                cwd=FOLDER, env=OWN | self.environment | address, stdout=log, stderr=log,
            )  # fmt: skip

    def invoke(self, event: Any) -> Any:
        """Return the function's answer to `event`. Raises FunctionError when it raised."""
        invocation = str(uuid4())
        self.api.events.put((invocation, json.dumps(event).encode()))
        answered, kind, body = self.api.answers.get(timeout=FUNCTION_SECONDS)
        if kind == "error":
            raise FunctionError(body["errorType"], body["errorMessage"])
        assert answered == invocation
        return body

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.api.events.put(None)
        self.api.shutdown()
        self.api.server_close()


@contextmanager
def container(log: Path, **environment: str) -> Iterator[Container]:
    """Run the delivery function in a new container; `log` gets what it prints."""
    path = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    one = Container(path | environment, log)
    one.start()
    try:
        yield one
    finally:
        one.stop()


def message(
    shipment: str, *, age: float = 60, message_id: str = "m1", **more: Any
) -> dict[str, Any]:
    """Return a booking sent `age` seconds ago as the queue hands it to a function."""
    return {
        "messageId": message_id,
        "receiptHandle": f"{message_id}-1",
        "body": json.dumps({"shipment": shipment, **more}),
        "attributes": {
            "SentTimestamp": str(int((time.time() - age) * 1000)),
            "ApproximateReceiveCount": "1",
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:1:delivery",
        "awsRegion": "eu-west-1",
    }


def failed(answer: dict[str, Any]) -> list[str]:
    """Return the ids of the messages that come back."""
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]
