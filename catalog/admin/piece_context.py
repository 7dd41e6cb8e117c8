"""What the pages of a piece show in the workshop."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker
from catalog import product_page
from catalog.drafts import Left, left
from catalog.forms.pictures import PicturesForm
from catalog.forms.pieces import OfferForm, TokenForm, WordsForm
from catalog.models import Picture, Product, Revision, Upload, Variant
from catalog.services.deriving import LOST, UNREADABLE
from catalog.services.uploading import PICTURES_MAX
from makers_market.core.countries import HOME
from makers_market.core.decoder import MOVING, TOO_BIG, TOO_SLOW

PILLS = {
    Product.DRAFT: "",
    Product.REVIEW: "info",
    Product.LIVE: "ok",
    Product.RETIRED: "warn",
}
REFUSALS: dict[str, str | Promise] = {
    UNREADABLE: _("This picture is damaged. Send another one."),
    LOST: _("This picture did not arrive. Send it again."),
    TOO_BIG: _("This picture is too big for us to prepare. Send a smaller one."),
    TOO_SLOW: _("This picture took too long to prepare. Send a smaller one, or as a JPEG."),
    MOVING: _("This picture moves. Send a still one."),
}


@dataclass(frozen=True)
class Tile:
    """One place of the gallery on the maker's page: a picture, or one that is being prepared."""

    picture: Picture | None
    upload: Upload | None = None

    @property
    def is_waiting(self) -> bool:
        return self.upload is not None and self.upload.state == Upload.WAITING

    @property
    def refusal(self) -> str | Promise:
        return REFUSALS.get(self.upload.refusal, "") if self.upload else ""


def words_form(now: Left, maker: Maker, data: Any = None) -> WordsForm:
    """Make the form of a piece's words as they were left."""
    initial = now.words | {"address": now.words["slug"], "seen": now.words_seen}
    return WordsForm(data, maker=maker, initial=initial)


def page_context(
    piece: Product,
    maker: Maker,
    *,
    words: WordsForm | None = None,
    offers: Sequence[OfferForm] = (),
    error: str = "",
) -> dict[str, Any]:
    """Give what the page of a piece shows; forms that failed take the place of fresh ones."""
    now = left(piece)
    return gallery_context(piece, now) | {
        "title": now.words["title_en"],
        "subtitle": None,
        "pill": PILLS[piece.status],
        "words": words or words_form(now, maker),
        "offers": offers or [OfferForm(variant=variant) for variant in piece.sellable],
        "token": TokenForm(),
        "error": error,
        "sent_back": _sent_back(piece, now.revision),
        "is_shown": piece.status == Product.LIVE and maker.is_open,
        "failed": bool(error or (words and words.errors) or any(form.errors for form in offers)),
    }


def gallery_context(piece: Product, now: Left) -> dict[str, Any]:
    """Give what the gallery of a piece shows on its maker's page."""
    pending = piece.uploads.exclude(state=Upload.READY).order_by("pk")
    tiles = [*(Tile(picture) for picture in now.pictures), *(Tile(None, each) for each in pending)]
    return {
        "piece": piece,
        "values": values_of(piece),
        "revision": now.revision,
        "is_open": piece.status != Product.REVIEW,
        "tiles": tiles,
        "room": PICTURES_MAX - len([tile for tile in tiles if tile.picture or tile.is_waiting]),
        "upload_form": PicturesForm(),
        "lacks_words": any(not picture.alt_en for picture in now.pictures),
    }


def values_of(piece: Product) -> list[str]:
    """Give the option values that a picture of a piece may show."""
    return [value for axis in piece.options for value in axis["values"]]


def _sent_back(piece: Product, waiting: Revision | None) -> str:
    """Give the reason of the last decision that nothing has followed yet, or nothing."""
    if piece.status == Product.DRAFT:
        last = piece.moves.order_by("pk").last()
        return last.why if last else ""
    if waiting or piece.status == Product.REVIEW:
        return ""
    decided = piece.revisions.order_by("decided_at").last()
    return decided.reason if decided and decided.state == Revision.REJECTED else ""


def preview_context(piece: Product, variant: Variant) -> dict[str, Any]:
    """Give the shoppers' page of a piece as its maker left it, in one of its variants."""
    now = left(piece)
    for name, value in now.words.items():
        setattr(piece, name, value)
    shown = product_page.Shown(piece, now.pictures, list(piece.personal_fields.all()))
    context = product_page.buying_part(shown, variant, country=HOME)
    for option in context["options"]:
        for value in option["values"]:
            # Choosing stays on the preview: the public page may not be there.
            value["url"] = "?" + value["url"].partition("?")[2]
    return context | {"breadcrumbs": product_page.breadcrumbs_of(piece), "piece": piece}
