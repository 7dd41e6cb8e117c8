"""A piece as its maker last left it: what shoppers see, and over it the change that waits."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import ShopSection
from catalog.models import Category, Picture, Product, Revision

# What a maker writes about a piece, with the word for it; only these ever wait for review.
WORDS: dict[str, str | Promise] = {
    "title_en": _("Title"),
    "title_pt": _("Title in Portuguese"),
    "description_en": _("Description"),
    "description_pt": _("Description in Portuguese"),
    "material": _("Material"),
    "category_id": _("Category"),
    "section_id": _("Section of the shop"),
    "slug": _("Address"),
}
# What a gallery keeps of each picture; its place is its place in the list.
PICTURE_FIELDS = (
    "digest", "alt_en", "alt_pt", "width", "height", "widths", "dominant", "shows", "focus_x",
    "focus_y",
)  # fmt: skip
Entry = dict[str, Any]
# Where a crop looks in a picture whose maker has not said, in percent.
FOCUS = {"focus_x": 50, "focus_y": 50}


@dataclass(frozen=True)
class Left:
    """A piece as its maker last left it; `gallery` has one entry of PICTURE_FIELDS a picture."""

    product: Product
    revision: Revision | None
    words: dict[str, Any]
    gallery: list[Entry]

    @property
    def pictures(self) -> list[Picture]:
        """Give the gallery as pictures that templates can show, unsaved."""
        return as_pictures(self.product, self.gallery)

    @property
    def seen(self) -> str:
        """Name this state: whoever decides or overwrites says which state they looked at."""
        return fingerprint([self.words, self.gallery])

    @property
    def words_seen(self) -> str:
        return fingerprint(self.words)


def fingerprint(content: Any) -> str:
    """Give 32 hexadecimal digits that change when the content, made of plain values, does."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def left(product: Product) -> Left:
    """Give a piece with the change that waits for review, if one does, laid over it."""
    revision = Revision.objects.waiting().filter(product=product).first()
    words, gallery = words_of(product), gallery_of(product)
    if revision is None:
        return Left(product, None, words, gallery)
    changed = gallery if revision.pictures is None else [FOCUS | each for each in revision.pictures]
    return Left(product, revision, words | revision.fields, changed)


def words_of(product: Product) -> dict[str, Any]:
    """Give the words on the piece itself, category and section by id."""
    return {name: getattr(product, name) for name in WORDS}


def gallery_of(product: Product) -> list[Entry]:
    """Give the gallery of the piece itself, in order."""
    shown = sorted(product.pictures.all(), key=lambda picture: picture.position)
    return [{name: getattr(picture, name) for name in PICTURE_FIELDS} for picture in shown]


def as_pictures(product: Product, gallery: Iterable[Mapping[str, Any]]) -> list[Picture]:
    """Make unsaved pictures of a gallery's entries."""
    return [
        Picture(product=product, position=position, **entry)
        for position, entry in enumerate(gallery)
    ]


@dataclass(frozen=True)
class Changes:
    """What a waiting change would change; `pictures` are (before, after), or None for the same.

    `words` are (label, before, after); `seen` goes back to `approve_revision`.
    """

    words: list[tuple[str | Promise, str, str]]
    pictures: tuple[list[Picture], list[Picture]] | None
    seen: str


def changes_of(revision: Revision) -> Changes:
    """Lay a waiting change beside what shoppers see now."""
    product = revision.product
    before, after = words_of(product), words_of(product) | revision.fields
    rows = [
        (label, _in_words(name, before[name]), _in_words(name, after[name]))
        for name, label in WORDS.items()
        if name in revision.fields
    ]
    gallery = gallery_of(product)
    new = gallery if revision.pictures is None else [FOCUS | each for each in revision.pictures]
    shown = None
    if revision.pictures is not None:
        shown = as_pictures(product, gallery), as_pictures(product, new)
    return Changes(rows, shown, Left(product, revision, after, new).seen)


def _in_words(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "category_id":
        return str(Category.objects.filter(pk=value).first() or "")
    if name == "section_id":
        return str(ShopSection.objects.filter(pk=value).first() or "")
    return str(value)
