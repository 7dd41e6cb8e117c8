"""Door of bin/bench into its own shop: fill it with synthetic pieces, say what to ask it for."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sandbox.bench.filling import fill_to
from sandbox.bench.works import works


class Command(BaseCommand):
    help = "Fill a shop of its own with synthetic pieces in bulk; for bin/bench."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pieces", type=int, metavar="N", help="how many there are in the end")
        parser.add_argument("works", type=Path, metavar="FILE", help="where the requests go")

    def handle(self, **options: Any) -> None:
        try:
            fill_to(options["pieces"], self.stdout)
        except ValueError as error:
            raise CommandError(error) from error
        listed = [asdict(work) | {"answers": [*work.answers]} for work in works(options["pieces"])]
        options["works"].write_text(json.dumps(listed))
