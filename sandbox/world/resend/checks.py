"""What Resend accepts as a mail. Source: https://resend.com/docs/api-reference/emails/send-email"""

import re
from collections.abc import Callable
from typing import Any

from sandbox.world.resend.errors import invalid, missing

MOST_RECIPIENTS = 50
MOST_IN_A_BATCH = 100
_ADDRESS = re.compile(r"[^@\s<>,;\"()]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NAMED = re.compile(r"[^<>\r\n]*<([^<>]+)>")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_SHAPE = "The email address needs to follow the `email@example.com` or `Name <email@example.com>`"

Mail = dict[str, Any]


def checked_mail(params: Any) -> Mail:
    """Return a mail with its lists made whole. Raises ApiError at the first fault, as Resend does.

    Unlike Resend it also refuses fields it does not know, so that a misspelt one is noticed.
    """
    if not isinstance(params, dict):
        raise invalid("The request body must be an object.")
    for field in ("from", "to", "subject"):
        if not params.get(field):
            raise missing(field)
    if not params.get("html") and not params.get("text"):
        raise invalid("Missing `html` or `text` field.")
    for field in params:
        if field not in _CHECKS:
            raise invalid(f"Unknown field `{field}`.")
    return {field: check(field, params.get(field)) for field, check in _CHECKS.items()}


def bare_address(written: str) -> str:
    """Return `ada@example.org` of `Ada <ada@example.org>`."""
    named = _NAMED.fullmatch(written.strip())
    return (named.group(1) if named else written).strip()


def _sender(field: str, value: Any) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(bare_address(value)):
        raise invalid(f"Invalid `{field}` field. {_SHAPE} format.")
    return value


def _recipients(field: str, value: Any) -> list[str]:
    if value is None:
        return []
    recipients = [value] if isinstance(value, str) else value
    if not isinstance(recipients, list):
        raise invalid(f"Invalid `{field}` field. It must be a string or an array of strings.")
    if len(recipients) > MOST_RECIPIENTS:
        raise invalid(f"The `{field}` field must not exceed {MOST_RECIPIENTS} recipients.")
    return [_sender(field, each) for each in recipients]


def _subject(field: str, value: Any) -> str:
    if not isinstance(value, str) or "\n" in value or "\r" in value:
        raise invalid("The `\\n` is not allowed in the `subject` field.")
    return value


def _text(field: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise invalid(f"Invalid `{field}` field. It must be a string.")
    return value


def _headers(field: str, value: Any) -> dict[str, str]:
    headers = value or {}
    if not isinstance(headers, dict):
        raise invalid("Invalid `headers` field. It must be an object.")
    for name, content in headers.items():
        if not isinstance(content, str) or re.search(r"[\r\n]", name + content):
            raise invalid(f"Invalid header `{name}`. It must be one line of text.")
    return headers


def _tags(field: str, value: Any) -> list[dict[str, str]]:
    tags = value or []
    if not isinstance(tags, list):
        raise invalid("Invalid `tags` field. It must be an array.")
    for tag in tags:
        parts = [tag.get("name"), tag.get("value")] if isinstance(tag, dict) else [None]
        if not all(isinstance(part, str) and _TAG.fullmatch(part) for part in parts):
            raise invalid(
                "Tags should only contain ASCII letters, numbers, underscores, or dashes."
            )
    return tags


def _attachments(field: str, value: Any) -> list[dict[str, Any]]:
    attachments = value or []
    for each in attachments if isinstance(attachments, list) else [None]:
        if not isinstance(each, dict) or not (each.get("content") or each.get("path")):
            raise invalid("Attachment must have either a `content` or `path`.")
    return list(attachments)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "from": _sender,
    "to": _recipients,
    "cc": _recipients,
    "bcc": _recipients,
    "reply_to": _recipients,
    "subject": _subject,
    "html": _text,
    "text": _text,
    "headers": _headers,
    "tags": _tags,
    "attachments": _attachments,
}
