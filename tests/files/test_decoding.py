"""Pictures are looked into by a process of its own: what comes out of it, and what it refuses."""

import contextlib
import io
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from makers_market.core import decoder
from makers_market.core.decoder import ENVIRONMENT, MEMORY, ROOT, Unreadable, develop
from makers_market.core.pictures import PictureRefused, checked_picture
from tests.files.pictures import CANARY, KINDS, gradient, hostile, mutated, picture, png, told

# Each picture is a process of its own.
pytestmark = pytest.mark.slow
JPEG_NAMES = {"320.jpg", "og.jpg"}


def opened(content: bytes) -> Image.Image:
    made = Image.open(io.BytesIO(content))
    made.load()
    return made


def why(content: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        develop(content)
    return refused.value.why


@pytest.mark.parametrize("kind", KINDS)
def test_picture_gives_every_width_in_every_kind(kind: str):
    made = develop(gradient(kind, (1600, 2000)))

    widths = [320, 480, 640, 960, 1280]
    assert made.facts == {"width": 1600, "height": 2000, "widths": widths, "dominant": 42}
    names = {f"{width}.{ending}" for width in widths for ending in ("avif", "webp")}
    assert set(made.files) == names | JPEG_NAMES
    for name, file in made.files.items():
        shown = opened(file)
        assert shown.width == (1200 if name == "og.jpg" else int(name.partition(".")[0]))


def test_small_picture_is_never_enlarged():
    made = develop(picture(size=(90, 60)))

    assert made.facts["widths"] == [90]
    assert {opened(file).size for name, file in made.files.items() if name != "og.jpg"} == {
        (90, 60)
    }


def test_card_for_networks_shows_the_whole_piece_on_our_colour():
    card = opened(develop(picture(size=(800, 1000))).files["og.jpg"])

    assert card.size == (1200, 630)
    red, green, blue = card.getpixel((10, 10))  # type: ignore[misc]
    assert (abs(red - 0xFB) + abs(green - 0xF8) + abs(blue - 0xF1)) < 8
    assert card.getpixel((600, 315)) != card.getpixel((10, 10))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_a_file_tells_of_its_origin_is_left(kind: str):
    content = told(kind)
    assert CANARY in content

    made = develop(content)

    for file in made.files.values():
        assert CANARY not in file
        for word in (b"Exif", b"EXIF", b"GPS", b"xmpmeta", b"ICC_PROFILE", b"ICCP", b"prof"):
            assert word not in file
        assert dict(opened(file).getexif()) == {}


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_turned_photo_stands_upright(turn: int):
    marked = Image.new("RGB", (400, 300), "white")
    marked.paste("black", (0, 0, 200, 150))
    exif = Image.Exif()
    exif[0x0112] = turn
    file = io.BytesIO()
    marked.save(file, "JPEG", exif=exif)

    made = develop(file.getvalue())

    width = made.facts["width"]
    assert (width, made.facts["height"]) == ((300, 400) if turn in {6, 8} else (400, 300))
    shown = opened(made.files[f"{width}.webp"]).convert("L")
    right, below = shown.width - 40, shown.height - 40
    corners = [shown.getpixel(each) < 90 for each in ((40, 40), (right, 40), (right, below))]  # type: ignore[operator]
    assert corners == {1: [True, False, False], 3: [False, False, True],
                       6: [False, True, False], 8: [False, False, False]}[turn]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "1")]
)
def test_every_way_to_keep_colours_becomes_rgb(kind: str, mode: str):
    made = develop(gradient(kind, (400, 500), mode))

    assert opened(made.files["320.webp"]).mode == "RGB"


def test_picture_of_sixteen_bits_keeps_its_greys():
    file = io.BytesIO()
    Image.linear_gradient("L").convert("I;16").point(lambda value: value * 257).save(file, "PNG")

    shown = opened(develop(file.getvalue()).files["256.webp"]).convert("L")

    greys = [shown.getpixel((128, row)) for row in (16, 128, 240)]
    assert [round(grey / 16) for grey in greys] == [1, 8, 15]  # type: ignore[operator]


