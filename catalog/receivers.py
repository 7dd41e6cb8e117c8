from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.signals import maker_renamed
from catalog import services, tasks
from catalog.signals import (
    banner_sent,
    category_changed,
    import_sent,
    import_started,
    original_unneeded,
    picture_sent,
    review_picture_sent,
    sheet_unneeded,
    term_changed,
)
from catalog.visitor import guests_list, lay_down_list
from makers_market.core.db import as_app


@receiver(picture_sent)
def prepare_the_picture(sender: object, upload_id: int, **kwargs: Any) -> None:
    tasks.prepare_upload.defer(upload_id=upload_id)


@receiver(review_picture_sent)
def prepare_the_reviews_picture(sender: object, picture_id: int, **kwargs: Any) -> None:
    tasks.prepare_review_picture.defer(picture_id=picture_id)


@receiver(banner_sent)
def prepare_the_banner(sender: object, upload_id: int, **kwargs: Any) -> None:
    tasks.prepare_banner.defer(upload_id=upload_id)


@receiver(original_unneeded)
def drop_the_original(sender: object, upload_uuid: str, **kwargs: Any) -> None:
    tasks.drop_original.defer(upload_uuid=upload_uuid)


@receiver(import_sent)
def check_the_sheet(sender: object, import_id: int, **kwargs: Any) -> None:
    tasks.check_import.defer(import_id=import_id)


@receiver(import_started)
def bring_the_sheet_in(sender: object, import_id: int, **kwargs: Any) -> None:
    tasks.run_import.defer(import_id=import_id)


@receiver(sheet_unneeded)
def drop_the_sheet(sender: object, import_uuid: str, **kwargs: Any) -> None:
    tasks.drop_sheet.defer(import_uuid=import_uuid)


@receiver(maker_renamed)
def index_the_workshop(sender: object, maker_id: int, **kwargs: Any) -> None:
    tasks.index_maker.defer(maker_id=maker_id)


@receiver(category_changed)
def index_the_shelf(sender: object, category_id: int, **kwargs: Any) -> None:
    tasks.index_category.defer(category_id=category_id)


@receiver(term_changed)
def index_what_is_made_of_it(sender: object, term_id: int, **kwargs: Any) -> None:
    tasks.index_term.defer(term_id=term_id)


@receiver(user_logged_in)
def bring_saved_pieces_along(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """What a guest saved is in their account from then on; the list's page says how many came."""
    guests = guests_list(request.session)
    if guests is not None:
        with as_app():
            came = services.merge_saved(guests, user=user, at=timezone.now())
        lay_down_list(request, came)
