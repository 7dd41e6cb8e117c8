from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from makers_market.core.backups.errors import BackupFailed
from makers_market.core.backups.writing import make_backup


class Command(BaseCommand):
    help = (
        "Writes the database and the files into a new folder TARGET, with digests of both; restore"
        " reads it. Needs pg_dump. The folder is NOT encrypted and holds personal data."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", metavar="TARGET", type=Path)
        parser.add_argument(
            "--without-files", action="store_true", help="only list the files (a versioned bucket)"
        )
        parser.add_argument("--programs", type=Path, help="the folder that holds pg_dump")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = make_backup(
                options["target"].absolute(),
                with_files=not options["without_files"],
                programs=options["programs"],
                tell=self._tell,
            )
        except BackupFailed as failure:
            raise CommandError(str(failure)) from failure
        rows = sum(int(rows) for rows, _digest in made.tables.values())
        self.stdout.write(f"{len(made.tables)} tables, {rows} rows, {made.file_count} files")
        self.stdout.write(f"audit head {made.audit_head}")
        self.stdout.write(self.style.SUCCESS(f"Backup made: {options['target']}"))

    def _tell(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
