"""One dull factory per model; every argument has a plain default."""

import itertools
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import Maker, Membership, User
from catalog import services as catalog
from catalog.models import Category, Product, Variant
from orders import services as orders
from orders.models import Basket, BasketLine, Order
from orders.queries import quote_basket

_numbers = itertools.count(1)


def user(email: str = "", **fields: Any) -> User:
    return User.objects.create_user(email or f"u{next(_numbers)}@example.com", "pw", **fields)


def maker(slug: str = "", *, members: list[User] = [], **fields: Any) -> Maker:  # noqa: B006
    slug = slug or f"maker-{next(_numbers)}"
    plain = {
        "name": slug.title(), "first_name": slug.title(), "place": "Mértola, Portugal",
        "craft": "ceramics", "legal_name": f"{slug}, Lda.", "tax_number": "500000001",
        "delivery_cents": 450, "delivery_abroad_cents": 1200, "quote": "I throw mugs.",
    }  # fmt: skip
    made = Maker.objects.create(slug=slug, **(plain | fields))
    for member in members:
        Membership.objects.create(maker=made, user=member)
    return made


def category(slug: str = "ceramics", **fields: Any) -> Category:
    plain = {"name_en": slug.title(), "craft": "ceramics"}
    found, _created = Category.objects.get_or_create(slug=slug, defaults=plain | fields)
    return found


def product(slug: str = "", *, maker: Maker | None = None, **fields: Any) -> Product:
    slug = slug or f"piece-{next(_numbers)}"
    plain = {"title_en": slug.title(), "description_en": "A piece.", "material": "Stoneware"}
    at = fields.pop("at", timezone.now())
    return catalog.list_product(
        slug=slug, at=at, maker=maker or globals()["maker"](),
        category=fields.pop("category", None) or category(), **(plain | fields),
    )  # fmt: skip


def variant(
    slug: str = "", *, stock: int = 5, price_cents: int = 2400, maker: Maker | None = None,
    options: dict[str, str] | None = None, of: Product | None = None,
) -> Variant:  # fmt: skip
    piece = of or product(slug, maker=maker)
    made = catalog.offer_variant(
        piece, sku=f"{piece.slug}-{next(_numbers)}", options=options or {},
        price_cents=price_cents, position=0,
    )  # fmt: skip
    if stock:
        catalog.receive_stock(made, stock, reference="test", at=timezone.now())
    return Variant.objects.select_related("stock", "product__maker").get(pk=made.pk)


def basket(*lines: tuple[Variant, int], country: str = "PT") -> Basket:
    made = Basket.objects.create(country=country)
    for piece, quantity in lines:
        BasketLine.objects.create(
            basket=made, variant=piece, quantity=quantity, seen_price_cents=piece.price_cents
        )
    return made


def buyer(**fields: Any) -> orders.Buyer:
    plain = {"email": "ada@example.com", "name": "Ada Martins", "language": "en"}
    return orders.Buyer(**(plain | fields))


def delivery(country: str = "PT", **fields: Any) -> orders.Delivery:
    plain = {
        "street": "Rua da Esperança 41", "postcode": "1200-655", "city": "Lisboa",
        "country": country, "phone": "", "methods": {},
    }  # fmt: skip
    return orders.Delivery(**(plain | fields))


def place(made: Basket, *, at: datetime | None = None, **fields: Any) -> Order:
    """Place a basket at the price its page shows."""
    at = at or timezone.now()
    sent = fields.pop("delivery", delivery(made.country))
    plain = {
        "basket_id": made.pk, "buyer": buyer(), "delivery": sent, "token": uuid4(), "at": at,
        "shown_total_cents": quote_basket(made, at=at, methods=sent.methods).total_cents,
    }  # fmt: skip
    return orders.place_order(**(plain | fields))


def order(*lines: tuple[Variant, int], **fields: Any) -> Order:
    return place(basket(*(lines or ((variant(), 1),))), **fields)
