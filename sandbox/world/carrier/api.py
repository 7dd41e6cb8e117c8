"""The part of SQS's JSON protocol that boto3 speaks to send a message.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
"""

import hashlib
import json
import re
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from sandbox.world.carrier.queue import Queue
from sandbox.world.serving import Faults, cut_connection

QUEUE_PATH = "/queue/delivery"
LARGEST_BYTES = 256 * 1024
_TARGET = "AmazonSQS."
# What SQS's documentation calls the valid characters of a message.
_INVALID_TEXT = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


class SqsError(Exception):
    """One refusal in SQS's words; `query_name` is the older name boto3 shows as the code."""

    def __init__(self, name: str, message: str, *, query_name: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.query_name = query_name or name
        self.status = status

    def response(self) -> Response:
        """Return what the API answers."""
        fault = "Sender" if self.status < 500 else "Receiver"
        body = {"__type": f"com.amazonaws.sqs#{self.name}", "message": self.message}
        response = _json(body, self.status)
        response.headers["x-amzn-query-error"] = f"{self.query_name};{fault}"
        return response


def routes(queue: Queue, faults: Faults) -> Blueprint:
    """Return the API over `queue`. boto3 posts to the endpoint's root, older ones to the queue."""
    api = Blueprint("sqs", __name__)
    api.register_error_handler(SqsError, SqsError.response)

    def call() -> Response:
        fault = faults.take()
        if fault in ("429", "500"):
            raise _ordered(fault)
        if fault == "reset":
            return cut_connection()
        response = _send_message(queue, _checked_call())
        if fault == "500_after":
            raise _ordered("500")
        return cut_connection() if fault == "reset_after" else response

    api.add_url_rule("/", "call", call, methods=["POST"])
    api.add_url_rule(QUEUE_PATH, "call_queue", call, methods=["POST"])
    return api


def with_fate(body: str, scenario: str, speed: float) -> str:
    """Return the booking with the knobs' scenario and speed, where it names none itself."""
    try:
        command = json.loads(body)
    except ValueError:
        return body
    if not isinstance(command, dict):
        return body
    return json.dumps({"scenario": scenario, "speed": speed} | command)


def _checked_call() -> dict[str, Any]:
    action = request.headers.get("X-Amz-Target", "")
    if not request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
        raise SqsError("MissingAuthenticationToken", "The request is not signed.", status=403)
    if action != f"{_TARGET}SendMessage":
        raise SqsError(
            "UnsupportedOperation",
            f"Only SendMessage is known here, not {action.removeprefix(_TARGET) or '(none)'}.",
            query_name="AWS.SimpleQueueService.UnsupportedOperation",
        )
    params = request.get_json(force=True, silent=True)
    if not isinstance(params, dict):
        raise SqsError("InvalidParameterValue", "The body must be a JSON object.")
    for name in params:
        if name not in ("QueueUrl", "MessageBody"):
            raise SqsError("InvalidParameterValue", f"This stand-in does not know {name}.")
    return params


def _send_message(queue: Queue, params: dict[str, Any]) -> Response:
    if urlsplit(str(params.get("QueueUrl", ""))).path != QUEUE_PATH:
        raise SqsError(
            "QueueDoesNotExist",
            "The specified queue does not exist.",
            query_name="AWS.SimpleQueueService.NonExistentQueue",
        )
    body = params.get("MessageBody")
    if not isinstance(body, str) or not body:
        raise SqsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if len(body.encode("utf-8", "surrogatepass")) > LARGEST_BYTES:
        raise SqsError("InvalidParameterValue", f"A message has at most {LARGEST_BYTES} bytes.")
    if _INVALID_TEXT.search(body):
        raise SqsError("InvalidMessageContents", "The message contains invalid characters.")
    fated = with_fate(body, queue.setting("scenario", "normal"), queue.setting("speed", 1.0))
    made = queue.send(fated)
    # boto3 compares the digest with what it sent.
    digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
    return _json({"MessageId": made, "MD5OfMessageBody": digest})


def _ordered(fault: str) -> SqsError:
    if fault == "429":
        return SqsError("RequestThrottled", "Rate exceeded (ordered by a knob).", status=403)
    return SqsError("InternalError", "Broken (ordered by a knob).", status=500)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/x-amz-json-1.0")
