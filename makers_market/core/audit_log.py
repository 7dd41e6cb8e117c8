"""The record of what staff and account holders did, written in the transaction that does it."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from makers_market.core.logs import client_address, request_id
from makers_market.core.models import AuditEntry


def personal(value: str) -> str:
    """Give a keyed digest (16 hexadecimal digits) that stands for a personal value in the log.

    Two equal values give equal digests, and nobody without the key can guess the value.
    """
    key = hashlib.sha256(f"audit:{settings.SECRET_KEY}".encode()).digest()
    return "#" + hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:16]


def subject_of(thing: models.Model) -> str:
    """Name a row for the log: "product:12"."""
    return f"{thing._meta.model_name}:{thing.pk}"


def record(
    action: str,
    thing: models.Model | str,
    *,
    by: str,
    at: datetime,
    maker: int | None = None,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    why: str = "",
) -> AuditEntry:
    """Add one act to the log: `action` like "maker.approved", `changes` field → (before, after).

    Personal values in `changes` must be given as `personal(value)`. The row belongs to the
    caller's transaction: it exists exactly when the act does.
    """
    address = client_address.get()
    return AuditEntry.objects.create(
        at=at,
        actor=by,
        action=action,
        subject=thing if isinstance(thing, str) else subject_of(thing),
        maker=maker,
        changes={name: list(pair) for name, pair in (changes or {}).items()},
        why=why[:500],
        address=personal(address) if address else "",
        request_id=request_id.get(),
    )
