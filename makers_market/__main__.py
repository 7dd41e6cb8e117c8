"""The commands of the image: `python -m makers_market web | worker | migrate | check | manage`.

Ends with 0, or with 78 (wrong environment), 75 (what it needs is not there) or 1 (see what it
said). The numbers are those of sysexits.h, which supervisors and people know.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command, execute_from_command_line

from makers_market.core import env
from makers_market.core.preparing import prepare_database
from makers_market.core.serving import Site
from makers_market.core.waiting import (
    NotReady,
    database_trouble,
    say,
    schema_trouble,
    wait_until_ready,
)
from makers_market.core.working import work

HELP = {
    "web": "serve the shop's pages",
    "worker": "do the jobs in the background",
    "migrate": "bring the database to this release: roles, migrations, tables",
    "check": "say whether this deployment could serve: settings, database, migrations",
}
# The platform can give a container other words than "web", and no other program.
MANAGE = "run one of manage.py's commands, such as audit_money or verify_audit"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m makers_market", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in HELP.items():
        commands.add_parser(name, help=words, description=words)
    operators = commands.add_parser("manage", help=MANAGE, description=MANAGE)
    operators.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args(argv)
    # The first process of a container has no default handlers: without one, SIGTERM is nothing.
    signal.signal(signal.SIGTERM, _end)
    if wrong := env.problems():
        return _refuse(wrong)
    try:
        django.setup()
        return manage(given.arguments) if given.command == "manage" else RUN[given.command]()
    except ImproperlyConfigured as error:
        return _refuse([str(error)])
    except NotReady as error:
        say(f"Given up. {error}")
        return os.EX_TEMPFAIL
    except CommandError as error:
        say(str(error))
        return 1


def _refuse(wrong: list[str]) -> int:
    say(f"The environment is wrong in {len(wrong)} places:" if wrong[1:] else "The environment:")
    for words in wrong:
        say(f"- {words}")
    return os.EX_CONFIG


def _end(number: int, frame: FrameType | None) -> None:
    """End as a process does that the signal has killed; `with` blocks and transactions unwind."""
    sys.exit(128 + number)


def web() -> int:
    wait_until_ready()
    Site("makers_market").run()
    return os.EX_OK


def worker() -> int:
    wait_until_ready()
    work()
    return os.EX_OK


def migrate() -> int:
    prepare_database()
    return os.EX_OK


def check() -> int:
    """Look at everything and say all that is wrong."""
    failed = 0
    try:
        call_command("check", deploy=True, fail_level="WARNING", databases=[])
        say("ok: settings")
    except CommandError as error:
        say(f"FAIL: settings\n{error}")
        failed = 1
    for name, look in (("database", database_trouble), ("migrations", schema_trouble)):
        if trouble := look():
            say(f"FAIL: {name}\n{trouble}")
            return 1
        say(f"ok: {name}")
    return failed


def manage(arguments: Sequence[str]) -> int:
    """Run a command for operators; it ends the process itself where it fails."""
    execute_from_command_line(["manage.py", *arguments])
    return os.EX_OK


RUN = {"web": web, "worker": worker, "migrate": migrate, "check": check}

if __name__ == "__main__":
    sys.exit(main())
