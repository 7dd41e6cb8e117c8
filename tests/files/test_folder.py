"""Pictures in folders: written whole or not at all, originals by signed addresses alone."""

import errno
import os
import resource
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import signing
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from makers_market.core import storage
from tests.catalog.test_uploads import begin, files, send
from tests.catalog.writing import drafted, image, state_of
from tests.factories import signed_in
from tests.worker import waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond a mebibyte: as on a full disk, a write fails in its middle."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, before)


def test_full_disk_leaves_no_half_file(full_disk: None, own_media: Path):
    with pytest.raises(OSError, match="large") as refused:
        default_storage.save("pictures/x/320.webp", ContentFile(b"x" * 2**21))

    assert refused.value.errno == errno.EFBIG
    assert files(own_media) == []


def test_upload_on_a_full_disk_is_refused_with_words(mo: Maker, full_disk: None, own_media: Path):
    piece, heavy = drafted(mo), image() + b"\0" * 2**21
    before = state_of(piece)

    page = send(signed_in(mo.members.get()), piece, heavy, headers={"HX-Request": "true"})

    assert "could not keep your picture just now" in page.text
    assert (state_of(piece), waiting(), files(own_media)) == (before, [], [])


def test_written_again_a_file_keeps_its_name(own_media: Path):
    for _ in range(2):
        name = default_storage.save("pictures/x/320.webp", ContentFile(b"the same"))

    assert name == "pictures/x/320.webp"
    assert files(own_media) == ["pictures/x/320.webp"]
    assert (own_media / name).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "."])
def test_name_that_climbs_is_refused(own_media: Path, name: str):
    with pytest.raises(SuspiciousOperation):
        default_storage.save(name, ContentFile(b"x"))

    assert files(own_media) == []
    assert not (own_media.parent / "x").exists()


def test_original_is_read_by_its_signed_address(shopper: Client):
    original = catalog.store_original(b"<script>alert(1)</script>")

    answer = shopper.get(storage.originals().url(f"originals/{original.uuid.hex}"))

    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="{original.uuid.hex}"'
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == (
        "nosniff", "private, no-store",
    )  # fmt: skip


def test_signed_address_is_over_after_five_minutes(
    shopper: Client, monkeypatch: pytest.MonkeyPatch
):
    original = catalog.store_original(b"as it was sent")
    address = storage.originals().url(f"originals/{original.uuid.hex}")
    now = time.time()

    answers = []
    for seconds in (290, 310):
        monkeypatch.setattr(signing.time, "time", lambda later=seconds: now + later)
        answers.append(shopper.get(address).status_code)

    assert answers == [200, 404]


def test_forged_address_reads_nothing(shopper: Client):
    first, other = (catalog.store_original(each) for each in (b"one", b"two"))
    name, stamp, signature = storage.originals().url(f"originals/{first.uuid.hex}").rsplit(":", 2)
    forged = [
        f"{name}:{stamp}:{signature[:-1]}x",
        f"{name.replace(first.uuid.hex, other.uuid.hex)}:{stamp}:{signature}",
        f"{name}:zzzzzz:{signature}",
        name,
        f"/media/signed/originals/{first.uuid.hex}",
        "/media/signed/",
        f"/media/signed/{signing.TimestampSigner().sign(f'originals/{first.uuid.hex}')}",
        f"/media/signed/{signing.TimestampSigner(salt=storage._signer_salt).sign('originals/no')}",
    ]

    assert [shopper.get(address).status_code for address in forged] == [404] * len(forged)


def test_sweep_removes_what_nobody_names_after_a_week(mo: Maker, own_media: Path):
    (kept,) = begin(drafted(mo), image())
    forgotten = catalog.store_original(b"forgotten")
    fresh = catalog.store_original(b"fresh")
    week = (timezone.now() - timedelta(days=8)).timestamp()
    for each in (kept, forgotten):
        os.utime(own_media / f"originals/{each.uuid.hex}", (week, week))

    swept = catalog.sweep_originals(at=timezone.now())

    assert swept == 1
    assert files(own_media) == sorted(f"originals/{each.uuid.hex}" for each in (kept, fresh))


def test_sweep_of_no_folder_is_nothing(own_media: Path):
    assert catalog.sweep_originals(at=timezone.now()) == 0
