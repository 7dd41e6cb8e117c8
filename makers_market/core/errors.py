"""Refusals: the sad fact in words, fit to be read by a shopper."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """Say no to a wish that was understood; a door shows `message` beside the form.

    Services raise subclasses named after the fact (`SoldOut`), and nothing has changed.
    """

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class TooMany(Refusal):
    """Too many tries within a while; `retry_after` seconds from now there is room again."""

    def __init__(self, retry_after: int = 60) -> None:
        super().__init__(_("That was too often. Wait a few minutes, then try again."))
        self.retry_after = retry_after
