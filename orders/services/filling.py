"""Baskets are filled and emptied; nothing is held for them."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import QUANTITY_MAX, Product, Variant
from catalog.personal import Answers, answers_again, checked_answers
from catalog.services import SoldOut
from catalog.services.stocking import Shortage
from makers_market.core.countries import COUNTRIES
from makers_market.core.errors import Refusal
from orders.models import Basket, BasketLine, Order
from orders.models.basket import LINES_MAX

# Stripe: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
LARGEST_CHARGE_CENTS = 99_999_999
NOTHING_SAID: Mapping[str, str] = MappingProxyType({})


class UnknownPiece(Refusal):
    """There is no such piece, or it is no longer shown."""

    def __init__(self) -> None:
        super().__init__(gettext_lazy("This piece is no longer for sale."))


class BasketFull(Refusal):
    """A basket holds so many lines, so many pieces of one kind, and what one payment can pay."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words or _("Your basket is full. Order these pieces first."))


class AnswersOutdated(Refusal):
    """The maker asks something else of a piece than what the shopper has answered."""

    def __init__(self, title: str) -> None:
        words = gettext_lazy("%(title)s: the maker asks something else now. Choose it again.")
        super().__init__(words % {"title": title})


def open_basket(uuid: UUID | None) -> Basket | None:
    """Find the basket a visitor's session names, while it has not become an order."""
    if uuid is None:
        return None
    return Basket.objects.filter(uuid=uuid, order=None).first()


@transaction.atomic
def add_to_basket(
    basket: Basket | None, *, sku: str, quantity: int, raw: Mapping[str, str] = NOTHING_SAID
) -> Basket:
    """Add pieces to a basket, making one if there is none; gives the basket.

    `raw` holds the answers to the piece's questions, in inputs `personal-<field id>`. The quantity
    adds to what is there with the same answers. Locks the basket. Raises UnknownPiece, BadAnswers,
    SoldOut (with how many are left) or BasketFull.
    """
    variant = _variants().filter(sku=sku).first()
    if variant is None:
        raise UnknownPiece
    answers = checked_answers(variant.product, raw)
    basket = _locked_open(basket) or Basket.objects.create()
    lines = list(basket.lines.select_related("variant__product"))
    line = _same(lines, variant, answers) or BasketLine(basket=basket, variant=variant, quantity=0)
    _refuse_too_many(line, variant, line.quantity + quantity, lines)
    if line.pk is None and len(lines) >= LINES_MAX:
        raise BasketFull
    _write_line(line, variant, answers, line.quantity + quantity)
    _refuse_too_dear(basket)
    return basket


def _refuse_too_dear(basket: Basket) -> None:
    """Refuse, of the basket just written, more than one payment can pay."""
    lines = basket.lines.values_list("seen_price_cents", "quantity")
    if sum(cents * quantity for cents, quantity in lines) > LARGEST_CHARGE_CENTS:
        raise BasketFull


def _same(lines: list[BasketLine], variant: Variant, answers: Answers) -> BasketLine | None:
    wished = (variant.pk, answers.key)
    return next((x for x in lines if (x.variant_id, x.personal_key) == wished), None)


def _write_line(line: BasketLine, variant: Variant, answers: Answers, quantity: int) -> None:
    line.quantity = quantity
    line.personal, line.personal_key = answers.rows, answers.key
    line.seen_price_cents = variant.price_cents + answers.extra_cents
    line.save()


def _variants() -> QuerySet[Variant]:
    return Variant.objects.select_related("stock", "product__maker__workload").filter(
        is_offered=True, product__status=Product.LIVE, product__maker__is_open=True
    )


def _locked_open(basket: Basket | None) -> Basket | None:
    if basket is None:
        return None
    return Basket.objects.select_for_update(of=("self",)).filter(pk=basket.pk, order=None).first()


def _refuse_too_many(
    line: BasketLine, variant: Variant, wanted: int, lines: list[BasketLine]
) -> None:
    """Refuse more for a line than there is beside what the basket's other lines take of it."""
    left = _left(line, variant, lines)
    if left is not None and wanted > left:
        raise SoldOut([Shortage(variant, wanted, left)])
    if wanted > QUANTITY_MAX:
        raise BasketFull(
            _("You can order up to %(count)d of one piece at a time.") % {"count": QUANTITY_MAX}
        )


def _left(line: BasketLine, variant: Variant, lines: list[BasketLine]) -> int | None:
    """Give what the other lines leave of the stock, or of the maker's week; None: no bound."""
    if variant.bound is None:
        return None
    product = variant.product
    others = [other for other in lines if other.pk != line.pk]
    if product.is_made_to_order:
        same = [x for x in others if _is_made_by(x.variant.product, product.maker_id)]
    else:
        same = [x for x in others if x.variant_id == variant.pk]
    return max(variant.bound - sum(other.quantity for other in same), 0)


def _is_made_by(product: Product, maker_id: int) -> bool:
    return product.is_made_to_order and product.maker_id == maker_id


@transaction.atomic
def change_quantity(basket: Basket, *, line_id: int, quantity: int) -> None:
    """Set how many pieces a line of this basket has; the shopper sees today's price from now on.

    Locks the basket. Raises UnknownPiece for a line of another basket, AnswersOutdated for
    answers that no longer fit, SoldOut, BasketFull.
    """
    if _locked_open(basket) is None:
        raise UnknownPiece
    lines = list(basket.lines.select_related("variant__product"))
    line = next((each for each in lines if each.pk == line_id), None)
    variant = _variants().filter(pk=line.variant_id).first() if line else None
    if line is None or variant is None:
        raise UnknownPiece
    answers = answers_again(variant.product.personal_fields.all(), line.personal)
    if answers is None:
        raise AnswersOutdated(variant.product.title)
    _refuse_too_many(line, variant, quantity, lines)
    is_more = quantity > line.quantity
    _write_line(line, variant, answers, quantity)
    if is_more:
        _refuse_too_dear(basket)


@transaction.atomic
def remove_from_basket(basket: Basket, *, line_id: int) -> BasketLine | None:
    """Take a line out of this basket and give it, so that it can be put back; None if gone."""
    if _locked_open(basket) is None:
        return None
    line = (
        BasketLine.objects.select_related("variant__product")
        .filter(basket=basket, pk=line_id)
        .first()
    )
    if line is not None:
        BasketLine.objects.filter(pk=line.pk).delete()
    return line


@transaction.atomic
def choose_country(basket: Basket, country: str) -> None:
    """Set where the basket goes; raises Refusal for a country no parcel goes to."""
    if country not in COUNTRIES:
        raise Refusal(_("We do not deliver to this country yet."))
    Basket.objects.filter(pk=basket.pk).update(country=country)
    basket.country = country


@transaction.atomic
def refill_basket(basket: Basket | None, order: Order) -> Basket:
    """Put the pieces of an order that was not paid back into a basket, as many as there are.

    Left out are those whose answers the maker's questions of today no longer take.
    """
    basket = _locked_open(basket) or Basket.objects.create(country=order.country)
    for sold in order.lines.order_by("id"):
        variant = _variants().filter(pk=sold.variant_id).first()
        if variant is None:
            continue
        answers = answers_again(variant.product.personal_fields.all(), sold.personal)
        if answers is None:
            continue
        lines = list(basket.lines.select_related("variant__product"))
        line = _same(lines, variant, answers) or BasketLine(basket=basket, variant=variant)
        left = _left(line, variant, lines)
        wanted = sold.quantity if left is None else min(sold.quantity, left)
        if wanted > 0:
            _write_line(line, variant, answers, wanted)
    return basket