def test_wide_colours_become_those_of_screens():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()

    for profile in (lab, b"no profile at all"):
        assert develop(picture(icc_profile=profile)).facts["width"] == 60


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04", b"*/=alert(1)/*"])
def test_second_nature_of_a_file_is_left_behind(tail: bytes):
    made = develop(picture() + tail)

    assert all(tail not in file for file in made.files.values())


def test_moving_pictures_are_refused_and_double_photos_are_not():
    frames = [Image.new("RGB", (60, 75), colour) for colour in ("red", "blue")]
    for kind in ("WEBP", "PNG", "AVIF"):
        file = io.BytesIO()
        frames[0].save(file, kind, save_all=True, append_images=frames[1:])
        assert why(file.getvalue()) == "moving"
    double = io.BytesIO()
    frames[0].save(double, "MPO", save_all=True, append_images=frames[1:])
    assert develop(double.getvalue()).facts["width"] == 60


@pytest.mark.parametrize(
    "content",
    [b"GIF89a" + b"\0" * 40, b"<svg/>", b"", b"BM" + b"\0" * 60, picture("TIFF")],
    ids=["gif", "svg", "empty", "bmp", "tiff"],
)
def test_other_formats_are_refused_at_the_door_and_by_the_decoder(content: bytes):
    with pytest.raises(PictureRefused):
        checked_picture(io.BytesIO(content))
    assert why(content) == "unreadable"


@pytest.mark.parametrize("size", [(10_000, 10_000), (16_001, 10), (0, 10), (2**31, 2**31)])
def test_measures_beyond_bounds_are_refused_before_decoding(size: tuple[int, int]):
    content = png(size, b"\0")

    with pytest.raises(PictureRefused):
        checked_picture(io.BytesIO(content))
    with pytest.raises(Unreadable):
        develop(content)


@pytest.mark.parametrize("name", ["promise", "texts", "cut", "noise", "nothing"])
def test_hostile_picture_is_refused(name: str):
    assert why(hostile()[name]) in {"unreadable", "too big"}


def test_child_that_runs_out_of_memory_refuses(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decoder, "MEMORY", 96 * 1024 * 1024)

    assert why(gradient("PNG", (4400, 4400), "RGBA")) in {"too big", "unreadable"}


def test_child_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decoder, "WALL_SECONDS", 0.05)
    begun = time.monotonic()

    assert why(picture()) == "too slow"
    assert time.monotonic() - begun < 5


def test_child_that_is_killed_refuses(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decoder, "BEGIN", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    assert why(picture()) == "too big"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "no json",
        '{"facts": {}, "files": {}}',
        '{"facts": {"width": 9, "height": 9, "widths": [9], "dominant": 64}, "files": {}}',
        '{"facts": {"width": 9, "height": 9, "widths": [9], "dominant": 1}, '
        '"files": {"../../x.webp": 0}}',
        '{"facts": {"width": 9, "height": 9, "widths": [9], "dominant": 1}, '
        '"files": {"9.webp": 6}}\\n<html>',
        '{"refusal": "<script>"}',
        "[]",
    ],
)
def test_what_a_conquered_child_says_is_not_believed(said: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        decoder, "BEGIN", f"print({said!r}.replace(chr(92) + 'n', chr(10)), end='')"
    )

    assert why(picture()) == "unreadable"


ATTACK = f"""
import os, socket, subprocess, sys
sys.path.append({str(ROOT)!r})
from makers_market.core.decoding import confining, making
environment, folder = dict(os.environ), os.getcwd()
confining.limit({MEMORY})
making.get_ready()
shut = confining.shut()
def tried(act):
    try:
        act()
    except OSError:
        return "refused"
    return "DONE"
acts = [
    lambda: open("/etc/hostname").read(), lambda: open(f"/proc/{{os.getppid()}}/environ"),
    lambda: open("/tmp/conquered", "w"), lambda: socket.create_connection(("127.0.0.1", 1)),
    lambda: socket.socketpair(), lambda: os.fork(), lambda: os.kill(os.getppid(), 0),
    lambda: subprocess.run(["true"]), lambda: os.execv("/bin/true", ["true"]),
    lambda: os.unlink("/tmp/none"),
]
sys.stdout.write(repr((shut, environment, folder, [tried(act) for act in acts])))
"""


@pytest.mark.slow
def test_conquered_child_can_do_nothing():
    """Runs our own confinement, then all that an attacker would try first."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", ATTACK], env=ENVIRONMENT, cwd="/tmp", text=True,
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip

    assert done.stdout == repr((True, done_environment(), "/tmp", ["refused"] * 10))


def done_environment() -> dict[str, str]:
    """Give the whole environment a child has; Python itself adds the last line."""
    return ENVIRONMENT | {"LC_CTYPE": "C.UTF-8"}


def test_child_knows_no_django_and_no_secret(tmp_path: Path):
    asked = (
        f"import sys; sys.path.append({str(ROOT)!r}); import makers_market.core.decoding.making;"
        "print([name for name in sys.modules if name.startswith(('django', 'catalog', 'psycopg'))])"
    )

    said = subprocess.run(
        [sys.executable, "-I", "-c", asked], check=True, capture_output=True, text=True, timeout=60
    )

    assert said.stdout.strip() == "[]"


def test_no_child_is_left_when_many_ask_at_once():
    before = threading.active_count(), children()
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(develop, [picture(size=(90 + n, 60)) for n in range(6)]))

    assert [each.facts["width"] for each in made] == [90, 91, 92, 93, 94, 95]
    assert (threading.active_count(), children()) == before


def children() -> set[str]:
    """Give the processes this one has begun and not yet taken leave of."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] == str(os.getpid()):
                found.add(stat.parent.name)
    return found


def tell_fate(seed: int) -> str:
    try:
        return "made" if develop(mutated(seed)).files else "nothing"
    except Unreadable as refused:
        return refused.why


def test_mutated_pictures_are_made_or_refused():
    """Thousands more under `long`: each takes a process of its own."""
    with ThreadPoolExecutor(2) as pool:
        fates = set(pool.map(tell_fate, range(40)))

    assert fates <= {"made", "unreadable", "moving", "too big"}
    assert {"made", "unreadable"} <= fates


@pytest.mark.long
def test_thousands_of_mutated_pictures_are_made_or_refused():
    with ThreadPoolExecutor(2) as pool:
        fates = set(pool.map(tell_fate, range(5000)))

    assert fates <= {"made", "unreadable", "moving", "too big"}
