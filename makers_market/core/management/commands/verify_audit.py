import re
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from makers_market.core.audit_chain import Head, broken_links, head

KEPT = re.compile(r"(\d{1,18}):([0-9a-f]{64}|)", re.ASCII)


class Command(BaseCommand):
    help = (
        "Recomputes the audit log's hash chain; names edited, removed, moved and inserted rows and"
        " exits 1 on any. Prints the chain's head (position:seal): keep it outside the database"
        " and give it back with --expect, and a chain that was cut off or made anew is found too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--expect", metavar="POSITION:SEAL", help="a head that was kept")

    def handle(self, *args: Any, **options: Any) -> None:
        found = broken_links(at=timezone.now(), expected=_kept(options["expect"]))
        for row in found:
            self.stdout.write(self.style.ERROR(f"BROKEN {row}"))
        self.stdout.write(f"head {head()}")
        if found:
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS("The audit log is whole."))


def _kept(given: str | None) -> Head | None:
    """Read a head as this command prints it; raises CommandError for anything else."""
    if given is None:
        return None
    read = KEPT.fullmatch(given)
    if read is None:
        raise CommandError("--expect takes a head as this command prints it: position:seal")
    return Head(int(read[1]), read[2])
