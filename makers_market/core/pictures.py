"""Pictures at the door: what may come in is told from a file's first bytes, before decoding."""

import io
import struct
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from PIL import Image

from makers_market.core.errors import Refusal

BYTES_MAX = 12 * 1024 * 1024
PIXELS_MAX = 64_000_000
SIDE_MAX = 16_000
# Pillow's names of the openers; JPEG's also takes the double pictures that some phones make.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")


class PictureRefused(Refusal):
    """The file is no picture that the shop takes."""


@dataclass(frozen=True)
class WidePicture:
    """A shop page's own wide picture, as {% picture %} shows it; beside the shop's name it has no
    words of its own.

    Its derivatives lie where those of pieces do: `pictures/<digest>/<width>.<kind>`.
    """

    digest: str
    width: int
    height: int
    widths: list[int]
    dominant: int
    alt: str = ""

    def url(self, width: int, kind: str) -> str:
        """Give the address of a derivative; kind is "avif" or "webp"."""
        return f"{settings.MEDIA_URL}pictures/{self.digest}/{width}.{kind}"


class Upload(Protocol):
    """What a form gives for a file: only its content counts, never its name or declared type."""

    def read(self, size: int = -1, /) -> bytes: ...


def checked_picture(file: Upload) -> bytes:
    """Give the content of a picture that may be decoded by a job: of a format, size and measure.

    Takes ≤ 12 MB of JPEG, PNG, WebP or AVIF, ≤ 64 megapixels and ≤ 16,000 pixels a side, read
    from the header alone: a PNG of 21 KB can take 860 MB of memory once it is decoded. Raises
    PictureRefused with words for the person who sent it.
    """
    content = file.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise PictureRefused(_("This picture is larger than 12 MB. Send a smaller one."))
    width, height = _measures(content)
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX and width * height <= PIXELS_MAX):
        raise PictureRefused(
            _(
                "This picture is too big: at most 64 megapixels, and 16,000 pixels a side. "
                "Send a smaller one."
            )
        )
    return content


def _measures(content: bytes) -> tuple[int, int]:
    """Read width and height in pixels from the header of one of the four formats."""
    try:
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp_measures(content)
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            return picture.size
    except Image.DecompressionBombError:
        return SIDE_MAX + 1, SIDE_MAX + 1
    # A forged header reaches Pillow's parsers, which fail in all of these ways.
    except (OSError, ValueError, SyntaxError, struct.error, RuntimeError, MemoryError) as error:
        raise PictureRefused(
            _("This file is not a picture we can read. Send a JPEG, PNG, WebP or AVIF.")
        ) from error


def _webp_measures(content: bytes) -> tuple[int, int]:
    """Read the measures of a WebP: Pillow would make room for its pixels before it tells them.

    Source: RFC 9649, sections 2.5 to 2.7.
    """
    kind = content[12:16]
    if kind == b"VP8X":
        flat = content[24:27] + b"\0" + content[27:30] + b"\0"
        width, height = struct.unpack("<II", flat)
        return width + 1, height + 1
    if kind == b"VP8L" and content[20:21] == b"\x2f":
        (bits,) = struct.unpack("<I", content[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no WebP chunk")
