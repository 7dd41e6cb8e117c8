"""What the shop's accounts have written to somebody: mails as they are queued."""

import re

from notifications.models import Mail

CODE = re.compile(r"\b[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}\b")


def mails(email: str) -> list[Mail]:
    """Give all mails to an address, oldest first."""
    return list(Mail.objects.filter(recipient=email).order_by("pk"))


def subjects(email: str) -> list[str]:
    return [mail.content["subject"] for mail in mails(email)]


def code_for(email: str) -> str:
    """Give the newest code sent to an address."""
    codes = [CODE.search(mail.content["text"]) for mail in mails(email)]
    found = [code for code in codes if code]
    assert found, subjects(email)
    return found[-1].group()
