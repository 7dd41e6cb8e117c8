"""Named points where a test may kill the process, to see that nothing is lost."""

import os
import signal

from django.conf import settings


def crash_point(name: str) -> None:
    """Kill this process like a power cut if CRASH_AT names this point; otherwise do nothing."""
    if name == settings.CRASH_AT:
        os.kill(os.getpid(), signal.SIGKILL)
