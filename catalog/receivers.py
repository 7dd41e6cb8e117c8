from typing import Any

from django.dispatch import receiver

from catalog import tasks
from catalog.signals import banner_sent, original_unneeded, picture_sent


@receiver(picture_sent)
def prepare_the_picture(sender: object, upload_id: int, **kwargs: Any) -> None:
    tasks.prepare_upload.defer(upload_id=upload_id)


@receiver(banner_sent)
def prepare_the_banner(sender: object, upload_id: int, **kwargs: Any) -> None:
    tasks.prepare_banner.defer(upload_id=upload_id)


@receiver(original_unneeded)
def drop_the_original(sender: object, upload_uuid: str, **kwargs: Any) -> None:
    tasks.drop_original.defer(upload_uuid=upload_uuid)
