"""Doors of the worker into the catalogue."""

from uuid import UUID

from django.utils import timezone

from catalog import services
from makers_market.core.jobs import job


@job("catalog.prepare_upload")
def prepare_upload(upload_id: int) -> None:
    services.prepare_upload(upload_id, at=timezone.now())


@job("catalog.prepare_banner")
def prepare_banner(upload_id: int) -> None:
    services.prepare_banner(upload_id, at=timezone.now())


@job("catalog.prepare_review_picture")
def prepare_review_picture(picture_id: int) -> None:
    services.prepare_review_picture(picture_id)


@job("catalog.drop_original")
def drop_original(upload_uuid: str) -> None:
    services.drop_original(UUID(upload_uuid))


@job("catalog.check_import")
def check_import(import_id: int) -> None:
    services.check_import(import_id, at=timezone.now())


@job("catalog.run_import")
def run_import(import_id: int) -> None:
    services.run_import(import_id, at=timezone.now())


@job("catalog.give_imports_up")
def give_imports_up() -> None:
    """Every five minutes: end the imports that cannot go on."""
    services.give_imports_up(at=timezone.now())


give_imports_up.every("*/5 * * * *")


@job("catalog.drop_sheet")
def drop_sheet(import_uuid: str) -> None:
    services.drop_sheet(UUID(import_uuid))


@job("catalog.sweep_imports")
def sweep_imports() -> None:
    """Each night: forget imports after 30 days."""
    services.sweep_imports(at=timezone.now())


sweep_imports.every("35 3 * * *")


@job("catalog.sweep_originals")
def sweep_originals() -> None:
    """Each night: remove originals that no upload names."""
    services.sweep_originals(at=timezone.now())


sweep_originals.every("20 3 * * *")


@job("catalog.index_maker")
def index_maker(maker_id: int) -> None:
    services.index_maker(maker_id)


@job("catalog.index_category")
def index_category(category_id: int) -> None:
    services.index_category(category_id)


@job("catalog.index_term")
def index_term(term_id: int) -> None:
    services.index_term(term_id)


@job("catalog.index_everything")
def index_everything() -> None:
    """Each night: write all listings anew, whatever changed a piece past the services."""
    services.index_everything()


@job("catalog.index_unlisted")
def index_unlisted() -> None:
    """Every ten minutes: list the pieces that were there before listings were."""
    services.index_unlisted()


index_everything.every("40 2 * * *")
index_unlisted.every("*/10 * * * *")


@job("catalog.sweep_wishes")
def sweep_wishes() -> None:
    """Each night: forget alerts nobody waits for any more, and lists guests left behind."""
    while services.sweep_alerts(at=timezone.now()) + services.sweep_saved_lists(at=timezone.now()):
        pass


sweep_wishes.every("50 3 * * *")
