"""Refusals: the sad fact in words, fit to be read by a shopper."""

from django.utils.functional import Promise


class Refusal(Exception):
    """Say no to a wish that was understood; a door shows `message` beside the form.

    Services raise subclasses named after the fact (`SoldOut`), and nothing has changed.
    """

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)
