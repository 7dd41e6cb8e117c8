"""Door for whoever runs the market: help somebody who lost their second factor."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import ngettext

from accounts import services
from makers_market.core.errors import Refusal


class Command(BaseCommand):
    help = (
        "Take every second factor off the account with this address, end its sessions and tell"
        " the person by mail. First make sure who asks, in another way than by mail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--why", required=True, help="for the audit log: why, and how you know who asks"
        )

    def handle(self, *, email: str, why: str, **options: Any) -> None:
        try:
            taken = services.take_off_factors(email=email, by="command", at=timezone.now(), why=why)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(ngettext("%d factor taken off.", "%d factors taken off.", taken) % taken)
