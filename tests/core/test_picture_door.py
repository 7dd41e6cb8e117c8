"""What may come in as a picture, told from its header alone."""

import io
import random
import struct
import tracemalloc
import zlib

import pytest
from PIL import Image

from makers_market.core.pictures import BYTES_MAX, PictureRefused, checked_picture

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF"]


def picture(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (123, 457), "teal").save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int) -> bytes:
    """Give a PNG that says it is this large, with no pixels in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def webp(width: int, height: int) -> bytes:
    """Give the header of an extended WebP of this size."""
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + size


@pytest.mark.parametrize("kind", FORMATS)
def test_check_gives_back_what_was_sent(kind: str):
    content = picture(kind)

    assert checked_picture(io.BytesIO(content)) == content


def test_check_takes_lossless_and_extended_webp():
    exif = Image.Exif()
    exif[0x010E] = "a shelf"

    for content in (picture("WEBP", lossless=True), picture("WEBP", exif=exif)):
        assert checked_picture(io.BytesIO(content)) == content


@pytest.mark.parametrize("size", [(8000, 8000), (16_000, 4000)])
def test_check_takes_the_largest_photos(size: tuple[int, int]):
    assert checked_picture(io.BytesIO(png(*size)))
    assert checked_picture(io.BytesIO(webp(*size)))


@pytest.mark.parametrize("size", [(16_001, 1), (1, 16_001), (8001, 8000), (16_000, 16_000)])
def test_check_refuses_what_is_too_large_without_decoding(size: tuple[int, int]):
    tracemalloc.start()

    for content in (png(*size), webp(*size)):
        with pytest.raises(PictureRefused, match="64 megapixels"):
            checked_picture(io.BytesIO(content))

    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_check_refuses_more_than_twelve_megabytes():
    content = picture("JPEG")

    assert checked_picture(io.BytesIO(content.ljust(BYTES_MAX, b"\0")))
    with pytest.raises(PictureRefused, match="12 MB"):
        checked_picture(io.BytesIO(content.ljust(BYTES_MAX + 1, b"\0")))


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 99, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + b"\0" * 50,
     b"%PDF-1.7", b"II*\0" + b"\0" * 50, b"BM" + b"\0" * 60, b"RIFF\0\0\0\0WEBP",
     b"RIFF\0\0\0\0WEBPVP8X", b"\xff\xd8\xff", png(0, 0), png(2**31 - 1, 2**31 - 1)],
)  # fmt: skip
def test_check_refuses_what_is_no_picture_of_the_four(content: bytes):
    with pytest.raises(PictureRefused):
        checked_picture(io.BytesIO(content))


def test_check_refuses_forged_headers_in_words_only():
    """Two thousand damaged pictures: each is taken or refused, none ends in another error."""
    dice = random.Random(1)  # noqa: S311
    whole = [picture(kind) for kind in FORMATS]
    outcomes = set()

    for _number in range(2000):
        content = bytearray(dice.choice(whole))
        for _change in range(dice.randint(1, 6)):
            content[dice.randrange(min(len(content), 300))] = dice.randrange(256)
        try:
            checked_picture(io.BytesIO(bytes(content)))
            outcomes.add("taken")
        except PictureRefused:
            outcomes.add("refused")

    assert outcomes == {"taken", "refused"}
