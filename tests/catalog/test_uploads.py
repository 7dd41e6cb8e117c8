"""Pictures: sent, kept private, prepared by a job, put in order; nothing of their origin stays."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageCms

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Picture, Product, Revision, Upload
from catalog.services import uploading
from tests.catalog.writing import PIECES, drafted, entry, fresh, image, live, state_of
from tests.factories import maker, signed_in, user
from tests.worker import run_jobs
from tests.worker import waiting as all_waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
GPS, ORIENTATION = 0x8825, 0x0112


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


@pytest.fixture
def zed(db: None) -> Maker:
    return maker("zed", members=[user("zed@example.com")])


def send(client: Client, piece: Product, *contents: bytes, **headers: Any) -> Any:
    files = [SimpleUploadedFile(f"photo-{n}.jpg", each) for n, each in enumerate(contents)]
    return client.post(f"{PIECES}{piece.pk}/pictures/", {"pictures": files}, **headers)


def begin(piece: Product, *contents: bytes) -> list[Upload]:
    originals = [catalog.store_original(each) for each in contents]
    return catalog.begin_uploads(piece.pk, originals=originals, by="test", at=timezone.now())


def waiting() -> list[tuple[str, dict[str, object]]]:
    """Give what waits to be done with pictures: the stock of a new piece has jobs of its own."""
    return [(name, ids) for name, ids in all_waiting() if name.startswith("catalog.")]


def files(root: Path) -> list[str]:
    return sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_file())


def photo(**save: Any) -> bytes:
    """Give a phone's photo, which knows where it was taken, in every way a file can tell."""
    exif = Image.Exif()
    exif[0x010F] = "CanaryPhone"
    exif.get_ifd(GPS).update({1: "N", 2: (37.0, 38.0, 27.0), 29: "CanaryDate"})
    xmp = b"<x:xmpmeta>CanaryXmp</x:xmpmeta>"
    return image("JPEG", (400, 500), exif=exif, comment="CanaryComment", xmp=xmp, **save)


def bomb() -> bytes:
    """Give a PNG of a few kilobytes whose header promises 20,000 × 20,000 pixels."""
    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 10_000)
    chunks = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    packed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def test_upload_is_private_and_waits_for_its_job(
    at_mo_s: Client, mo: Maker, own_media: Path, shopper: Client
):
    piece = drafted(mo)

    answer = send(at_mo_s, piece, image(), image("PNG"))

    assert answer.status_code == 302
    uploads = list(Upload.objects.all())
    assert [each.state for each in uploads] == ["waiting", "waiting"]
    assert waiting() == [("catalog.prepare_upload", {"upload_id": each.pk}) for each in uploads]
    names = [f"originals/{each.uuid.hex}" for each in uploads]
    assert files(own_media) == sorted(names)
    for path in (names[0], f"pictures/../{names[0]}", f"pictures/%2e%2e/{names[0]}"):
        assert shopper.get(f"/media/{path}").status_code in {400, 404}
    page = at_mo_s.get(f"{PIECES}{piece.pk}/change/").text
    assert page.count("Being prepared") == 2


def test_job_hangs_pictures_in_the_order_they_were_sent(
    at_mo_s: Client, mo: Maker, shopper: Client
):
    piece = drafted(mo)
    send(at_mo_s, piece, image(size=(700, 900)), image("PNG", (90, 60)), image("WEBP"))

    run_jobs()

    assert [(p.position, p.width, p.height, p.widths) for p in piece.pictures.all()] == [
        (0, 700, 900, [320, 480, 640, 700]),
        (1, 90, 60, [90]),
        (2, 60, 75, [60]),
    ]
    assert {each.state for each in Upload.objects.all()} == {"ready"}
    first = piece.pictures.first()
    assert shopper.get(first.url(640, "avif")).status_code == 200
    assert shopper.get(first.url(320, "jpg"))["X-Content-Type-Options"] == "nosniff"


