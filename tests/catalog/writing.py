"""What the tests of pieces share: words, pictures, and pieces on their way to shoppers."""

import io
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import Maker
from catalog import services as catalog
from catalog.drafts import Entry, left
from catalog.models import Picture, Product, Revision, Variant
from makers_market.core.models import AuditEntry
from tests import factories

PIECES = "/workshop/catalog/product/"


def words(**changed: Any) -> dict[str, Any]:
    """Give the words of a piece as services take them."""
    plain = {
        "title_en": "Speckled mug", "title_pt": "", "description_en": "Thrown in Mértola.",
        "description_pt": "", "material": "Stoneware", "category_id": factories.category().pk,
        "section_id": None,
    }  # fmt: skip
    return plain | changed


def drafted(maker: Maker, *, pictures: int = 0, **changed: Any) -> Product:
    """Give a draft with one variant at €24.00, five of it, and described pictures."""
    piece = catalog.draft_piece(
        maker_id=maker.pk, words=words(**changed), choices=[catalog.Choice(2400, 5)],
        token=uuid4(), by="test", at=timezone.now(),
    )  # fmt: skip
    Picture.objects.bulk_create(
        Picture(product=piece, position=n, **entry(n)) for n in range(pictures)
    )
    return piece


def entry(number: int, **changed: Any) -> Entry:
    """Give a picture as galleries keep it; its digest is its number."""
    plain = {
        "digest": f"{number:032x}", "alt_en": f"Picture {number}", "alt_pt": "", "width": 800,
        "height": 1000, "widths": [320, 480, 640, 800], "dominant": 42, "shows": "",
        "focus_x": 50, "focus_y": 50,
    }  # fmt: skip
    return plain | changed


def live(maker: Maker, *, pictures: int = 1, **changed: Any) -> Product:
    """Give a piece on sale that went through review."""
    piece = drafted(maker, pictures=pictures, **changed)
    catalog.submit_piece(piece.pk, by="test", at=timezone.now())
    catalog.approve_product(piece.pk, seen=seen(piece), by="test", at=timezone.now())
    return fresh(piece)


def change(piece: Product, **changed: Any) -> Revision:
    """Save other words of a piece that shoppers see; give the change that waits."""
    now = left(fresh(piece))
    catalog.save_words(
        piece.pk, words=now.words | changed, seen=now.words_seen, by="test", at=timezone.now()
    )
    return Revision.objects.waiting().get(product=piece)


def fresh(piece: Product) -> Product:
    return Product.objects.get(pk=piece.pk)


def seen(piece: Product) -> str:
    return left(fresh(piece)).seen


def sent(**changed: Any) -> dict[str, Any]:
    """Give the words of a piece as its form sends them."""
    plain = {name: "" if value is None else value for name, value in words().items()}
    return plain | changed


def image(kind: str = "JPEG", size: tuple[int, int] = (60, 75), **save: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "#7fa696").save(file, kind, **save)
    return file.getvalue()


def save_words(client: Client, piece: Product, **changed: Any) -> Any:
    """Send the form of a piece's words as its page shows it, with some changed."""
    now = left(fresh(piece))
    shown = {name: "" if value is None else value for name, value in now.words.items()}
    data = shown | {"seen": now.words_seen} | changed
    return client.post(f"{PIECES}{piece.pk}/change/", data)


def state_of(piece: Product) -> tuple[Any, ...]:
    """Give all of a piece that a refused change could have touched."""
    row = Product.objects.filter(pk=piece.pk).values().get()
    variants = list(piece.variants.order_by("pk").values("sku", "price_cents", "stock__on_hand"))
    pictures = list(piece.pictures.order_by("position").values_list("digest", "alt_en"))
    revisions = list(piece.revisions.order_by("pk").values("state", "fields", "pictures"))
    return row, variants, pictures, revisions, piece.uploads.count(), piece.moves.count()


def offers(piece: Product, price: str, on_hand: str, **changed: Any) -> dict[str, Any]:
    """Give the form of prices as the page of a piece with one variant sends it."""
    variant = Variant.objects.select_related("stock").get(product=piece)
    form = {
        "price": price, "on_hand": on_hand, "price_seen": f"{variant.price_cents / 100:.2f}",
        "on_hand_seen": str(variant.stock.on_hand),
    }  # fmt: skip
    data = {f"v{variant.pk}-{name}": value for name, value in form.items()}
    return data | {"variant": str(variant.pk), "token": str(uuid4())} | changed


def audited(piece: Product) -> list[str]:
    entries = AuditEntry.objects.filter(subject=f"product:{piece.pk}").order_by("pk")
    return list(entries.values_list("action", flat=True))
