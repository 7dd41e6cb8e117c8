import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from makers_market.core import audit


class Command(BaseCommand):
    help = "Checks the invariants of money, stock and state; prints broken rows and exits 1 on any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--with-stripe", action="store_true", help="also compare the books with Stripe's lists"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        checked = audit.invariants(with_provider=options["with_stripe"])
        found = audit.breaches(with_provider=options["with_stripe"])
        for name, rows in found.items():
            self.stdout.write(self.style.ERROR(f"BROKEN {name}: {len(rows)}"))
            for row in rows[:50]:
                self.stdout.write(f"  {row}")
        if found:
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"0 broken rows, {len(checked)} invariants"))