def test_order_is_the_order_sent_also_when_a_later_picture_is_ready_first(mo: Maker):
    piece = drafted(mo)
    earlier, later, last = begin(piece, image(size=(80, 90)), image(size=(81, 90)), image())

    for upload in (last, earlier, later):
        catalog.prepare_upload(upload.pk, at=timezone.now())

    gallery = [picture.digest for picture in piece.pictures.order_by("position")]
    assert gallery == [earlier.digest, later.digest, last.digest]


def test_job_run_twice_hangs_a_picture_once(mo: Maker):
    piece = drafted(mo)
    (upload,) = begin(piece, image())

    for _ in range(2):
        catalog.prepare_upload(upload.pk, at=timezone.now())
    Upload.objects.filter(pk=upload.pk).update(state="waiting")
    catalog.prepare_upload(upload.pk, at=timezone.now())

    assert piece.pictures.count() == 1


def test_place_and_phone_are_in_no_derivative(mo: Maker, own_media: Path):
    piece = drafted(mo)
    content = photo()
    assert b"CanaryXmp" in content
    assert b"CanaryComment" in content
    begin(piece, content)

    run_jobs()

    made = [own_media / name for name in files(own_media) if name.startswith("pictures/")]
    assert sorted(path.name for path in made) == [
        "320.avif", "320.jpg", "320.webp", "400.avif", "400.webp", "facts.json", "og.jpg",
    ]  # fmt: skip
    pictures = [path for path in made if path.suffix != ".json"]
    for path in pictures:
        with Image.open(path) as shown:
            told = set(shown.info) & {"exif", "xmp", "comment", "icc_profile"}
            assert (dict(shown.getexif()), told) == ({}, set())
        assert b"Canary" not in path.read_bytes()


def test_turned_photo_is_shown_upright(mo: Maker, own_media: Path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    piece = drafted(mo)
    begin(piece, image("JPEG", (400, 300), exif=exif))

    run_jobs()

    shown = piece.pictures.get()
    assert (shown.width, shown.height) == (300, 400)
    with Image.open(own_media / f"pictures/{shown.digest}/300.webp") as made:
        assert made.size == (300, 400)


def test_colours_of_a_camera_become_srgb(mo: Maker):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for content in (image(icc_profile=profile), image(icc_profile=b"no profile at all")):
        begin(drafted(mo), content)

    run_jobs()

    assert {each.state for each in Upload.objects.all()} == {"ready"}


def test_transparent_picture_stands_on_white(mo: Maker):
    file = io.BytesIO()
    Image.new("RGBA", (40, 50), (0, 0, 0, 0)).save(file, "PNG")
    piece = drafted(mo)
    begin(piece, file.getvalue())

    run_jobs()

    assert piece.pictures.get().dominant == 63


def test_large_photo_is_read_at_a_fraction_and_keeps_its_size(mo: Maker):
    piece = drafted(mo)
    begin(piece, image("JPEG", (6000, 8000), quality=20))

    run_jobs()

    shown = piece.pictures.get()
    assert (shown.width, shown.height) == (6000, 8000)
    assert shown.widths == [320, 480, 640, 960, 1280]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + b"\0" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"\xff\xd8\xff" + b"x" * 100,
        bomb(),
        image() + b"\0" * (12 * 1024 * 1024),
    ],
    ids=["empty", "gif", "svg", "html", "noise", "bomb", "heavy"],
)
def test_file_that_is_no_picture_is_refused_with_words(
    at_mo_s: Client, mo: Maker, own_media: Path, content: bytes
):
    piece = drafted(mo)
    before = state_of(piece)

    page = at_mo_s.post(
        f"{PIECES}{piece.pk}/pictures/",
        {"pictures": [SimpleUploadedFile("<b>x</b>.jpg", content)]},
        follow=True,
    )

    assert page.status_code == 200
    assert state_of(piece) == before
    assert (files(own_media), waiting()) == ([], [])
    assert "<b>x</b>" not in page.text


def test_good_pictures_beside_a_bad_one_are_taken(at_mo_s: Client, mo: Maker):
    piece = drafted(mo)

    send(at_mo_s, piece, image(), b"<svg/>", image("PNG"))

    assert piece.uploads.count() == 2


