import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from makers_market.core import env
from makers_market.core.backups.errors import BackupFailed
from makers_market.core.backups.restoring import restore


class Command(BaseCommand):
    help = (
        "Restores the backup SOURCE into an EMPTY database and proves it: every table's rows, the"
        " invariants of money, the audit log up to the head that the backup kept. Files that are"
        " missing go where this shop keeps its own: MEDIA_BUCKET or MEDIA_ROOT. A dump is code:"
        " take none from strangers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="SOURCE", type=Path)
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument(
            "--into",
            metavar="DATABASE_URL",
            help="the empty database; @/path takes its address from a file, so that `ps` does not"
            " show the password",
        )
        where.add_argument(
            "--here", action="store_true", help="into the database that DATABASE_URL names"
        )
        parser.add_argument("--programs", type=Path, help="the folder that holds pg_restore")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["into"]:
            self._restore_there(options)
            return
        try:
            notes = restore(
                options["source"].absolute(), programs=options["programs"], tell=self._tell
            )
        except BackupFailed as failure:
            raise CommandError(str(failure)) from failure
        for note in notes:
            self.stdout.write(self.style.WARNING(f"Note: {note}"))
        self.stdout.write(self.style.SUCCESS("Restored."))

    def _restore_there(self, options: dict[str, Any]) -> None:
        """Run this command again in a process whose own database is the wished one."""
        argv = [sys.executable, str(settings.BASE_DIR / "manage.py"), "restore", "--here"]
        argv.append(str(options["source"].absolute()))
        if options["programs"]:
            argv += ["--programs", str(options["programs"].absolute())]
        child = env.inherited(DATABASE_URL=_address(options["into"]))
        self.stdout.flush()
        done = subprocess.run(argv, env=child, cwd=settings.BASE_DIR, check=False)
        if done.returncode:
            sys.exit(done.returncode)

    def _tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


def _address(given: str) -> str:
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CommandError(f"--into {given}: {error}") from error
