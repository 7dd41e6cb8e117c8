"""A backup of a shop whose files lie in a bucket, brought back into another."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from moto.server import ThreadedMotoServer

from makers_market.core.backups import files
from tests import world
from tests.data_safety.servers import PROGRAMS

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
REGION = "eu-west-1"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    port = world.free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    yield boto3.client("s3", region_name=REGION)
    server.stop()


def use_bucket(settings: Any, s3: Any, name: str) -> None:
    """Let the shop keep its files in a new bucket."""
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    options = {"bucket_name": name, "region_name": REGION}
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "makers_market.core.storage.PublicBucket", "OPTIONS": options},
        "originals": {"BACKEND": "makers_market.core.storage.PrivateBucket", "OPTIONS": options},
    }


def objects(s3: Any, bucket: str) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", ())
    return {
        each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed
    }


def test_backup_carries_files_from_bucket_to_bucket(s3, settings, tmp_path: Path):
    use_bucket(settings, s3, "before")
    storages["default"].save("pictures/ab/320.avif", ContentFile(b"small"))
    storages["default"].save("pictures/ab/640.avif", ContentFile(b"large"))
    storages["originals"].save("originals/cd", ContentFile(b"original"))
    call_command("backup", str(tmp_path / "backup"), programs=PROGRAMS, verbosity=0)

    use_bucket(settings, s3, "after")
    new = files.put_back(tmp_path / "backup", tell=lambda words: None)
    again = files.put_back(tmp_path / "backup", tell=lambda words: None)

    assert (new, again) == (3, 0)
    assert objects(s3, "after") == objects(s3, "before")
    assert set(objects(s3, "after")) == {
        "media/pictures/ab/320.avif", "media/pictures/ab/640.avif", "private/originals/cd",
    }  # fmt: skip


def test_backup_can_list_a_bucket_without_reading_it(s3, settings, tmp_path: Path):
    use_bucket(settings, s3, "listed")
    storages["originals"].save("originals/cd", ContentFile(b"original"))

    call_command(
        "backup", str(tmp_path / "backup"), programs=PROGRAMS, without_files=True, verbosity=0
    )

    [line] = (tmp_path / "backup" / "files.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "storage": "originals", "name": "originals/cd", "bytes": 0, "sha256": "",
    }  # fmt: skip
