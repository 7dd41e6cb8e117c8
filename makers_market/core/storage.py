"""Where files lie: public derivatives and private originals, in folders or in one S3 bucket.

A file is written whole or not at all, under a name that is used once: a derivative's holds its
content's digest, an original's is random. So a repeated write changes nothing.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core import signing
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.core.files.utils import validate_file_name
from storages.backends.s3 import S3Storage

# What a store that is away, full or slow raises: a door says so, a job tries again.
STORE_ERRORS = (OSError, BotoCoreError, ClientError)
# How long a signed address of a private file works.
SIGNED_SECONDS = 300
SIGNED_FOLDER = "signed/"
FOREVER = "public, max-age=31536000, immutable"
# Python 3.12 and an image without /etc/mime.types know neither of the first two.
CONTENT_TYPES = {".avif": "image/avif", ".webp": "image/webp", ".jpg": "image/jpeg"}
ANY_TYPE = "application/octet-stream"
_signer_salt = "makers_market.core.storage"


def originals() -> Storage:
    """Give the store of private files."""
    return storages["originals"]


class Folder(FileSystemStorage):
    """Files below MEDIA_ROOT."""

    def _save(self, name: str, content: "File[bytes]") -> str:
        """Write beside the place and rename: nobody reads half a file, a full disk leaves none."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as aside:
            try:
                for chunk in content.chunks():
                    aside.write(chunk)
                aside.close()
                Path(aside.name).chmod(0o644)
                Path(aside.name).replace(target)
            except BaseException:
                Path(aside.name).unlink(missing_ok=True)
                raise
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        validate_file_name(name, allow_relative_path=True)
        return name

    def names_before(self, folder: str, at: datetime) -> Iterator[str]:
        """Give the names of files in a folder that were last written before `at`."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self.path(folder)) as entries:
            for entry in entries:
                if entry.is_file() and datetime.fromtimestamp(entry.stat().st_mtime, UTC) < at:
                    yield f"{folder}/{entry.name}"


class PrivateFolder(Folder):
    """Private files below MEDIA_ROOT: what core.media serves of them has a signed address."""

    def url(self, name: str | None) -> str:
        signed = signing.TimestampSigner(salt=_signer_salt).sign(name or "")
        return f"{settings.MEDIA_URL}{SIGNED_FOLDER}{signed}"


def signed_name(value: str) -> str:
    """Give the name of the private file that an address was signed for.

    Raises signing.BadSignature when it was not, or longer ago than SIGNED_SECONDS.
    """
    return signing.TimestampSigner(salt=_signer_salt).unsign(value, max_age=SIGNED_SECONDS)


class Bucket(S3Storage):
    """Files below one prefix of the shop's bucket, which encrypts by itself and knows no ACLs."""

    default_acl = None
    cache_control = "private, no-store"
    # A door waits for three tries at most: 15 seconds when nothing answers, with the pauses.
    client_config = Config(
        signature_version="s3v4",
        connect_timeout=3,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 3},
    )

    def _save(self, name: str, content: "File[bytes]") -> str:
        """Put the file in one request, unless there is one of that name, which is the same.

        S3 answers 412 then, also to the second try of a write whose first answer was lost.
        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        content.seek(0)
        try:
            self.connection.meta.client.put_object(
                Bucket=self.bucket_name,
                Key=self._normalize_name(name),
                Body=content.read(),
                ContentType=CONTENT_TYPES.get(Path(name).suffix, ANY_TYPE),
                CacheControl=self.cache_control,
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 412:
                raise
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        validate_file_name(name, allow_relative_path=True)
        return name

    def names_before(self, folder: str, at: datetime) -> Iterator[str]:
        """Give the names of files in a folder that were last written before `at`."""
        pages = self.connection.meta.client.get_paginator("list_objects_v2")
        prefix = self._normalize_name(folder) + "/"
        for page in pages.paginate(Bucket=self.bucket_name, Prefix=prefix):
            for entry in page.get("Contents", ()):
                if entry["LastModified"] < at:
                    yield entry["Key"].removeprefix(f"{self.location}/")


class PublicBucket(Bucket):
    """Derivatives: CloudFront reads `media/` of the bucket and serves it at MEDIA_URL."""

    location = "media"
    cache_control = FOREVER

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return f"{settings.MEDIA_URL}{name}"


class PrivateBucket(Bucket):
    """Originals: nobody reads `private/` of the bucket but the shop, and by an address it signs."""

    location = "private"
    querystring_auth = True
    querystring_expire = SIGNED_SECONDS
