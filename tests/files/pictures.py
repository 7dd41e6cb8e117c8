"""Pictures as people and machines send them: honest, hostile, and broken."""

import io
import random
import struct
import zlib
from typing import Any

from PIL import Image

KINDS = ("JPEG", "PNG", "WEBP", "AVIF")
CANARY = b"CanaryPlace"


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 75), mode: str = "RGB", **save: Any
) -> bytes:
    """Give a picture of one colour."""
    file = io.BytesIO()
    Image.new(mode, size, 120 if mode == "L" else "#7fa696").save(file, kind, **save)
    return file.getvalue()


def gradient(kind: str, size: tuple[int, int], mode: str = "RGB", **save: Any) -> bytes:
    """Give a picture with something in it."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(file, kind, **save)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Give a chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(size: tuple[int, int], data: bytes, *, before: bytes = b"") -> bytes:
    """Give a PNG that promises this size, whatever `data` holds."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + before + body


def told(kind: str) -> bytes:
    """Give a picture that says where it was made in every way its format knows."""
    exif = Image.Exif()
    exif[0x010F] = CANARY.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 38.0, 27.0), 29: CANARY.decode()})
    xmp = b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"
    profile = b"\0" * 128 + CANARY
    more = {"comment": CANARY, "xmp": xmp} if kind == "JPEG" else {"xmp": xmp}
    if kind == "PNG":
        more = {}
    content = picture(kind, (400, 500), exif=exif, icc_profile=profile, **more)
    if kind == "PNG":
        end = content.index(b"IDAT") - 4
        content = content[:end] + chunk(b"tEXt", b"Comment\0" + CANARY) + content[end:]
    return content


def hostile() -> dict[str, bytes]:
    """Give pictures that want to take much: memory, time, or another program in."""
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 40_000_000, 9))
    return {
        "bomb": png((8000, 8000), b"\0" * 24_001 * 8000),
        "promise": png((8000, 8000), b"\0" * 99),
        "texts": png((60, 75), b"\0" * 181 * 75, before=text * 20),
        "cut": gradient("PNG", (900, 900))[:-400],
        "noise": b"\xff\xd8\xff\xc0\0\x11\x08\0\x40\0\x40" + random.Random(5).randbytes(4000),  # noqa: S311
        "nothing": b"",
    }


def mutated(seed: int) -> bytes:
    """Give a small picture with a few of its bytes changed, cut or doubled."""
    chance = random.Random(seed)  # noqa: S311
    content = bytearray(gradient(KINDS[seed % 4], (48, 40)))
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(content))
        act = chance.randrange(3)
        if act == 0:
            content[place] = chance.randrange(256)
        elif act == 1:
            del content[place : place + chance.randint(1, 20)]
        else:
            content[place:place] = content[place : place + chance.randint(1, 20)]
        if not content:
            break
    return bytes(content)
