"""Logs: one JSON object a line, made of an allow-list of fields, with the request's id."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

# The id that leads from the edge through the request to its jobs and mails.
request_id: ContextVar[str] = ContextVar("request_id", default="-")
# The load balancer's own id of the request, "1-" + 8 + "-" + 24 hexadecimal digits, or nothing.
edge_trace: ContextVar[str] = ContextVar("edge_trace", default="")
# Where the request came from; only a keyed digest of it is ever kept.
client_address: ContextVar[str] = ContextVar("client_address", default="")

ALLOWED = (
    "path",
    "method",
    "status",
    "ms",
    "order",
    "shipment",
    "payment",
    "refund",
    "event_id",
    "event_type",
    "operation",
    "mail",
    "kind",
    "job",
    "action",
    "why",
    "trace",
    "cause",
    "provider_id",
)
# How the shop's own events are spelled: "mail_not_sent".
OWN_EVENT = re.compile(r"[a-z][a-z0-9_]{0,60}", re.ASCII)


def _event(record: logging.LogRecord) -> str:
    """Name what happened: our own word, or a library's sentence before its values are put in.

    A sentence that a library has filled in already may quote what somebody sent: then the place
    that said it is named. Of what Django refused as suspicious, the kind without its words.
    """
    if record.name.startswith("django.security."):
        return record.name.rpartition(".")[2]
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    if record.args or OWN_EVENT.fullmatch(record.msg):
        return record.msg
    return f"{record.module}:{record.lineno}"


def _shown(value: object) -> str:
    """Write a field; of a job as its library describes it, with its arguments, only the name."""
    return str(value.get("task_name", "")) if isinstance(value, dict) else str(value)


class JsonFormatter(logging.Formatter):
    """Format a record as JSON; only fields on the allow-list leave the process.

    Of an exception the type and the place are kept, never its text: texts carry people's data.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self.event(record),
            "request_id": request_id.get(),
        }
        line |= {name: _shown(getattr(record, name)) for name in ALLOWED if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = self._where(record)
        return json.dumps(line, ensure_ascii=False)

    def event(self, record: logging.LogRecord) -> str:
        return _event(record)

    def _where(self, record: logging.LogRecord) -> list[str]:
        trace = record.exc_info[2] if record.exc_info else None
        places = []
        while trace:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        return places[-8:]
