"""Money is whole cents in `int`; nothing in the shop holds an amount as a float."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils import formats
from django.utils.translation import get_language

BASIS_POINTS = 10_000


def split_by_weight(total_cents: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to weights, to the cent, by the largest-remainder method.

    Parts keep the order of the weights and add up to the total. Ties go to the earlier part.
    Raises ValueError for no weight, a negative one, or weights that are all zero.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    parts = [total_cents * weight // whole for weight in weights]
    remainders = [total_cents * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: total_cents - sum(parts)]:
        parts[i] += 1
    return parts


def share(cents: int, basis_points: int) -> int:
    """Give a share of an amount in cents, halves rounded up (away from zero for amounts ≥ 0)."""
    return (cents * basis_points + BASIS_POINTS // 2) // BASIS_POINTS


def vat_within(gross_cents: int, rate_basis_points: int) -> int:
    """Give the VAT that a gross amount contains: gross × rate / (1 + rate), halves rounded up."""
    divisor = BASIS_POINTS + rate_basis_points
    return (gross_cents * rate_basis_points * 2 + divisor) // (2 * divisor)


def in_euros(cents: int) -> str:
    """Write an amount as people of the active language do: €34.00, 34,00 €."""
    amount = formats.number_format(
        Decimal(cents) / 100, decimal_pos=2, use_l10n=True, force_grouping=True
    )
    return f"{amount} €" if get_language() == "pt" else f"€{amount}"