def test_damaged_picture_is_refused_by_the_job(at_mo_s: Client, mo: Maker, own_media: Path):
    piece = drafted(mo)
    send(at_mo_s, piece, image("PNG", (900, 900))[:-400])

    run_jobs()

    upload = Upload.objects.get()
    assert (upload.state, upload.refusal) == ("refused", "unreadable")
    assert (piece.pictures.count(), files(own_media)) == (0, [])
    assert "This picture is damaged" in at_mo_s.get(f"{PIECES}{piece.pk}/change/").text
    at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", {"discard": upload.uuid})
    assert piece.uploads.count() == 0


def test_job_without_its_original_refuses(mo: Maker):
    (upload,) = begin(drafted(mo), image())
    default_storage.delete(f"originals/{upload.uuid.hex}")

    run_jobs()

    upload.refresh_from_db()
    assert (upload.state, upload.refusal) == ("refused", "lost")


def test_picture_removed_while_it_is_prepared_stays_away(at_mo_s: Client, mo: Maker, own_media):
    piece = drafted(mo)
    (upload,) = begin(piece, image())

    at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", {"discard": upload.uuid})
    run_jobs()

    assert (piece.uploads.count(), piece.pictures.count(), files(own_media)) == (0, 0, [])


def test_same_picture_sent_twice_is_taken_once(at_mo_s: Client, mo: Maker, own_media: Path):
    piece = drafted(mo)

    send(at_mo_s, piece, image(), image())
    send(at_mo_s, piece, image())
    run_jobs()
    send(at_mo_s, piece, image())
    run_jobs()

    assert (piece.pictures.count(), piece.uploads.count()) == (1, 1)
    assert len([name for name in files(own_media) if name.startswith("originals/")]) == 1


def test_thirteenth_picture_is_refused(at_mo_s: Client, mo: Maker, own_media: Path):
    piece = drafted(mo, pictures=11)
    before = state_of(piece)

    page = send(at_mo_s, piece, image(), image("PNG"), headers={"HX-Request": "true"})

    assert "room for 1 more picture" in page.text
    assert state_of(piece) == before
    assert files(own_media) == []


def test_flood_of_pictures_is_refused(mo: Maker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploading, "UPLOADS_A_DAY", 2)
    begin(drafted(mo), image(), image("PNG"))
    piece = drafted(mo)

    with pytest.raises(uploading.TooManyToday):
        begin(piece, image("WEBP"))

    assert piece.uploads.count() == 0


def test_submit_waits_until_pictures_are_prepared(mo: Maker):
    piece = drafted(mo, pictures=1)
    begin(piece, image())

    with pytest.raises(catalog.NotComplete):
        catalog.submit_piece(piece.pk, by="test", at=timezone.now())

    assert fresh(piece).status == "draft"


def test_picture_for_a_piece_on_sale_waits_for_review(at_mo_s: Client, mo: Maker):
    piece = live(mo, pictures=1)
    shown = list(piece.pictures.values_list("pk", "digest"))

    send(at_mo_s, piece, image())
    catalog.prepare_upload(Upload.objects.get().pk, at=timezone.now())

    assert list(Picture.objects.filter(product=piece).values_list("pk", "digest")) == shown
    staged = Revision.objects.get()
    assert [each["alt_en"] for each in staged.pictures] == ["Picture 0", ""]


def gallery(*numbers: int, **pressed: Any) -> dict[str, Any]:
    """Give the form of a gallery: pictures in this order, each with its words."""
    words = {f"alt_en-{entry(n)['digest']}": f"New words {n}" for n in numbers}
    return {"picture": [entry(n)["digest"] for n in numbers]} | words | pressed


def shown(piece: Product) -> list[tuple[int, str]]:
    rows = piece.pictures.order_by("position").values_list("digest", "alt_en")
    return [(int(digest, 16), alt) for digest, alt in rows]


