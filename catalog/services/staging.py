"""Words and pictures of a piece change: at once on a draft, after review on what shoppers see."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import ShopSection
from catalog.drafts import Entry, Left, as_pictures, gallery_of, left, words_of
from catalog.models import Category, Picture, Product, Revision, Stock
from catalog.services.addressing import AddressTaken, keep_old_address, refuse_address
from catalog.services.indexing import index_pieces
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal

# The audit log keeps the beginning of a long text.
LOGGED_CHARACTERS = 200


class NotComplete(Refusal):
    """Something is missing that a piece needs before shoppers may see it; all of it is named."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(" ".join(missing))
        self.missing = list(missing)


class InReview(Refusal):
    """A moderator is looking at this piece: it changes only after it was taken back."""

    def __init__(self) -> None:
        super().__init__(_("This piece is in review. Take it back before you change it."))


class ChangedMeanwhile(Refusal):
    """What someone looked at is no longer what is there."""

    def __init__(self) -> None:
        super().__init__(
            _("This piece was changed in the meantime. Look at it again, then decide.")
        )


class NotTheirs(Refusal):
    """The shelf, section or variant named is not one that this piece can have."""

    def __init__(self) -> None:
        super().__init__(_("That is not there any more. Choose again."))


def lock_piece(product_id: int) -> Product:
    """Lock a piece, before its variants and their stock; raises Product.DoesNotExist."""
    locked = Product.objects.select_related("maker").select_for_update(of=("self",), no_key=True)
    return locked.get(pk=product_id)


def lock_stock_of(product: Product) -> None:
    """Lock a locked piece's variants and stock as a checkout does, before its listing is locked.

    For verbs that write a listing and touch stock after it: a checkout that holds the stock waits
    for the listing, and the two would wait for each other.
    """
    rows = Stock.objects.select_related("variant").filter(variant__product=product)
    for _row in rows.order_by("pk").select_for_update(of=("self", "variant"), no_key=True):
        pass


def refuse_unless_open(product: Product) -> None:
    """Raise InReview for a piece whose words and pictures a moderator looks at."""
    if product.status == Product.REVIEW:
        raise InReview


def refuse_foreign_shelf(product: Product, words: Mapping[str, Any]) -> None:
    """Raise NotTheirs for a category that is not there or a section of another shop."""
    section = words["section_id"]
    theirs = Q(pk=section, maker_id=product.maker_id)
    if not Category.objects.filter(pk=words["category_id"]).exists():
        raise NotTheirs
    if section is not None and not ShopSection.objects.filter(theirs).exists():
        raise NotTheirs


def missing_words(words: Mapping[str, Any]) -> list[str]:
    """Name, a sentence each, the words without which shoppers may not see a piece."""
    missing = []
    if not words["title_en"].strip():
        missing.append(_("Give the piece a title."))
    if not words["description_en"].strip():
        missing.append(_("Write a description."))
    return missing


def missing_pictures(gallery: Sequence[Entry]) -> list[str]:
    """Name, a sentence each, what a gallery lacks before shoppers may see it."""
    if not gallery:
        return [_("Add at least one picture.")]
    if not all(entry["alt_en"].strip() for entry in gallery):
        return [_("Say what each picture shows.")]
    return []


def change_words(product: Product, words: dict[str, Any], *, by: str, at: datetime) -> None:
    """Write new words on a locked piece: a draft's at once, others wait for review.

    Raises NotComplete for a piece that shoppers see and that would lose what it needs, BadAddress,
    AddressTaken.
    """
    before = left(product).words
    if product.status == Product.DRAFT:
        _write(product, words)
    else:
        if missing := missing_words(words):
            raise NotComplete(missing)
        if words["slug"] != product.slug:
            refuse_address(product, words["slug"])
        now = words_of(product)
        changed = {name: value for name, value in words.items() if value != now[name]}
        stage_change(product, fields=changed, by=by, at=at)
    action = "product.written" if product.status == Product.DRAFT else "product.change_staged"
    changes = {
        name: (_clipped(before[name]), _clipped(value))
        for name, value in words.items()
        if value != before[name]
    }
    record(action, product, by=by, at=at, maker=product.maker_id, changes=changes)
    index_pieces([product.pk])


def _write(product: Product, fields: Mapping[str, Any]) -> None:
    """Write fields onto the piece itself; where its address changes, the old one leads to it."""
    old = product.slug
    if fields.get("slug", old) != old:
        refuse_address(product, fields["slug"])
    for name, value in fields.items():
        setattr(product, name, value)
    try:
        with transaction.atomic():
            product.save(update_fields=list(fields))
    except IntegrityError as error:
        raise AddressTaken from error
    if product.slug != old:
        keep_old_address(product, old)


def _clipped(value: Any) -> Any:
    return value[:LOGGED_CHARACTERS] if isinstance(value, str) else value


def change_gallery(product: Product, gallery: list[Entry], *, by: str, at: datetime) -> None:
    """Give a locked piece a new gallery: a draft's at once, others wait for review.

    Raises NotComplete where shoppers would see a piece without a picture.
    """
    before = left(product).gallery
    if product.status == Product.DRAFT:
        hang_pictures(product, gallery)
    else:
        if not gallery:
            raise NotComplete(missing_pictures(gallery))
        stage_change(product, pictures=gallery, by=by, at=at)
    record(
        "product.pictures_arranged",
        product,
        by=by,
        at=at,
        maker=product.maker_id,
        changes={"pictures": (_told(before), _told(gallery))},
    )
    index_pieces([product.pk])


def _told(gallery: Sequence[Entry]) -> list[str]:
    return [f"{entry['digest'][:8]} {entry['alt_en']}".strip() for entry in gallery]


def hang_pictures(product: Product, gallery: list[Entry]) -> None:
    """Replace the pictures of the piece itself."""
    product.pictures.all().delete()
    Picture.objects.bulk_create(as_pictures(product, gallery))


def stage_change(
    product: Product,
    *,
    fields: dict[str, Any] | None = None,
    pictures: list[Entry] | None = None,
    by: str,
    at: datetime,
) -> None:
    """Let a change of words or of pictures wait for review, in place of the one that waited.

    What is not given stays as it waited; a change back to what shoppers see waits no longer.
    """
    waiting = Revision.objects.waiting().filter(product=product).first()
    revision = waiting or Revision(product=product)
    if fields is not None:
        revision.fields = fields
    if pictures is not None:
        revision.pictures = None if pictures == gallery_of(product) else pictures
    revision.submitted_at, revision.submitted_by = at, by
    if revision.fields or revision.pictures is not None:
        revision.save()
    elif waiting:
        close_change(waiting, Revision.WITHDRAWN, by=by, at=at)


def close_change(revision: Revision, state: str, *, by: str, at: datetime, why: str = "") -> None:
    """End the wait of a change; the piece is locked."""
    revision.state, revision.reason = state, why
    revision.decided_at, revision.decided_by = at, by
    revision.save(update_fields=["state", "reason", "decided_at", "decided_by"])


def apply_change(now: Left) -> None:
    """Write a waiting change onto its locked piece; raises NotComplete, NotTheirs, AddressTaken."""
    if missing := missing_words(now.words) + missing_pictures(now.gallery):
        raise NotComplete(missing)
    product, revision = now.product, now.revision
    if revision is None:
        return
    refuse_foreign_shelf(product, now.words)
    _write(product, revision.fields)
    if revision.pictures is not None:
        hang_pictures(product, revision.pictures)
    index_pieces([product.pk])
