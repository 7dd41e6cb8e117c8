"""Ratings as figures: how many gave how many stars, and their mean.

Counts are lists of five: how many gave one star, two, … five.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

STARS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Bar:
    """One line of a distribution; `percent` is the share of all, whole."""

    stars: int
    count: int
    percent: int


@dataclass(frozen=True)
class Rating:
    """What five counts say."""

    counts: tuple[int, ...]

    @cached_property
    def count(self) -> int:
        return sum(self.counts)

    @cached_property
    def average(self) -> float:
        """Give the mean, 1 to 5; 0 while there is nothing."""
        return mean_of(self.counts)

    @property
    def bars(self) -> list[Bar]:
        """Give the distribution, five stars first."""
        whole = self.count or 1
        counted = zip(STARS, self.counts, strict=True)
        return [Bar(stars, n, round(100 * n / whole)) for stars, n in reversed(list(counted))]


def rating(counts: Sequence[int] | None) -> Rating:
    """Read the five counts of a row; an empty list, or none, is a rating without reviews."""
    five = tuple(counts or ()) or (0,) * len(STARS)
    return Rating(five)


def mean_of(counts: Sequence[int]) -> float:
    whole = sum(counts)
    stars = sum(stars * count for stars, count in zip(STARS, counts, strict=True))
    return stars / whole if whole else 0.0
