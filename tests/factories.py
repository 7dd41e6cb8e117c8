"""One dull factory per model; every argument has a plain default."""

import itertools
import time
from datetime import datetime
from typing import Any
from uuid import uuid4

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from accounts.models import Maker, Membership, User
from catalog import services as catalog
from catalog.models import Category, PersonalField, Product, Review, Variant
from makers_market.core.idle import IN_ROOM, SEEN
from orders import services as orders
from orders.models import Basket, BasketLine, Order
from orders.queries import quote_basket
from sandbox.world.codes import code_at

_numbers = itertools.count(1)
# The authenticator app of everybody in the cast; tests/browser/second_factor.py reads its code.
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def user(email: str = "", **fields: Any) -> User:
    """Make a person with a confirmed address and the password "pw"."""
    made = User.objects.create_user(email or f"u{next(_numbers)}@example.com", "pw", **fields)
    EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
    return made


def operator(role: str = "admin", **fields: Any) -> User:
    return user(f"{role}-{next(_numbers)}@example.com", is_staff=True, operator_role=role, **fields)


def signed_in(person: User, *, second_factor: bool = True) -> Client:
    """Give a browser in which this person has signed in, with a second factor unless told not."""
    client = Client(headers={"Sec-Fetch-Site": "same-origin"}, raise_request_exception=False)
    client.force_login(person)
    session = client.session
    session[IN_ROOM] = session[SEEN] = time.time()
    if second_factor:
        used = {"method": "mfa", "id": totp(person).pk, "type": "totp", "at": time.time()}
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [used]
        session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(person.pk)
    session.save()
    UserSession.objects.create(user=person, ip="127.0.0.1", session_key=session.session_key)
    return client


def totp(person: User, secret: str = TOTP_SECRET) -> Authenticator:
    """Give this person an authenticator app with this secret, unless they have one."""
    made, _created = Authenticator.objects.get_or_create(
        user=person, type=Authenticator.Type.TOTP, defaults={"data": {"secret": encrypt(secret)}}
    )
    return made


def code_of(seconds: float, secret: str = TOTP_SECRET) -> str:
    """Give the code that the app shows at that time, in seconds since 1970."""
    return code_at(secret, seconds)


def maker(slug: str = "", *, members: list[User] = [], **fields: Any) -> Maker:  # noqa: B006
    slug = slug or f"maker-{next(_numbers)}"
    plain = {
        "name": slug.title(), "first_name": slug.title(), "place": "Mértola, Portugal",
        "craft": "ceramics", "legal_name": f"{slug}, Lda.", "tax_number": "500000001",
        "delivery_cents": 450, "delivery_abroad_cents": 1200, "quote": "I throw mugs.",
        "status": Maker.APPROVED, "is_open": True,
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


def made_to_order(
    slug: str = "", *, maker: Maker | None = None, per_week: int | None = 5,
    days: tuple[int, int] = (5, 10), **fields: Any,
) -> Variant:  # fmt: skip
    """Make a piece that is made when it is ordered, by a workshop with so much room a week."""
    piece = variant(slug, maker=maker, stock=0, **fields)
    at, by = timezone.now(), "test"
    catalog.set_making(
        piece.product_id, is_made_to_order=True, days_min=days[0], days_max=days[1], by=by, at=at
    )
    catalog.set_capacity(piece.product.maker_id, per_week, by=by, at=at)
    return Variant.objects.select_related("stock", "product__maker__workload").get(pk=piece.pk)


def personal(piece: Variant, label: str = "Engraving", **fields: Any) -> PersonalField:
    """Ask a question of a piece: a text of up to 40 characters that must be answered."""
    plain = {"label_en": label, "is_required": True, "position": next(_numbers)}
    return PersonalField.objects.create(product=piece.product, **(plain | fields))


def review(piece: Product, *, stars: int = 5, at: datetime | None = None, **fields: Any) -> Review:
    """Write a review of a piece that nobody bought, through the service, at its plain defaults."""
    plain = {
        "maker_stars": 5, "name": "Sofia P.", "title": "Lovely", "words": "I use it each day.",
        "language": "en",
    }  # fmt: skip
    bought = catalog.Bought(
        purchase=fields.pop("purchase", f"test:{next(_numbers)}"), product_id=piece.pk,
        variant_title=fields.pop("variant_title", ""), buyer_id=fields.pop("buyer_id", None),
    )  # fmt: skip
    opinion = catalog.Opinion(stars=stars, **(plain | fields))
    return catalog.write_review(bought, opinion, at=at or timezone.now())


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
