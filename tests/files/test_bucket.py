"""Pictures in a bucket: public derivatives, private originals, one request a file.

The S3 here accepts forged signatures: what AWS lets whom read is tested by its policies.
"""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import requests
from botocore.exceptions import ClientError
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Upload
from makers_market.core import storage
from tests import world
from tests.catalog.test_uploads import begin, send
from tests.catalog.writing import PIECES, drafted, image, state_of
from tests.factories import signed_in
from tests.worker import run_jobs, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built", "bucket")]
BUCKET = "tests-media"
OPTIONS = {"bucket_name": BUCKET, "region_name": "eu-west-1"}


@pytest.fixture
def bucket(s3: Any, settings: Any) -> Iterator[str]:
    """The shop's files lie in an empty bucket."""
    settings.MEDIA_BUCKET = BUCKET
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "makers_market.core.storage.PublicBucket", "OPTIONS": OPTIONS},
        "originals": {"BACKEND": "makers_market.core.storage.PrivateBucket", "OPTIONS": OPTIONS},
    }
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield BUCKET
    for name in names(s3):
        s3.delete_object(Bucket=BUCKET, Key=name)
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens where S3 was."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{world.free_port()}")


def names(s3: Any) -> list[str]:
    return sorted(
        entry["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        for entry in page.get("Contents", ())
    )


def test_picture_goes_from_upload_to_its_public_address(at_mo_s: Client, mo: Maker, s3: Any):
    piece = drafted(mo)

    send(at_mo_s, piece, image(size=(330, 400)))
    (upload,) = Upload.objects.all()
    sent = names(s3)
    run_jobs()

    assert sent == [f"private/originals/{upload.uuid.hex}"]
    shown = piece.pictures.get()
    made = [f"media/pictures/{shown.digest}/{each}" for each in (
        "320.avif", "320.jpg", "320.webp", "330.avif", "330.webp", "facts.json", "og.jpg",
    )]  # fmt: skip
    assert names(s3) == sorted([*sent, *made])
    assert shown.url(320, "avif") == f"/{made[0]}" == default_storage.url(made[0][6:])
    kept = s3.get_object(Bucket=BUCKET, Key=shown.url(320, "avif").removeprefix("/"))
    assert kept["ContentType"] == "image/avif"
    assert kept["CacheControl"] == "public, max-age=31536000, immutable"
    assert b"ftypavif" in kept["Body"].read(16)


def test_original_is_kept_as_something_nobody_shows(at_mo_s: Client, mo: Maker, s3: Any):
    send(at_mo_s, drafted(mo), image())

    (name,) = names(s3)
    kept = s3.head_object(Bucket=BUCKET, Key=name, ChecksumMode="ENABLED")

    assert kept["ContentType"] == "application/octet-stream"
    assert kept["CacheControl"] == "private, no-store"
    assert kept["ChecksumSHA256"]
    grants = s3.get_object_acl(Bucket=BUCKET, Key=name)["Grants"]
    assert {grant["Permission"] for grant in grants} == {"FULL_CONTROL"}


def test_signed_address_reads_one_original_for_five_minutes():
    original = catalog.store_original(b"as it was sent")

    address = storage.originals().url(f"originals/{original.uuid.hex}")

    assert requests.get(address, timeout=5).content == b"as it was sent"
    parts = urlsplit(address)
    assert parts.path == f"/{BUCKET}/private/originals/{original.uuid.hex}"
    said = {name: value[0] for name, value in parse_qs(parts.query).items()}
    assert said["X-Amz-Expires"] == "300"
    assert said["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert said["X-Amz-SignedHeaders"] == "host"


def test_file_system_s_addresses_are_shut(shopper: Client):
    original = catalog.store_original(b"as it was sent")

    for path in (f"originals/{original.uuid.hex}", f"private/originals/{original.uuid.hex}"):
        assert shopper.get(f"/media/{path}").status_code == 404
        signed = storage.PrivateFolder().url(path)
        assert shopper.get(signed).status_code == 404


def test_name_is_written_once(s3: Any):
    store = storage.originals()

    store.save("originals/once", ContentFile(b"first"))
    name = store.save("originals/once", ContentFile(b"second"))

    assert name == "originals/once"
    assert names(s3) == ["private/originals/once"]
    with store.open(name) as file:
        assert file.read() == b"first"


@pytest.mark.parametrize("name", ["../media/x", "/etc/passwd", "originals/../../media/x"])
def test_name_that_climbs_is_refused(s3: Any, name: str):
    with pytest.raises(SuspiciousOperation):
        storage.originals().save(name, ContentFile(b"x"))

    assert names(s3) == []


def test_missing_bucket_is_an_error_not_a_silence(s3: Any):
    store = storage.PrivateBucket(bucket_name="not-there", region_name="eu-west-1")

    with pytest.raises(ClientError):
        store.save("originals/x", ContentFile(b"x"))


def test_lost_original_is_told_from_a_store_that_is_away(mo: Maker, s3: Any):
    (upload,) = begin(drafted(mo), image())
    s3.delete_object(Bucket=BUCKET, Key=f"private/originals/{upload.uuid.hex}")

    run_jobs()

    upload.refresh_from_db()
    assert (upload.state, upload.refusal) == ("refused", "lost")


def test_upload_without_s3_says_so_and_changes_nothing(
    at_mo_s: Client, mo: Maker, away: None, s3: Any
):
    piece = drafted(mo)
    before = state_of(piece)
    began = time.monotonic()

    page = send(at_mo_s, piece, image(), image("PNG"), headers={"HX-Request": "true"})

    assert time.monotonic() - began < 15
    assert page.status_code == 200
    assert page.text.count("could not keep your picture just now") == 1
    assert (state_of(piece), waiting(), names(s3)) == (before, [], [])


def test_banner_without_s3_says_so(at_mo_s: Client, mo: Maker, away: None):
    picture = ContentFile(image(), name="wide.jpg")

    page = at_mo_s.post("/workshop/shop/banner/", {"picture": picture}, follow=True)

    assert "could not keep your picture just now" in page.text
    assert Upload.objects.count() == 0


def test_job_without_s3_fails_to_be_tried_again(
    mo: Maker, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    (upload,) = begin(drafted(mo), image())
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{world.free_port()}")
        settings.STORAGES = dict(settings.STORAGES)
        with pytest.raises(storage.STORE_ERRORS):
            catalog.prepare_upload(upload.pk, at=timezone.now())
        upload.refresh_from_db()
        assert upload.state == "waiting"

    settings.STORAGES = dict(settings.STORAGES)
    catalog.prepare_upload(upload.pk, at=timezone.now())

    upload.refresh_from_db()
    assert upload.state == "ready"


def test_refused_picture_is_left_to_the_sweep_while_s3_is_away(at_mo_s: Client, mo: Maker, s3: Any):
    piece = drafted(mo, pictures=12)

    send(at_mo_s, piece, image())

    assert names(s3) == []
    assert at_mo_s.get(f"{PIECES}{piece.pk}/change/").status_code == 200


@pytest.mark.long
def test_silent_s3_is_waited_for_some_seconds(
    at_mo_s: Client, mo: Maker, monkeypatch: pytest.MonkeyPatch
):
    piece = drafted(mo)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        page = send(at_mo_s, piece, image(), image("PNG"), headers={"HX-Request": "true"})

    assert time.monotonic() - began < 25
    assert "could not keep your picture just now" in page.text
    assert piece.uploads.count() == 0


def test_sweep_removes_what_nobody_names_after_a_week(mo: Maker, s3: Any):
    (kept,) = begin(drafted(mo), image())
    forgotten = catalog.store_original(b"forgotten")
    storage.originals().save("originals/not-an-original", ContentFile(b"x"))
    storage.originals().save(f"elsewhere/{uuid4().hex}", ContentFile(b"x"))
    before = names(s3)

    early = catalog.sweep_originals(at=timezone.now() + timedelta(days=6))
    after_six_days = names(s3)
    late = catalog.sweep_originals(at=timezone.now() + timedelta(days=8))

    assert (early, after_six_days) == (0, before)
    assert late == 1
    assert set(before) - set(names(s3)) == {f"private/originals/{forgotten.uuid.hex}"}
    assert f"private/originals/{kept.uuid.hex}" in names(s3)
