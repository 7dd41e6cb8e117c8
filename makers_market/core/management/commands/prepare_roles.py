from typing import Any

from django.core.management.base import BaseCommand, CommandError

from makers_market.core.roles import RolesNotPrepared, prepare_roles


class Command(BaseCommand):
    help = "Makes the database's roles as its administrator, where they are missing (docs/files.md)"
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = prepare_roles()
        except RolesNotPrepared as error:
            raise CommandError(f"The roles are not prepared. {error}") from error
        self.stdout.write("Roles prepared." if made else "Roles are in place.")