@pytest.mark.parametrize(
    ("order", "button", "digest", "expected"),
    [
        ((0, 1, 2), "", 0, [0, 1, 2]),
        ((2, 0, 1), "", 0, [2, 0, 1]),
        ((0, 1, 2), "up", 2, [0, 2, 1]),
        ((0, 1, 2), "up", 0, [0, 1, 2]),
        ((0, 1, 2), "down", 0, [1, 0, 2]),
        ((0, 1, 2), "down", 2, [0, 1, 2]),
        ((0, 1, 2), "remove", 1, [0, 2]),
        ((1, 1, 0, 2), "", 0, [1, 0, 2]),
    ],
)
def test_gallery_is_put_in_order(
    at_mo_s: Client, mo: Maker, order: tuple[int, ...], button: str, digest: int, expected
):
    piece = drafted(mo, pictures=3)
    pressed = {button: entry(digest)["digest"]} if button else {}

    answer = at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", gallery(*order, **pressed))

    assert answer.status_code == 302
    assert shown(piece) == [(number, f"New words {number}") for number in expected]


def test_gallery_from_a_page_that_is_behind_loses_no_picture(at_mo_s: Client, mo: Maker):
    piece = drafted(mo, pictures=3)

    at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", gallery(1, 0))

    assert shown(piece) == [(1, "New words 1"), (0, "New words 0"), (2, "Picture 2")]


@pytest.mark.parametrize(
    "form",
    [
        gallery(0, 9),
        gallery(0, 1, remove=entry(9)["digest"]),
        gallery(0, 1, remove="../../etc/passwd"),
        gallery(0) | {f"alt_en-{entry(0)['digest']}": "x" * 10_000},
        gallery(0) | {f"alt_en-{entry(0)['digest']}": "a\0b"},
    ],
)
def test_gallery_with_hostile_pictures_is_refused(
    at_mo_s: Client, mo: Maker, zed: Maker, form: dict[str, Any]
):
    piece, theirs = drafted(mo, pictures=2), drafted(zed)
    Picture.objects.create(product=theirs, position=0, **entry(9))
    before = state_of(piece), state_of(theirs)

    page = at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", form, headers={"HX-Request": "true"})

    assert 'class="note bad"' in page.text
    assert (state_of(piece), state_of(theirs)) == before


def test_upload_of_another_maker_is_404(at_mo_s: Client, mo: Maker, zed: Maker, own_media: Path):
    piece, theirs = drafted(mo), drafted(zed)
    (upload,) = begin(theirs, image())
    before = state_of(piece), state_of(theirs), files(own_media)

    for uuid in (upload.uuid, uuid4()):
        assert at_mo_s.get(f"{PIECES}{piece.pk}/uploads/{uuid}/").status_code == 404
        forged = at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", {"discard": uuid})
        assert forged.status_code == 404
    assert at_mo_s.post(f"{PIECES}{piece.pk}/gallery/", {"discard": "x"}).status_code == 404
    assert send(at_mo_s, theirs, image("PNG")).status_code == 404

    assert (state_of(piece), state_of(theirs), files(own_media)) == before


def test_tile_says_how_far_a_picture_is(at_mo_s: Client, mo: Maker):
    piece = drafted(mo)
    (upload,) = begin(piece, image())
    door = f"{PIECES}{piece.pk}/uploads/{upload.uuid}/"

    before = at_mo_s.get(door).text
    run_jobs()
    after = at_mo_s.get(door).text

    assert "Being prepared" in before
    assert 'hx-trigger="every 2s"' in before
    assert f'name="alt_en-{upload.digest}"' in after
    assert "hx-trigger" not in after


def test_heavy_form_is_refused_before_it_is_read(shopper: Client, at_mo_s: Client, mo: Maker):
    piece = drafted(mo)
    before = state_of(piece)
    door = f"{PIECES}{piece.pk}/pictures/"
    heavy = {"pictures": SimpleUploadedFile("photo.jpg", b"x" * 300_000)}
    announced = {"CONTENT_LENGTH": str(151 * 1024 * 1024)}

    assert shopper.post("/accounts/login/", heavy).status_code in {400, 413}
    # Nothing is waiting behind the announced length: it is refused for that alone.
    assert at_mo_s.post(door, heavy, **announced).status_code in {400, 413}

    assert state_of(piece) == before
