"""Door to the demo shop: fill it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sandbox.demo.filling import fill


class Command(BaseCommand):
    help = "Fill the shop with its demo content. Repeating it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", type=int, metavar="N", help="list the N newest pieces only")
        parser.add_argument(
            "--without-pictures", action="store_true", help="leave the pictures out"
        )

    def handle(self, **options: Any) -> None:
        fill(
            self.stdout,  # type: ignore[arg-type]
            only=options["only"],
            with_pictures=not options["without_pictures"],
        )
