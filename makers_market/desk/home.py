"""What the home page shows, in five queries beside its frame."""

from operator import attrgetter
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Maker
from catalog.cards import cards_of
from catalog.models import Category, Collection, CollectionPiece, Listing

GIFT_LIMIT_CENTS = 3000
NEWEST, ROW = 8, 4
COLLECTION = ("slug", "title_en", "title_pt", "blurb_en", "blurb_pt")


def front_page() -> dict[str, Any]:
    """Give crafts with their counts, the newest pieces, gifts, one maker, the first collection.

    No piece is shown twice among the newest and the gifts.
    """
    on_sale = Listing.objects.on_sale()
    of_craft = on_sale.filter(craft=OuterRef("craft")).order_by().values("craft")
    counted = Coalesce(Subquery(of_craft.annotate(count=Count("pk")).values("count")), 0)
    tiles = list(Category.objects.crafts().annotate(count=counted))
    newest = cards_of(on_sale.newest_first().for_cards()[:NEWEST])
    gifts = on_sale.filter(price_cents__gt=0, price_cents__lt=GIFT_LIMIT_CENTS, available__gt=0)
    gifts = gifts.exclude(pk__in=[card.pk for card in newest]).newest_first()
    return {
        "tiles": tiles,
        "products_count": sum(map(attrgetter("count"), tiles)),
        "new_products": newest,
        "gifts": cards_of(gifts.for_cards()[:ROW]),
        "spotlight": _spotlight(),
    } | _first_collection()


def _spotlight() -> Maker | None:
    """Give one maker with a quote, and with the number of all open workshops as `makers_count`."""
    makers = Maker.objects.filter(is_open=True)
    count = makers.order_by().values("is_open").annotate(count=Count("pk")).values("count")
    quoted = makers.annotate(makers_count=Subquery(count)).exclude(quote="")
    return quoted.order_by("pk").first()


def _first_collection() -> dict[str, Any]:
    """Give the operators' first collection that has pieces on sale, and its first pieces."""
    on_sale = Listing.objects.on_sale()
    shown = CollectionPiece.objects.filter(
        collection__is_shown=True, product__listing__in=on_sale.values("pk")
    )
    first = shown.order_by("collection__position", "collection_id").values("collection")[:1]
    through = "product__collectionpiece__"
    pieces = on_sale.filter(**{f"{through}collection": Subquery(first)})
    named = {name: F(f"{through}collection__{name}") for name in COLLECTION}
    ordered = pieces.annotate(**named).order_by(f"{through}position", f"{through}id")
    rows = list(ordered.for_cards()[:ROW])
    if not rows:
        return {}
    collection = Collection(**{name: getattr(rows[0], name) for name in COLLECTION})
    return {"collection": collection, "collected": cards_of(rows)}
