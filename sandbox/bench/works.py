"""What the bench asks for: pages of shoppers, at the beginning and deep in the shelves."""

from datetime import UTC, datetime, timedelta

from catalog.models import Listing, Term
from catalog.search.sql import Cursor
from sandbox.bench.filling import FIRST_KEY
from sandbox.bench.rounds import STATIC, Work

# Pieces that each kind of request takes turns with.
TURNS = 200
# What sandbox/bench/filling.sql dates the first piece, and how far the next one lies behind.
NEWEST, APART = datetime(2026, 11, 1, tzinfo=UTC), timedelta(seconds=40)


def works(count: int) -> list[Work]:
    """Give the kinds of requests for a shop of so many synthetic pieces."""
    pieces = [f"/p/bench-{number * count // TURNS}/" for number in range(TURNS)]
    made_anew = {
        "listing": ["/c/ceramics/"],
        "listing with facets": [_narrowed()],
        "listing, 5 % deep": [_deep(count, 5)],
        "listing, 95 % deep": [_deep(count, 95)],
        "product": pieces,
        "search, word in 0.1 %": ["/search/?q=heirloom"],
        "search, word in 1 %": ["/search/?q=indigo"],
        "search, word in 10 %": ["/search/?q=linen"],
        "search, two words": ["/search/?q=speckled+mug"],
        "search, mistyped": ["/search/?q=cerammic+bowl"],
        "suggestions": ["/search/suggest/?q=stonew"],
    }
    kept = {"listing, from the cache": ["/c/ceramics/"], "product, from the cache": pieces[:20]}
    return [
        Work(STATIC, ["/bench/static"]),
        *(Work(name, paths, is_new=True) for name, paths in made_anew.items()),
        *(Work(name, paths, is_kept=True) for name, paths in kept.items()),
        Work("add to basket", ["/basket/add/"], form=_form(count), answers=frozenset({302, 303})),
    ]


def _narrowed() -> str:
    """Give a shelf with two colours, in stock, under €90."""
    colours = Term.objects.filter(kind=Term.COLOUR).values_list("slug", flat=True)[:2]
    return "/c/ceramics/?" + "".join(f"colour={slug}&" for slug in colours) + "stock=1&max=90"


def _deep(count: int, percent: int) -> str:
    number = count * percent // 100
    cursor = Cursor("new", NEWEST - number * APART, FIRST_KEY + number, number)
    return f"/new/?after={cursor}"


def _form(count: int) -> str:
    """Give the form of a piece that is in stock."""
    shown = Listing.objects.filter(pk__gte=FIRST_KEY, available__gt=5).order_by("pk").first()
    if shown is None:
        raise ValueError(f"none of {count} pieces is in stock")
    variant = shown.product.sellable[0]
    return f"variant={variant.sku}&quantity=1"
