"""The shop's commands with one more job, that says when it begins and ends.

`NAP_SECONDS` is how long it takes in between.
"""

import os
import sys
import time
from pathlib import Path

from makers_market.__main__ import main
from makers_market.core.jobs import job

NAP_SECONDS = float(os.environ.get("NAP_SECONDS", "0"))


@job("tests.mark")
def mark(file: str, word: str) -> None:
    with Path(file).open("a") as marks:
        marks.write(f"begin {word}\n")
    time.sleep(NAP_SECONDS)
    with Path(file).open("a") as marks:
        marks.write(f"end {word}\n")


if __name__ == "__main__":
    sys.exit(main())
