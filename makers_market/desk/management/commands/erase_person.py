from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from makers_market.core.errors import Refusal
from makers_market.desk import privacy


class Command(BaseCommand):
    help = (
        "Erases a person who asked for it by mail: the account to which the address belongs, or,"
        " where there is none, what a guest has left under it. First make sure that who asks can"
        " read the address: answer there. Orders and books stay, without the person. Refuses with"
        " the reasons while an order is unpaid or underway. Cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="the person's address")
        parser.add_argument(
            "--dry-run", action="store_true", help="only count what is held, by kind"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        if options["dry_run"]:
            self._count(email)
            return
        account = privacy.account_of(email)
        try:
            if account is None:
                privacy.erase_guest(email, by="command", at=timezone.now())
            else:
                privacy.erase_account(account.pk, typed_email=None, by="command", at=timezone.now())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(self.style.SUCCESS("Erased. The address is not held any more."))

    def _count(self, email: str) -> None:
        held = privacy.count_held(email)
        for kind, count in held.items():
            self.stdout.write(f"{kind}: {count}")
        if not held:
            self.stdout.write("Nothing is held under this address.")
