"""Does to a piece what its rows of a sheet want, through the verbs of the workshop's pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from catalog.drafts import WORDS, left
from catalog.models import Product, Variant
from catalog.services.describing import set_terms
from catalog.services.indexing import indexed_once
from catalog.services.making import set_making, set_one_of_a_kind
from catalog.services.offering import OffersRefused, Problem, Version, save_offers
from catalog.services.staging import lock_piece, lock_stock_of, refuse_foreign_shelf
from catalog.services.stocking import correct_stock, receive_stock
from catalog.services.writing_pieces import save_words
from catalog.sheets.cells import Fault, Faulty
from catalog.sheets.judging import Plan, Wish
from catalog.sheets.known import TERM_COLUMNS
from catalog.sheets.reading import Row
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal

# The columns of a sheet that a service's own name for a fault means.
OFFER_COLUMNS = {"options": "option1_value", "sku": "sku", "price": "price", "old": "price"}


@transaction.atomic(savepoint=False)
def bring_in(
    plan: Plan, *, maker_id: int, reference: str, is_trial: bool = False, by: str, at: datetime
) -> Product:
    """Bring one piece to what its rows say: all of it or, raising Faulty, nothing.

    A new piece begins as a draft; words that shoppers see wait for review; prices and stock hold
    at once. Locks the piece, then variants and stock. `reference` names the import: stock is
    counted once under it. A refusal ends the transaction or savepoint it was called in. A trial
    is rolled back by its caller: no listing is written for it.
    """
    with indexed_once(is_trial=is_trial):
        product = plan.piece.product if plan.piece else _begin(plan, maker_id, by=by, at=at)
        if plan.piece:
            lock_stock_of(lock_piece(product.pk))
        _change(product, plan, reference, by=by, at=at)
    return product


def _change(product: Product, plan: Plan, reference: str, *, by: str, at: datetime) -> None:
    facts: dict[str, Any] = {"by": by, "at": at}
    if plan.piece and plan.words is not None:
        with _blamed(plan, "title_en"):
            seen = left(product).words_seen
            save_words(product.pk, words=plan.words, seen=seen, **facts)
    if plan.terms:
        _set_terms(product, plan, by=by, at=at)
    if plan.is_one is False:
        _say_whether_one(product, plan, by=by, at=at)
    if plan.making:
        is_made, days_min, days_max = plan.making
        with _blamed(plan, "making_days_max" if is_made else "made_to_order"):
            set_making(
                product.pk, is_made_to_order=is_made, days_min=days_min, days_max=days_max, **facts
            )
    new = _offer(product, plan, by=by, at=at) if plan.has_new_offers else {}
    if plan.is_one:
        _say_whether_one(product, plan, by=by, at=at)
    for wish in plan.wishes:
        _count(wish, new.get(wish.row.number), reference, by=by, at=at)


@contextmanager
def _blamed(plan: Plan, column: str) -> Iterator[None]:
    """Turn a refusal into a fault of a column of the piece."""
    try:
        yield
    except Refusal as refusal:
        row = next((row for row in plan.rows if row.cells.get("title_en")), plan.rows[0])
        value = row.cells.get(column, "")
        raise Faulty(Fault(row.number, column, value, str(refusal))) from refusal


def _begin(plan: Plan, maker_id: int, *, by: str, at: datetime) -> Product:
    """Begin a draft under the handle of its rows; its versions come after it."""
    words = plan.words or {}
    product = Product(maker_id=maker_id, slug=plan.handle)
    for name in WORDS.keys() & words.keys():
        setattr(product, name, words[name])
    with _blamed(plan, "category"):
        refuse_foreign_shelf(product, words)
    try:
        product.save(force_insert=True)
    except IntegrityError:
        words_ = _("This handle is taken. Choose another one.")
        raise Faulty(Fault(plan.rows[0].number, "handle", plan.handle, words_)) from None
    product.starting_move(by=by, at=at).save()
    title = {"title": ("", product.title_en)}
    record("product.drafted", product, by=by, at=at, maker=maker_id, changes=title)
    return product


def _set_terms(product: Product, plan: Plan, *, by: str, at: datetime) -> None:
    """Tick these materials and colours; those of a column that the sheet lacks stay."""
    kinds = {TERM_COLUMNS[column] for column in plan.terms}
    kept = product.terms.exclude(kind__in=kinds).values_list("pk", flat=True)
    named = [pk for ids in plan.terms.values() for pk in ids]
    with _blamed(plan, next(iter(plan.terms))):
        set_terms([product.pk], [*kept, *named], by=by, at=at)


def _say_whether_one(product: Product, plan: Plan, *, by: str, at: datetime) -> None:
    with _blamed(plan, "one_of_a_kind"):
        set_one_of_a_kind(product.pk, is_one=bool(plan.is_one), by=by, at=at)


def _offer(product: Product, plan: Plan, *, by: str, at: datetime) -> dict[int, Variant]:
    """Offer what was offered, as the rows now want it, and what the rows add.

    Gives the new variants by the number of their row.
    """
    wishes = {wish.variant.pk: wish for wish in plan.wishes if wish.variant}
    offered = plan.piece.variants if plan.piece else []
    added = [wish for wish in plan.wishes if wish.variant is None]
    versions = [
        *(_kept(variant, wishes.get(variant.pk)) for variant in offered),
        *(Version(wish.options, wish.price_cents, wish.sku) for wish in added),
    ]
    rows = [
        *(wishes[each.pk].row if each.pk in wishes else plan.rows[0] for each in offered),
        *(wish.row for wish in added),
    ]
    with _blamed(plan, "option1_value"):
        try:
            saved = save_offers(product.pk, axes=plan.axes, versions=versions, by=by, at=at)
        except OffersRefused as refused:
            raise Faulty(*(_fault(each, rows) for each in refused.problems)) from refused
    new = zip(added, saved[len(offered) :], strict=True)
    return {wish.row.number: variant for wish, variant in new}


def _fault(problem: Problem, rows: list[Row]) -> Fault:
    row, column = rows[problem.row], OFFER_COLUMNS.get(problem.column, problem.column)
    return Fault(row.number, column, row.cells.get(column, ""), problem.words)


def _kept(variant: Variant, wish: Wish | None) -> Version:
    """Give a version as it is but for what a row changes; a reduction ends with its price."""
    price = wish.price_cents if wish else variant.price_cents
    return Version(
        variant.options, price, wish.sku if wish else "",
        shows_old=bool(variant.was_cents) and price == variant.price_cents,
    )  # fmt: skip


def _count(wish: Wish, new: Variant | None, reference: str, *, by: str, at: datetime) -> None:
    """Write down a count: the first of a new version is received, others are corrections."""
    if wish.stock is None:
        return
    on_hand, seen = wish.stock
    try:
        if new:
            receive_stock(new, on_hand, reference=reference, by=by, at=at)
        elif wish.variant:
            why = "Counted in a sheet that was imported"
            correct_stock(
                wish.variant, on_hand, seen=seen, why=why, reference=reference, by=by, at=at
            )
    except Refusal as refusal:
        raise Faulty(
            Fault(wish.row.number, "stock", wish.row.cells.get("stock", ""), str(refusal))
        ) from refusal
