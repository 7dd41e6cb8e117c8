"""Pieces are listed, offered in variants and shown in pictures."""

import contextlib
import hashlib
import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageCms, ImageOps

from catalog.models import Category, Picture, Product, Stock, Variant
from makers_market.core.pictures import FORMATS

WIDTHS = (320, 480, 640, 960, 1280)
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "avif": {"format": "AVIF", "quality": 50, "speed": 8},
    "webp": {"format": "WEBP", "quality": 78, "method": 4},
}
# Mail clients know neither AVIF nor every WebP.
JPEG_WIDTH = 320
# A JPEG may be read at a half, a quarter or an eighth, never below this side.
DRAFT_SIDE = 2 * max(WIDTHS)
ORIENTATION = 0x0112
# The values of EXIF's orientation that swap width and height.
LYING = frozenset({5, 6, 7, 8})
# A damaged file reaches Pillow's parsers, which fail in all of these ways.
DECODING_ERRORS = (
    OSError, ValueError, SyntaxError, TypeError, LookupError, EOFError, MemoryError, RuntimeError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip


class Unreadable(Exception):
    """The content is no picture, or a damaged one."""


@transaction.atomic
def arrange_category(*, slug: str, **fields: Any) -> Category:
    """Put a category on its shelf, or renew one that is there."""
    category, _created = Category.objects.update_or_create(slug=slug, defaults=fields)
    return category


@transaction.atomic
def list_product(*, slug: str, at: datetime, **fields: Any) -> Product:
    """List a piece for sale unreviewed, or renew its description; the first listing dates it.

    For demo shops and tests: makers draft pieces, and moderators put them on sale.
    """
    product, created = Product.objects.update_or_create(
        slug=slug,
        defaults=fields,
        create_defaults=fields | {"status": Product.LIVE, "published_at": at},
    )
    if created:
        product.starting_move(by="command", at=at).save()
        return product
    if product.published_at is None:
        product.published_at = at
        product.save(update_fields=["published_at"])
    product.move_to(Product.LIVE, by="command", at=at)
    return product


@transaction.atomic
def offer_variant(
    product: Product, *, sku: str, options: Mapping[str, str], price_cents: int, position: int
) -> Variant:
    """Offer a product in one choice of its options at a price; makes its empty stock row."""
    variant, _created = Variant.objects.update_or_create(
        sku=sku,
        defaults={
            "product": product,
            "options": dict(options),
            "price_cents": price_cents,
            "position": position,
        },
    )
    Stock.objects.get_or_create(variant=variant)
    return variant


@dataclass(frozen=True)
class PictureFile:
    """An original picture and what it shows; `shows` is an option value or empty."""

    content: bytes
    alt_en: str
    alt_pt: str
    shows: str = ""

    @property
    def digest(self) -> str:
        return digest_of(self.content)


def add_picture(product: Product, file: PictureFile, *, position: int) -> Picture:
    """Show a picture of a piece at a place in its gallery, with derivatives in both kinds.

    Repeating it with the same content writes no file again. Decoding happens outside any
    transaction. Raises Unreadable for content that is no picture.
    """
    facts = make_derivatives(file.content, file.digest)
    fields = facts | {
        "digest": file.digest,
        "alt_en": file.alt_en,
        "alt_pt": file.alt_pt,
        "shows": file.shows,
    }
    picture, _created = Picture.objects.update_or_create(
        product=product, position=position, defaults=fields
    )
    return picture


def digest_of(content: bytes) -> str:
    """Name content: 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(content).hexdigest()[:32]


def make_derivatives(content: bytes, digest: str) -> dict[str, Any]:
    """Write the derivatives of a picture that are missing; give its size, widths and colour.

    A picture is never made larger than it is; metadata stays behind, orientation is applied,
    colours become sRGB, what is transparent becomes white. Raises Unreadable.
    """
    original, width, height = _decoded(content)
    widths = sorted({*(each for each in WIDTHS if each < width), min(width, max(WIDTHS))})
    for each in widths:
        _write_width(original, digest, each, kinds=tuple(SAVE_OPTIONS))
    _write_jpeg(original, digest)
    return {
        "width": width,
        "height": height,
        "widths": widths,
        "dominant": dominant_class(original),
    }


def _decoded(content: bytes) -> tuple[Image.Image, int, int]:
    """Decode a picture upright in sRGB, and give its own width and height in pixels.

    A JPEG is read at a fraction of its size where that is large enough for every derivative.
    """
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = picture.size
        picture.draft("RGB", (DRAFT_SIDE, DRAFT_SIDE))
        is_turned = picture.getexif().get(ORIENTATION, 1) in LYING
        plain = _on_white(_in_srgb(ImageOps.exif_transpose(picture)))
    except DECODING_ERRORS as error:
        raise Unreadable from error
    # Encoders copy comments, colour profiles and more from here.
    plain.info = {}
    return (plain, height, width) if is_turned else (plain, width, height)


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Turn the colours of a camera's own profile into sRGB; a broken profile is ignored."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return picture
    kept = "RGBA" if picture.mode == "RGBA" else "RGB"
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(picture, source, srgb, outputMode=kept)
        return turned or picture
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    pierced = picture.convert("RGBA")
    white = Image.new("RGBA", pierced.size, "white")
    return Image.alpha_composite(white, pierced).convert("RGB")


def _write_width(original: Image.Image, digest: str, width: int, *, kinds: Sequence[str]) -> None:
    names = {kind: f"pictures/{digest}/{width}.{kind}" for kind in kinds}
    missing = {kind: name for kind, name in names.items() if not default_storage.exists(name)}
    if not missing:
        return
    resized = _resized(original, width)
    for kind, name in missing.items():
        file = io.BytesIO()
        resized.save(file, **SAVE_OPTIONS[kind])
        default_storage.save(name, ContentFile(file.getvalue()))


def _write_jpeg(original: Image.Image, digest: str) -> None:
    name = f"pictures/{digest}/{JPEG_WIDTH}.jpg"
    if default_storage.exists(name):
        return
    file = io.BytesIO()
    _resized(original, JPEG_WIDTH).save(file, format="JPEG", quality=80, optimize=True)
    default_storage.save(name, ContentFile(file.getvalue()))


def _resized(original: Image.Image, width: int) -> Image.Image:
    height = round(original.height * width / original.width)
    return original.resize((width, height), Image.Resampling.LANCZOS)


def dominant_class(picture: Image.Image) -> int:
    """Give the mean colour as one of 64 classes: 16·red + 4·green + blue, four levels each."""
    red, green, blue = (int(value) for value in picture.resize((1, 1)).getpixel((0, 0)))  # type: ignore[union-attr]
    levels = [min(3, (value + 42) // 85) for value in (red, green, blue)]
    return 16 * levels[0] + 4 * levels[1] + levels[2]
