"""What a variant costs, what it cost before, and what a reduction may be measured by.

A reduction is announced beside the lowest price of the 30 days before it (Directive 98/6/EC,
article 6a, in Directive (EU) 2019/2161). Prices of a piece that nobody could buy yet do not count:
the 30 days begin, at the earliest, when it first went on sale.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import PriceChange, Variant
from makers_market.core.errors import Refusal
from makers_market.core.money import in_euros

PRICE_MAX_CENTS = 10_000_000
REMEMBERED = timedelta(days=30)


class PriceOutOfBounds(Refusal):
    """A price is at least one cent and at most a hundred thousand euros."""

    def __init__(self) -> None:
        super().__init__(_("A price lies between 0.01 and 100,000.00 euros."))


class NoReduction(Refusal):
    """The price is not below the lowest that was asked in the last 30 days."""

    def __init__(self, lowest_cents: int | None) -> None:
        if lowest_cents is None:
            super().__init__(_("It has not been on sale yet, so there is no old price to show."))
            return
        super().__init__(
            _(
                "This is no reduction: its lowest price of the last 30 days was %(price)s."
                " Set a lower price, or do not show the old one."
            )
            % {"price": in_euros(lowest_cents)}
        )


def refuse_price(cents: int) -> None:
    if not 1 <= cents <= PRICE_MAX_CENTS:
        raise PriceOutOfBounds


@transaction.atomic(savepoint=False)
def note_price(variant: Variant, *, at: datetime) -> None:
    """Keep that a variant has its price from now on, unless that is what is kept already."""
    last = variant.price_changes.order_by("pk").last()
    if last is None or last.price_cents != variant.price_cents:
        variant.price_changes.create(price_cents=variant.price_cents, at=at)


def ask_price(variant: Variant, cents: int, *, shows_old: bool = False, at: datetime) -> bool:
    """Ask a price of a locked variant from now on; True if that changed anything.

    With `shows_old` the page shows what it is reduced from: the lowest price of the last 30 days.
    Ticked again at the same price, what is shown already stays. Raises PriceOutOfBounds,
    NoReduction.
    """
    refuse_price(cents)
    was = _reduced_from(variant, cents, at=at) if shows_old else None
    if (cents, was) == (variant.price_cents, variant.was_cents):
        return False
    with transaction.atomic():
        if cents != variant.price_cents:
            _remember_first(variant, at=at)
            variant.price_cents = cents
            note_price(variant, at=at)
        variant.was_cents = was
        variant.save(update_fields=["price_cents", "was_cents"])
    return True


def _reduced_from(variant: Variant, cents: int, *, at: datetime) -> int:
    if cents == variant.price_cents and variant.was_cents:
        return variant.was_cents
    lowest = lowest_lately(variant, at=at)
    if lowest is None or lowest <= cents:
        raise NoReduction(lowest)
    return lowest


def lowest_lately(variant: Variant, *, at: datetime) -> int | None:
    """Give the lowest price, in cents, that was asked in the 30 days before a moment.

    None for a piece that was not on sale before it. A price that ended exactly 30 days before is
    not among them; the one that began then is.
    """
    on_sale_since = variant.product.published_at
    if on_sale_since is None or on_sale_since >= at:
        return None
    since = max(at - REMEMBERED, on_sale_since)
    changes = list(variant.price_changes.filter(at__lt=at).order_by("pk"))
    if not changes:
        return variant.price_cents
    before = [change.price_cents for change in changes if change.at <= since]
    within = [change.price_cents for change in changes if change.at > since]
    return min([*before[-1:], *within])


def _remember_first(variant: Variant, *, at: datetime) -> None:
    """Keep the price of a variant that is older than the memory of prices."""
    if not variant.price_changes.exists():
        since = variant.product.published_at or at
        PriceChange.objects.create(variant=variant, price_cents=variant.price_cents, at=since)
