"""Makers say what a piece comes in: its options, which combinations are on offer, their prices.

`save_offers` is the one way to write them, for the grid of the workshop and for imports alike.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import CharField, F, Sum, Value
from django.db.models.functions import Cast, Concat, JSONObject
from django.utils.translation import gettext as _

from catalog.combining import Axis, Key, combinations, fitted, key_of, offers_seen
from catalog.models import Listing, Picture, Product, Revision, Stock, Variant
from catalog.services.indexing import index_pieces
from catalog.services.pricing import ask_price, refuse_price
from catalog.services.staging import ChangedMeanwhile, lock_piece
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal
from makers_market.core.money import in_euros

AXES_MAX, VALUES_MAX, VERSIONS_MAX = 3, 40, 100
NAME_MAX, VALUE_MAX, SKU_MAX = 30, 60, 40
SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}", re.ASCII)


class BadOptions(Refusal):
    """What a piece is said to come in does not go together; the words name the fault."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one version: its place in the list, from 0, the column, and why."""

    row: int
    column: str
    words: str


class OffersRefused(Refusal):
    """Some versions cannot be offered like that; `problems` names each by row and column.

    Columns are "options", "sku", "price", "old" (show the old price) and "offered".
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(dict.fromkeys(problem.words for problem in problems)))
        self.problems = list(problems)


@dataclass(frozen=True)
class Version:
    """One combination as its maker wants it: axis → value, its price in cents, its number.

    An empty `sku` keeps the number it has, or has one made. `shows_old` shows the old price.
    """

    options: Mapping[str, str]
    price_cents: int
    sku: str = ""
    is_offered: bool = True
    shows_old: bool = False


@transaction.atomic
def save_offers(
    product_id: int,
    *,
    axes: Sequence[Axis],
    versions: Sequence[Version],
    seen: str | None = None,
    by: str,
    at: datetime,
) -> list[Variant]:
    """Let a piece come in these options, offered in these versions, from now on; all or nothing.

    Versions that are not named, or not offered, are kept for the orders that name them and are
    not for sale any more; a new one begins with no stock. A value under a new name (`was`) keeps
    its versions with their stock. `seen` is the `offers_seen` that the writer began from, None
    where that does not matter.

    Locks the piece, then variants and stock in primary-key order, then the listing. Gives what is
    on offer, in the order of `versions`. Raises ChangedMeanwhile, BadOptions, OffersRefused.
    """
    axes = [replace(axis, name=axis.name.strip().lower()) for axis in axes]
    product = lock_piece(product_id)
    variants = _locked_variants(product)
    if seen is not None and seen != offers_seen(product):
        return _offered_already(product, axes, versions, variants)
    _refuse_axes(axes)
    before, were_offered = _told(variants), _offered(variants)
    found = fitted(variants, axes)
    _refuse_versions(product, axes, versions, variants, found)
    _rename(product, axes)
    kept = _write_versions(product, versions, variants, found, at=at)
    _price(product, kept, versions, at=at)
    # What is new has no stock yet: only what was there can change what is for sale.
    if _offered(variants) != were_offered:
        _count_anew(product)
    changes = {"versions": (before, _told(list(kept.values())))}
    if changes["versions"][0] != changes["versions"][1]:
        record("product.offers_set", product, by=by, at=at, maker=product.maker_id, changes=changes)
    index_pieces([product.pk])
    return list(kept.values())


def _offered(variants: Sequence[Variant]) -> set[int]:
    return {variant.pk for variant in variants if variant.is_offered}


def _locked_variants(product: Product) -> list[Variant]:
    """Lock a piece's variants with their stock, as a checkout does, in the maker's order."""
    rows = (
        Stock.objects.select_related("variant__product")
        .filter(variant__product=product)
        .order_by("pk")
        .select_for_update(of=("self", "variant"), no_key=True)
    )
    found = [row.variant for row in rows]
    for variant in found:
        variant.product = product
    return sorted(found, key=lambda variant: (variant.position, variant.pk))


def _offered_already(
    product: Product,
    axes: Sequence[Axis],
    versions: Sequence[Version],
    variants: Sequence[Variant],
) -> list[Variant]:
    """Give what is on offer if all is as it is wished: a form sent twice by a double click.

    Raises ChangedMeanwhile if it is not.
    """
    now = {key_of(each.options): each for each in variants if each.is_offered}
    wished = {key_of(each.options): each for each in versions if each.is_offered}
    is_so = (
        product.options == _written(axes)
        and now.keys() == wished.keys()
        and all(
            each.price_cents == now[key].price_cents
            and each.sku in {"", now[key].sku}
            and each.shows_old == bool(now[key].was_cents)
            for key, each in wished.items()
        )
    )
    if not is_so:
        raise ChangedMeanwhile
    return [now[key] for key in wished]


def _written(axes: Sequence[Axis]) -> list[dict[str, object]]:
    """Give options as a piece keeps them."""
    return [
        {
            "name": axis.name,
            "values": [each.value for each in axis.values],
            "values_pt": [each.value_pt or each.value for each in axis.values],
        }
        for axis in axes
    ]


def _told(variants: Sequence[Variant]) -> list[str]:
    offered = [variant for variant in variants if variant.is_offered]
    return [f"{variant.sku} {in_euros(variant.price_cents)}" for variant in offered]


def _refuse_axes(axes: Sequence[Axis]) -> None:
    if len(axes) > AXES_MAX:
        raise BadOptions(_("A piece has up to three options, like size and glaze."))
    names = [axis.name for axis in axes]
    if any(not 1 <= len(name) <= NAME_MAX or "\0" in name for name in names):
        raise BadOptions(_("Name each option in up to 30 characters."))
    if len(set(names)) < len(names):
        raise BadOptions(_("Two options have the same name."))
    for axis in axes:
        _refuse_values(axis)
    if len(combinations(axes)) > VERSIONS_MAX:
        raise BadOptions(
            _("That makes more than 100 combinations. Take out values, or make two pieces of it.")
        )


def _refuse_values(axis: Axis) -> None:
    name = {"name": axis.name}
    values = [each.value for each in axis.values]
    if not values:
        raise BadOptions(_("Give %(name)s at least one value.") % name)
    for value in [*values, *(each.value_pt for each in axis.values if each.value_pt)]:
        if value != " ".join(value.split()) or not 1 <= len(value) <= VALUE_MAX or "\0" in value:
            raise BadOptions(_("A value of %(name)s has 1 to 60 characters.") % name)
    if len({value.casefold() for value in values}) < len(values):
        raise BadOptions(_("Two values of %(name)s are the same.") % name)
    if len(values) > VALUES_MAX:
        raise BadOptions(_("Give %(name)s up to 40 values.") % name)


def _refuse_versions(
    product: Product,
    axes: Sequence[Axis],
    versions: Sequence[Version],
    variants: Sequence[Variant],
    found: Mapping[Key, Variant],
) -> None:
    keys = [key_of(version.options) for version in versions]
    if len(set(keys)) < len(keys):
        raise BadOptions(_("The same combination is there twice."))
    offered = [version for version in versions if version.is_offered]
    if not offered:
        raise BadOptions(_("Offer at least one version. To offer none, take the piece off sale."))
    if product.is_one_of_a_kind:
        _refuse_second(offered, found)
    allowed = {key_of(each) for each in combinations(axes)}
    strange = [
        Problem(row, "options", _("The piece does not come in this combination."))
        for row, key in enumerate(keys)
        if key not in allowed
    ]
    problems = strange or _bad_numbers(versions, variants, found)
    if problems:
        raise OffersRefused(problems)


def _refuse_second(offered: Sequence[Version], found: Mapping[Key, Variant]) -> None:
    """Refuse versions of a piece of which there is one: several, or one of before with more."""
    if len(offered) > 1:
        raise BadOptions(_("There is only one of this piece: it comes in one version."))
    known = [found[key] for each in offered if (key := key_of(each.options)) in found]
    if any(variant.stock.on_hand > 1 for variant in known):
        raise BadOptions(_("There is more than one of it on hand."))


def _bad_numbers(
    versions: Sequence[Version], variants: Sequence[Variant], found: Mapping[Key, Variant]
) -> list[Problem]:
    """Name the numbers (SKUs) that are none, are there twice, or belong to another variant."""
    offered = {row: each for row, each in enumerate(versions) if each.is_offered}
    holders = {row: found.get(key_of(each.options)) for row, each in offered.items()}
    kept = {row: variant.sku if variant else "" for row, variant in holders.items()}
    wished = {row: sku for row, each in offered.items() if (sku := each.sku or kept[row])}
    own = {variant.pk for variant in holders.values() if variant}
    stays = {each.sku for each in variants if each.pk not in own}
    others = Variant.objects.filter(sku__in=wished.values()).exclude(
        pk__in=[each.pk for each in variants]
    )
    taken = stays | set(others.values_list("sku", flat=True))
    problems = []
    for row, sku in wished.items():
        if not SKU.fullmatch(sku):
            words = _("A number has up to 40 letters, digits, dots and dashes.")
            problems.append(Problem(row, "sku", words))
        elif sku in taken:
            words = _("%(number)s is taken: each version needs a number of its own.")
            problems.append(Problem(row, "sku", words % {"number": sku}))
        elif list(wished.values()).count(sku) > 1:
            words = _("%(number)s is there twice: each version needs a number of its own.")
            problems.append(Problem(row, "sku", words % {"number": sku}))
    return problems


def _rename(product: Product, axes: Sequence[Axis]) -> None:
    """Write the options; pictures of a value under a new name, waiting ones too, follow it."""
    written = _written(axes)
    if written != product.options:
        product.options = written
        product.save(update_fields=["options"])
    renamed = {
        each.was: each.value
        for axis in axes
        for each in axis.values
        if each.was and each.was != each.value
    }
    if not renamed:
        return
    for picture in Picture.objects.filter(product=product, shows__in=renamed):
        picture.shows = renamed[picture.shows]
        picture.save(update_fields=["shows"])
    waiting = Revision.objects.waiting().filter(product=product, pictures__isnull=False).first()
    if waiting:
        for entry in waiting.pictures or []:
            entry["shows"] = renamed.get(entry["shows"], entry["shows"])
        waiting.save(update_fields=["pictures"])


def _write_versions(
    product: Product,
    versions: Sequence[Version],
    variants: Sequence[Variant],
    found: Mapping[Key, Variant],
    *,
    at: datetime,
) -> dict[int, Variant]:
    """Write choices, numbers and what is on offer; give the variants by their place in the list."""
    for variant in variants:
        variant.is_offered = False
    kept: dict[int, Variant] = {}
    for row, version in enumerate(versions):
        fresh = Variant(product=product, price_cents=version.price_cents)
        variant = found.get(key_of(version.options), fresh)
        variant.options, variant.position = dict(version.options), row
        variant.is_offered = version.is_offered
        if version.is_offered:
            variant.sku = version.sku or variant.sku
            kept[row] = variant
    _save(product, variants, list(kept.values()), at=at)
    return kept


def _save(
    product: Product, variants: Sequence[Variant], kept: Sequence[Variant], *, at: datetime
) -> None:
    """Save variants; two that exchange a number or a choice let go of theirs first."""
    try:
        _let_go(product, variants)
        Variant.objects.bulk_update(variants, ["sku", "options", "position", "is_offered"])
        for variant in kept:
            if variant.pk is None:
                _begin(product, variant, at=at)
    except IntegrityError as error:
        raise ChangedMeanwhile from error


def _let_go(product: Product, variants: Sequence[Variant]) -> None:
    """Free the numbers and choices that change hands; one that loses its choice says whose it was.

    A choice is wanted by at most one offered variant: an older one, no longer offered, gives way.
    """
    if not variants:
        return
    stored = {pk: (sku, options) for pk, sku, options in product.variants.values_list(
        "pk", "sku", "options")}  # fmt: skip
    wanted = {key_of(each.options): each.pk for each in variants if each.is_offered}
    for variant in variants:
        if wanted.get(key_of(variant.options), variant.pk) != variant.pk:
            variant.options = variant.options | {"~": str(variant.pk)}
    changed = [each.pk for each in variants if stored[each.pk] != (each.sku, each.options)]
    number = Cast(F("pk"), CharField())
    Variant.objects.filter(pk__in=changed).update(
        sku=Concat(Value("~"), number), options=JSONObject(**{"~": number})
    )


def _begin(product: Product, variant: Variant, *, at: datetime) -> None:
    refuse_price(variant.price_cents)
    variant.sku = variant.sku or _free_number(product)
    variant.save(force_insert=True)
    Stock.objects.create(variant=variant)
    variant.price_changes.create(price_cents=variant.price_cents, at=at)


def _free_number(product: Product) -> str:
    taken = set(Variant.objects.filter(sku__startswith=f"P{product.pk}-").values_list("sku"))
    number = 1 + len(taken)
    while (f"P{product.pk}-{number}",) in taken:
        number += 1
    return f"P{product.pk}-{number}"


def _price(
    product: Product, kept: Mapping[int, Variant], versions: Sequence[Version], *, at: datetime
) -> None:
    """Ask the prices of what is on offer; all that are none are named together."""
    problems = []
    for row, variant in kept.items():
        version = versions[row]
        variant.product = product
        try:
            ask_price(variant, version.price_cents, shows_old=version.shows_old, at=at)
        except Refusal as refusal:
            column = "old" if version.shows_old else "price"
            problems.append(Problem(row, column, str(refusal)))
    if problems:
        raise OffersRefused(problems)


def _count_anew(product: Product) -> None:
    """Count what the listing has for sale: a trigger follows stock, not what is on offer."""
    offered = Stock.objects.filter(variant__product=product, variant__is_offered=True)
    left = offered.aggregate(left=Sum(F("on_hand") - F("held")))["left"] or 0
    Listing.objects.filter(pk=product.pk).update(available=left)
