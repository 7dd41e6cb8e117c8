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


@job("catalog.drop_original")
def drop_original(upload_uuid: str) -> None:
    services.drop_original(UUID(upload_uuid))


@job("catalog.sweep_originals")
def sweep_originals() -> None:
    """Each night: remove originals that no upload names."""
    services.sweep_originals(at=timezone.now())


sweep_originals.every("20 3 * * *")
