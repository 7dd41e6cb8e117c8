"""gunicorn's settings that are the same everywhere; read from the folder it is started in.

`python -m makers_market web` adds those of the environment (makers_market/core/serving.py).
"""

import os
from pathlib import Path
from typing import Any

from makers_market.core import tracing
from makers_market.core.outage import watch

logger_class = "makers_market.core.server_log.ServerLog"
worker_class = "makers_market.core.serving.ReservingWorker"
# The workers' signs of life: on a disk that stalls, they would be taken for dead.
if Path("/dev/shm").is_dir() and os.access("/dev/shm", os.W_OK):  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108
# A door for commands, opened under $HOME: nobody of ours goes through it.
control_socket_disable = True
# Nobody's word on TLS counts here: whose does, is decided by the edge's secret (core/edge.py).
forwarded_allow_ips = ""
# Longer than the balancer's idle time-out of 60 s, or it sends requests into closing connections.
# Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
keepalive = 75


def post_worker_init(worker: Any) -> None:
    """Start what a fork would leave behind: threads."""
    watch.start()
    tracing.begin()
