"""The shop's commands on a machine whose clock is `CLOCK_SKEW_SECONDS` fast (or slow: negative)."""

import os
import sys
from datetime import UTC, datetime, timedelta

import time_machine

from makers_market.__main__ import main

if __name__ == "__main__":
    skew = timedelta(seconds=float(os.environ["CLOCK_SKEW_SECONDS"]))
    # Forked workers inherit it.
    time_machine.travel(datetime.now(UTC) + skew, tick=True).start()
    sys.exit(main())
