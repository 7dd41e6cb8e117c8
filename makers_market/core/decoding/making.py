"""Makes what pages show of a picture, in bounded memory; nothing of its origin stays in it."""

import contextlib
import io
import struct
import zlib
from typing import Any

# All that is needed later is imported before any picture is: then no file can be opened.
from PIL import (
    AvifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from makers_market.core.decoding.bounds import PIXELS_MAX, SIDE_MAX

OPENERS = (AvifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)
# JPEG's opener also takes the double pictures that some phones make; they are stills.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
DOUBLE = "MPO"
WIDTHS = (320, 480, 640, 960, 1280)
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "avif": {"format": "AVIF", "quality": 50, "speed": 8, "max_threads": 2},
    "webp": {"format": "WEBP", "quality": 78, "method": 4},
}
# Mail clients know neither AVIF nor every WebP.
JPEG_WIDTH = 320
# What networks show beside a link: the whole picture on the colour of our pages (--cal).
CARD_NAME, CARD_SIZE, CARD_GROUND = "og.jpg", (1200, 630), "#fbf8f1"
# A JPEG may be read at a half, a quarter or an eighth, never below this side.
DRAFT_SIDE = 2 * max(WIDTHS)
# From here on a picture is made smaller before anything else is done with it.
LARGE_PIXELS = 16_000_000
STRIP_ROWS = 128
ORIENTATION = 0x0112
# How a picture is turned upright, by EXIF's orientation; the last four swap width and height.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = frozenset({5, 6, 7, 8})
# A damaged file reaches Pillow's parsers, which fail in all of these ways.
DECODING_ERRORS = (
    OSError, ValueError, SyntaxError, TypeError, LookupError, EOFError, RuntimeError, OverflowError,
    AttributeError, struct.error, zlib.error,
)  # fmt: skip
DAMAGED, TOO_BIG, MOVING = "unreadable", "too big", "moving"
Made = tuple[dict[str, Any], dict[str, bytes]]


class NotMade(Exception):
    """Nothing can be made of the content; carries DAMAGED, TOO_BIG or MOVING."""


def get_ready() -> None:
    """Load what Pillow would load with the first picture."""
    Image.preinit()


def make(content: bytes) -> Made:
    """Give width, height, widths and dominant colour of a picture, and its derivatives by name.

    Names are `<width>.avif`, `<width>.webp`, `320.jpg` and `og.jpg`. A picture is never made
    larger than it is; metadata stays behind, orientation is applied, colours become sRGB, what is
    transparent becomes white. Raises NotMade.
    """
    try:
        plain, width, height = _decoded(content)
        widths = sorted({*(each for each in WIDTHS if each < width), min(width, max(WIDTHS))})
        facts = {"width": width, "height": height, "widths": widths, "dominant": dominant(plain)}
        return facts, _derivatives(plain, widths)
    except (MemoryError, Image.DecompressionBombError) as error:
        raise NotMade(TOO_BIG) from error
    except DECODING_ERRORS as error:
        raise NotMade(DAMAGED) from error


def _decoded(content: bytes) -> tuple[Image.Image, int, int]:
    """Decode a picture upright in sRGB, and give its own width and height in pixels."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
            raise NotMade(TOO_BIG)
        if picture.format != DOUBLE and getattr(picture, "is_animated", False):
            raise NotMade(MOVING)
        # Before the pixels: they may be so many that nothing else has room.
        turn = picture.getexif().get(ORIENTATION, 1)
        picture.draft("RGB", (DRAFT_SIDE, DRAFT_SIDE))
        picture.load()
        profile = picture.info.get("icc_profile")
        small = _reduced(picture, picture.height if turn in LYING else picture.width)
    plain = _on_white(_in_srgb(small, profile))
    if turn in TURNS:
        plain = plain.transpose(TURNS[turn])
    # Encoders copy comments, colour profiles and more from here.
    plain.info = {}
    return (plain, height, width) if turn in LYING else (plain, width, height)


def _reduced(picture: Image.Image, width: int) -> Image.Image:
    """Give a large picture smaller, still wider than all derivatives; a strip at a time.

    A copy of 64 megapixels takes 256 MB. `width` is that of the upright picture.
    """
    is_large = picture.width * picture.height > LARGE_PIXELS
    factor = max(width // (max(WIDTHS) + 1), 1) if is_large else 1
    mode = _kept_mode(picture)
    measure = (-(-picture.width // factor), -(-picture.height // factor))
    small = Image.new(mode, measure)
    rows = STRIP_ROWS * factor
    for top in range(0, picture.height, rows):
        box = (0, top, picture.width, min(top + rows, picture.height))
        small.paste(_in_mode(picture.crop(box), mode).reduce(factor), (0, top // factor))
    return small


def _kept_mode(picture: Image.Image) -> str:
    if picture.has_transparency_data:
        return "RGBA"
    if picture.mode in {"L", "CMYK"}:
        return picture.mode
    return "L" if picture.mode.startswith(("I", "F")) else "RGB"


def _in_mode(strip: Image.Image, mode: str) -> Image.Image:
    if strip.mode.startswith("I"):
        # 16 bits a pixel: Pillow would cut off what is brighter than 255.
        return strip.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert(mode)
    return strip if strip.mode == mode else strip.convert(mode)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Turn the colours of a camera's own profile into sRGB; a broken profile is ignored."""
    if not profile:
        return picture
    kept = "RGBA" if picture.mode == "RGBA" else "RGB"
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(picture, source, srgb, outputMode=kept)
        return turned or picture
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def _derivatives(plain: Image.Image, widths: list[int]) -> dict[str, bytes]:
    files = {}
    for width in widths:
        resized = _resized(plain, width)
        for kind, options in SAVE_OPTIONS.items():
            files[f"{width}.{kind}"] = _saved(resized, **options)
    small = _resized(plain, JPEG_WIDTH) if plain.width > JPEG_WIDTH else plain
    files[f"{JPEG_WIDTH}.jpg"] = _saved(small, format="JPEG", quality=80, optimize=True)
    files[CARD_NAME] = _saved(_card(plain), format="JPEG", quality=80, optimize=True)
    return files


def _card(plain: Image.Image) -> Image.Image:
    card = Image.new("RGB", CARD_SIZE, CARD_GROUND)
    shown = plain.copy()
    shown.thumbnail(CARD_SIZE, Image.Resampling.LANCZOS)
    card.paste(shown, ((card.width - shown.width) // 2, (card.height - shown.height) // 2))
    return card


def _resized(plain: Image.Image, width: int) -> Image.Image:
    height = max(round(plain.height * width / plain.width), 1)
    return plain.resize((width, height), Image.Resampling.LANCZOS)


def _saved(picture: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, **options)
    return file.getvalue()


def dominant(picture: Image.Image) -> int:
    """Give the mean colour as one of 64 classes: 16·red + 4·green + blue, four levels each."""
    red, green, blue = (int(value) for value in picture.resize((1, 1)).getpixel((0, 0)))  # type: ignore[union-attr]
    levels = [min(3, (value + 42) // 85) for value in (red, green, blue)]
    return 16 * levels[0] + 4 * levels[1] + levels[2]
