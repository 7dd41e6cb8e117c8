import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from makers_market.desk import privacy


class Command(BaseCommand):
    help = (
        "Writes what is held of a person into a zip: of the account to which the address belongs,"
        " or of what a guest has left under it. First make sure that who asks can read the"
        " address, and send the file nowhere else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="the person's address")
        parser.add_argument("--to", required=True, type=Path, help="the zip file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        account = privacy.account_of(options["email"].strip())
        said: dict[str, Any] = {"by": "command", "at": timezone.now()}
        archive = (
            privacy.export_account(account, **said)
            if account
            else privacy.export_guest(options["email"], **said)
        )
        with archive, options["to"].open("xb") as target:
            shutil.copyfileobj(archive, target)
        self.stdout.write(self.style.SUCCESS(f"Written to {options['to']}."))
