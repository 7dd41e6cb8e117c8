"""Hostile pictures at the workshop's door: the web process stays as it is, the maker reads why."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Upload
from catalog.services import showing
from makers_market.core import decoder
from tests.catalog.writing import PIECES, drafted
from tests.factories import signed_in
from tests.files.pictures import hostile, picture, png
from tests.worker import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("built")]
MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def sent(maker: Maker, content: bytes) -> Upload:
    original = catalog.store_original(content)
    piece = drafted(maker)
    (upload,) = catalog.begin_uploads(piece.pk, originals=[original], by="test", at=timezone.now())
    return upload


def peak() -> int:
    """Give the most memory this process has taken since the last call, in bytes."""
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    Path("/proc/self/clear_refs").write_text("5")
    return int(line.split()[1]) * 1024


def test_twenty_hostile_pictures_leave_the_web_process_as_it_was(mo: Maker):
    client = signed_in(mo.members.get())
    piece = drafted(mo)
    kinds = hostile()
    door = f"{PIECES}{piece.pk}/pictures/"
    client.post(door, {"pictures": [SimpleUploadedFile("a.png", picture("PNG"))]})
    peak()
    before = peak()

    for number in range(20):
        content = list(kinds.values())[number % len(kinds)]
        answer = client.post(door, {"pictures": [SimpleUploadedFile("a.png", content)]})
        assert answer.status_code == 302

    assert peak() - before < 24 * MEGABYTE


def test_bomb_is_made_or_refused_in_words_and_never_waits(mo: Maker):
    uploads = [sent(mo, content) for name, content in hostile().items() if name != "nothing"]

    run_jobs()

    for upload in uploads:
        upload.refresh_from_db()
        assert upload.state in {"ready", "refused"}
        assert (upload.state == "ready") == (upload.refusal == "")
    assert {each.state for each in uploads} == {"ready", "refused"}


def test_refusals_are_said_in_words_on_the_page_of_the_piece(mo: Maker):
    client = signed_in(mo.members.get())
    words = {
        "unreadable": "is damaged", "too big": "too big for us", "too slow": "took too long",
        "moving": "moves", "lost": "did not arrive",
    }  # fmt: skip

    for why, said in words.items():
        upload = sent(mo, picture(size=(80, 60 + len(why))))
        Upload.objects.filter(pk=upload.pk).update(state="refused", refusal=why)
        assert said in client.get(f"{PIECES}{upload.product_id}/change/").text


def test_picture_over_which_the_worker_died_four_times_is_refused(mo: Maker):
    upload = sent(mo, picture())
    Upload.objects.filter(pk=upload.pk).update(facts={"deaths": 4})

    catalog.prepare_upload(upload.pk, at=timezone.now())

    upload.refresh_from_db()
    assert (upload.state, upload.refusal) == ("refused", "too slow")


def test_store_that_is_away_costs_no_attempt(mo: Maker, monkeypatch: pytest.MonkeyPatch):
    upload = sent(mo, picture())

    def away(*_args: Any) -> None:
        raise ConnectionError("the store is away")

    monkeypatch.setattr(default_storage, "save", away, raising=False)
    for _ in range(6):
        with pytest.raises(ConnectionError):
            catalog.prepare_upload(upload.pk, at=timezone.now())
    monkeypatch.undo()

    upload.refresh_from_db()
    assert (upload.state, upload.facts) == ("waiting", {})


def test_same_picture_is_made_once(mo: Maker, monkeypatch: pytest.MonkeyPatch):
    content = picture()
    first = showing.make_derivatives(content, showing.digest_of(content))
    monkeypatch.setattr(decoder, "BEGIN", "raise SystemExit(1)")

    assert showing.make_derivatives(content, showing.digest_of(content)) == first
    assert first == {"width": 60, "height": 75, "widths": [60], "dominant": 42}


def test_card_for_networks_is_public_and_the_facts_are_not(client: Any):
    content = picture()
    digest = showing.digest_of(content)
    showing.make_derivatives(content, digest)

    answer = client.get(f"/media/pictures/{digest}/og.jpg")

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/media/pictures/{digest}/facts.json").status_code == 404


def test_megapixels_beyond_bounds_are_refused_at_the_door(mo: Maker):
    client = signed_in(mo.members.get())
    piece = drafted(mo)

    page = client.post(
        f"{PIECES}{piece.pk}/pictures/",
        {"pictures": [SimpleUploadedFile("a.png", png((10_000, 10_000), b""))]},
        follow=True,
    )

    assert "at most 64 megapixels" in page.text
    assert piece.uploads.count() == 0
