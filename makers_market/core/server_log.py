"""gunicorn's log in the shop's own form: it writes addresses and whole traces otherwise."""

import logging
import re
from typing import Any

from gunicorn.glogging import Logger

from makers_market.core.logs import JsonFormatter

# Words about workers and signals; nothing of a request looks like this: paths have slashes.
ABOUT_WORKERS = re.compile(r"[\w ():!?,.'-]{1,200}", re.ASCII)


class ServerFormatter(JsonFormatter):
    """Keeps numbers and names of signals in what gunicorn says about its workers."""

    def event(self, record: logging.LogRecord) -> str:
        said = record.getMessage() if isinstance(record.msg, str) else ""
        return said if ABOUT_WORKERS.fullmatch(said) else super().event(record)


class ServerLog(Logger):
    """Writes gunicorn's errors through the allow-list; requests are logged by our middleware."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(ServerFormatter())

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Write nothing: a line of ours exists for each request, without tokens and addresses."""
