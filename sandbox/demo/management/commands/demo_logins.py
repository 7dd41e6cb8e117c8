"""Door to the demo shop: who can sign in, where, with which password."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sandbox.demo.people import LOGINS


class Command(BaseCommand):
    help = "Print the demo shop's logins."

    def handle(self, **options: Any) -> None:
        for login in LOGINS:
            address = settings.SITE_URL + login.place
            code = "  and a code" if login.totp else ""
            self.stdout.write(
                f"{login.role:<9} {login.email:<17} {login.password:<20} {address}{code}"
            )
