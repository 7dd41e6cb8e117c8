"""Pictures at the door: what may come in is told from a file's first bytes, before decoding."""

import re
import struct
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from makers_market.core.decoding.bounds import PIXELS_MAX, SIDE_MAX
from makers_market.core.errors import Refusal

BYTES_MAX = 12 * 1024 * 1024
# A JPEG's segments: the frames that begin a picture, and those after which none begins.
MARKER = 0xFF
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
LAST_SEGMENTS = frozenset({0xD9, 0xDA})
ISPE = re.compile(rb"ispe")
BOX_MIN = 8


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
    width, height = measures(content)
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX and width * height <= PIXELS_MAX):
        raise PictureRefused(
            _(
                "This picture is too big: at most 64 megapixels, and 16,000 pixels a side. "
                "Send a smaller one."
            )
        )
    return content


def measures(content: bytes) -> tuple[int, int]:
    """Read width and height in pixels from the header of one of the four formats.

    No decoder runs here: a header alone can make one take a gigabyte. Raises PictureRefused.
    """
    try:
        for begins, read in READERS:
            if begins.match(content):
                return read(content)
        raise ValueError("no picture")
    except (ValueError, LookupError, struct.error) as error:
        raise PictureRefused(
            _("This file is not a picture we can read. Send a JPEG, PNG, WebP or AVIF.")
        ) from error


def _png_measures(content: bytes) -> tuple[int, int]:
    """Source: PNG third edition, section 11.2.1."""
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpeg_measures(content: bytes) -> tuple[int, int]:
    """Go from segment to segment to the one that begins the frame. Source: ITU-T T.81, annex B."""
    place = 2
    while content[place] == MARKER:
        kind = content[place + 1]
        if kind == MARKER:
            place += 1
            continue
        if kind in FRAMES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        if kind in LAST_SEGMENTS:
            break
        place += 2 + int.from_bytes(content[place + 2 : place + 4])
    raise ValueError("no frame")


def _avif_measures(content: bytes) -> tuple[int, int]:
    """Give the largest of the measures of its items: a picture of tiles names theirs too.

    Source: ISO/IEC 14496-12, section 4.2, and 23008-12, section 6.5.3 (`ispe`).
    """
    place = 0
    while place < len(content):
        size = int.from_bytes(content[place : place + 4])
        if content[place + 4 : place + 8] == b"meta":
            found = [item.end() + 4 for item in ISPE.finditer(content, place, place + size)]
            items = [struct.unpack(">II", content[each : each + 8]) for each in found]
            return max(width for width, _height in items), max(height for _width, height in items)
        if size < BOX_MIN:
            break
        place += size
    raise ValueError("no measures")


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


READERS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n.{4}IHDR", re.DOTALL), _png_measures),
    (re.compile(rb"\xff\xd8\xff", re.DOTALL), _jpeg_measures),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), _webp_measures),
    (re.compile(rb".{4}ftyp(avif|avis|mif1)", re.DOTALL), _avif_measures),
)
