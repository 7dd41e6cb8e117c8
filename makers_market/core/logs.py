"""Logs: one JSON object a line, made of an allow-list of fields, with the request's id."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

# The id that leads from the edge through the request to its jobs and mails.
request_id: ContextVar[str] = ContextVar("request_id", default="-")

ALLOWED = (
    "path",
    "method",
    "status",
    "ms",
    "order",
    "shipment",
    "payment",
    "refund",
    "event",
    "event_type",
    "operation",
    "mail",
    "kind",
    "job",
    "why",
)


def _event(record: logging.LogRecord) -> str:
    """Name what happened; of what Django refused as suspicious, the kind without its words."""
    if record.name.startswith("django.security."):
        return record.name.rpartition(".")[2]
    return record.msg if isinstance(record.msg, str) else type(record.msg).__name__


class JsonFormatter(logging.Formatter):
    """Format a record as JSON; only fields on the allow-list leave the process.

    Of an exception the type and the place are kept, never its text: texts carry people's data.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
            "request_id": request_id.get(),
        }
        line |= {name: str(getattr(record, name)) for name in ALLOWED if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = self._where(record)
        return json.dumps(line, ensure_ascii=False)

    def _where(self, record: logging.LogRecord) -> list[str]:
        trace = record.exc_info[2] if record.exc_info else None
        places = []
        while trace:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        return places[-8:]
