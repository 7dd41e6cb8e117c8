"""The invariants of money and stock, as checks that apps register and `audit_money` runs."""

from collections.abc import Callable
from dataclasses import dataclass

Check = Callable[[], list[str]]


@dataclass(frozen=True)
class Invariant:
    """A check by name; one that asks the provider runs only when it is wished."""

    name: str
    check: Check
    asks_provider: bool


_invariants: dict[str, Invariant] = {}


def invariant(name: str, *, asks_provider: bool = False) -> Callable[[Check], Check]:
    """Register a function that lists the rows which break an invariant, in words."""

    def register(check: Check) -> Check:
        _invariants[name] = Invariant(name, check, asks_provider)
        return check

    return register


def invariants(*, with_provider: bool = False) -> list[Invariant]:
    """Give the invariants by name, those that ask the provider only if wished."""
    chosen = [i for i in _invariants.values() if with_provider or not i.asks_provider]
    return sorted(chosen, key=lambda invariant: invariant.name)


def breaches(*, with_provider: bool = False) -> dict[str, list[str]]:
    """Run the checks; name → broken rows, only where there are any."""
    found = {i.name: i.check() for i in invariants(with_provider=with_provider)}
    return {name: rows for name, rows in found.items() if rows}
