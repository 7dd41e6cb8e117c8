"""Signed calls of machines in the Standard Webhooks shape.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied

TOLERANCE_SECONDS = 300


def verify(body: bytes, headers: Mapping[str, str], *, secrets: Sequence[str], at: datetime) -> str:
    """Give the call's id if one of the live keys signed this very body within ±300 s.

    Secrets look like `whsec_` + base64. Raises PermissionDenied otherwise, without saying why.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    fresh = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12
    if not message_id or len(message_id) > 64 or not fresh:
        raise PermissionDenied("signature")
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise PermissionDenied("signature")
    signed = f"{message_id}.{timestamp}.".encode() + body
    given = [
        part[3:]
        for part in headers.get("webhook-signature", "").split(" ")[:10]
        if part.startswith("v1,")
    ]
    expected = [_signature(signed, secret) for secret in secrets]
    matches = [hmac.compare_digest(e.encode(), g.encode()) for e in expected for g in given]
    if not any(matches):
        raise PermissionDenied("signature")
    return message_id


def _signature(signed: bytes, secret: str) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = secret.encode()
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
