"""One stand-in by itself, as docker-compose.yml runs it: `python -m sandbox.alone stripe`.

It is told what bin/run tells it, at the usual ports, with the secrets of the environment; and it
listens on every address, because what a container publishes does not lead to 127.0.0.1.
`--ask` says by the exit code whether it answers.
"""

import argparse
import os
import sys

from sandbox import plan
from sandbox.env import Addresses
from sandbox.services import Program

EVERYWHERE = "0.0.0.0"  # noqa: S104
USUAL = Addresses(
    web=8000, index=8600, stripe=8601, resend=8602, carrier=8603, signin=8604, database="", cache=""
)


def stand_ins() -> dict[str, Program]:
    """Return the stand-ins as bin/run starts them; KeyError names a secret that is not set."""
    return plan.stand_ins(USUAL, os.environ)


def main() -> None:
    """Become the stand-in, or ask it."""
    programs = stand_ins()
    parser = argparse.ArgumentParser(prog="python -m sandbox.alone", description=__doc__)
    parser.add_argument("name", choices=programs)
    parser.add_argument("--ask", action="store_true", help="exit 0 when it answers, else 1")
    asked = parser.parse_args()
    program = programs[asked.name]
    if asked.ask:
        sys.exit(not program.is_ready())
    argv = [*program.argv, "--host", EVERYWHERE]
    os.execve(argv[0], argv, dict(program.env))  # noqa: S606


if __name__ == "__main__":
    main()
