"""Write docs/api/openapi.yaml anew from the code; a test compares the two."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from makers_market.desk.api import written_schema

FILE = settings.BASE_DIR / "docs" / "api" / "openapi.yaml"


class Command(BaseCommand):
    help = "Write docs/api/openapi.yaml as /api/v1/schema/?format=yaml gives it."

    def handle(self, *args: Any, **options: Any) -> None:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_bytes(written_schema("yaml"))
        self.stdout.write(f"Written: {FILE.relative_to(settings.BASE_DIR)}")
