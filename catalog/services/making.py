"""Workshops say what they make to order, how long it takes, how many a week, and ask questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import FIELDS_MAX, PersonalField, Product, Stock, Workload
from catalog.services.indexing import index_pieces
from catalog.services.staging import lock_piece
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal

DAYS_MAX, PER_WEEK_MAX, LENGTH_MAX, EXTRA_MAX_CENTS = 120, 1000, 200, 1_000_000
LABEL_MAX, CHOICES_MAX = 60, 30


class BadMaking(Refusal):
    """What a workshop says of its making does not go together; the words name the fault."""


@dataclass(frozen=True)
class Question:
    """One thing to ask shoppers; `id` names the question that is there already, 0 a new one.

    `choices` are (value, value in Portuguese) and make it a choice; without them it is a text.
    """

    label_en: str
    label_pt: str = ""
    id: int = 0
    is_required: bool = False
    length_max: int = 40
    choices: Sequence[tuple[str, str]] = ()
    extra_cents: int = 0


@transaction.atomic
def set_personal_fields(
    product_id: int, fields: Sequence[Question], *, by: str, at: datetime
) -> None:
    """Ask these questions of a piece from now on, in this order; those left out are gone.

    Answers in baskets that no longer fit must be given again; orders keep theirs. Locks the
    piece. Raises BadMaking.
    """
    product = lock_piece(product_id)
    known = {field.pk: field for field in product.personal_fields.all()}
    _refuse_questions(fields, known)
    before = [str(field) for field in known.values()]
    product.personal_fields.exclude(pk__in=[asked.id for asked in fields]).delete()
    for position, asked in enumerate(fields):
        field = known.get(asked.id) or PersonalField(product=product)
        _write(field, asked, position)
    after = [asked.label_en.strip() for asked in fields]
    _tell(product, "product.questions_set", {"questions": (before, after)}, by=by, at=at)


def _write(field: PersonalField, asked: Question, position: int) -> None:
    field.kind = PersonalField.CHOICE if asked.choices else PersonalField.TEXT
    field.label_en, field.label_pt = asked.label_en.strip(), asked.label_pt.strip()
    field.is_required, field.length_max = asked.is_required, asked.length_max
    field.choices = [{"value": value, "value_pt": words} for value, words in asked.choices]
    field.extra_cents, field.position = asked.extra_cents, position
    field.save()


def _refuse_questions(fields: Sequence[Question], known: dict[int, PersonalField]) -> None:
    if len(fields) > FIELDS_MAX:
        words = ngettext(
            "Ask up to %(count)d question.", "Ask up to %(count)d questions.", FIELDS_MAX
        )
        raise BadMaking(words % {"count": FIELDS_MAX})
    ids = [asked.id for asked in fields if asked.id]
    if len(set(ids)) < len(ids) or not set(ids) <= set(known):
        raise BadMaking(_("A question was changed meanwhile. Please look once more."))
    labels = [asked.label_en.strip().casefold() for asked in fields]
    if len(set(labels)) < len(labels):
        raise BadMaking(_("Two questions have the same words."))
    for asked in fields:
        _refuse_question(asked)


def _refuse_question(asked: Question) -> None:
    label = {"label": asked.label_en.strip()}
    if not label["label"] or len(label["label"]) > LABEL_MAX or len(asked.label_pt) > LABEL_MAX:
        raise BadMaking(_("A question has 1 to 60 characters."))
    if not 1 <= asked.length_max <= LENGTH_MAX:
        raise BadMaking(_("%(label)s: an answer has 1 to 200 characters.") % label)
    if not 0 <= asked.extra_cents <= EXTRA_MAX_CENTS:
        raise BadMaking(_("%(label)s: it adds 0 to 10,000 euros.") % label)
    values = [value for value, _words in asked.choices]
    plain = all(value == " ".join(value.split()) and 1 <= len(value) <= 80 for value in values)
    if not plain or len(set(values)) < len(values) or len(values) > CHOICES_MAX:
        raise BadMaking(_("%(label)s: give up to 30 different choices, none empty.") % label)


@transaction.atomic
def set_making(
    product_id: int,
    *,
    is_made_to_order: bool,
    days_min: int,
    days_max: int,
    by: str,
    at: datetime,
) -> None:
    """Make a piece to order from now on, or sell it from stock again.

    `days_min` and `days_max` are the working days until it leaves. What orders hold stays what
    it was when they were placed. Locks the piece. Raises BadMaking.
    """
    product = lock_piece(product_id)
    if not 1 <= days_min <= days_max <= DAYS_MAX:
        raise BadMaking(_("Making takes 1 to 120 working days, the longest last."))
    if is_made_to_order and product.is_one_of_a_kind:
        raise BadMaking(_("There is only one of this piece: it cannot be made to order."))
    wished = {
        "is_made_to_order": is_made_to_order,
        "making_days_min": days_min,
        "making_days_max": days_max,
    }
    if is_made_to_order:
        Workload.objects.get_or_create(maker_id=product.maker_id)
    _change(product, wished, "product.making_set", by=by, at=at)


@transaction.atomic
def set_one_of_a_kind(product_id: int, *, is_one: bool, by: str, at: datetime) -> None:
    """Say that there is only this one piece, or that there are more. Locks piece and stock.

    Raises BadMaking for a piece in several variants, of which there are several, or made to order.
    """
    product = lock_piece(product_id)
    if is_one:
        _refuse_as_only_one(product)
    _change(product, {"is_one_of_a_kind": is_one}, "product.one_of_a_kind_set", by=by, at=at)


def _refuse_as_only_one(product: Product) -> None:
    stocks = Stock.objects.filter(variant__product=product, variant__is_offered=True).order_by("pk")
    rows = list(stocks.select_for_update(of=("self",), no_key=True))
    if product.is_made_to_order:
        raise BadMaking(_("This piece is made to order: there is more than one."))
    if len(rows) > 1:
        raise BadMaking(_("A piece in several variants cannot be the only one."))
    if any(row.on_hand > 1 for row in rows):
        raise BadMaking(_("There is more than one of it on hand."))


def _change(
    product: Product, wished: dict[str, Any], action: str, *, by: str, at: datetime
) -> None:
    changes = {
        name: (getattr(product, name), value)
        for name, value in wished.items()
        if getattr(product, name) != value
    }
    if not changes:
        return
    for name, value in wished.items():
        setattr(product, name, value)
    product.save(update_fields=list(wished))
    _tell(product, action, changes, by=by, at=at)


def _tell(
    product: Product, action: str, changes: dict[str, tuple[Any, Any]], *, by: str, at: datetime
) -> None:
    record(action, product, by=by, at=at, maker=product.maker_id, changes=changes)
    index_pieces([product.pk])


@transaction.atomic
def set_capacity(maker_id: int, per_week: int | None, *, by: str, at: datetime) -> None:
    """Take on so many made-to-order pieces a week from now on; None for no bound.

    What this week has taken stays counted. Locks the workload. Raises BadMaking.
    """
    if per_week is not None and not 0 <= per_week <= PER_WEEK_MAX:
        raise BadMaking(_("A week has room for 0 to 1,000 pieces."))
    Workload.objects.get_or_create(maker_id=maker_id)
    load = Workload.objects.select_for_update().get(pk=maker_id)
    if load.per_week == per_week:
        return
    changes = {"per_week": (load.per_week, per_week)}
    Workload.objects.filter(pk=maker_id).update(per_week=per_week)
    subject = f"maker:{maker_id}"
    record("maker.capacity_set", subject, by=by, at=at, maker=maker_id, changes=changes)
    made = Product.objects.filter(maker=maker_id, is_made_to_order=True).order_by("pk")
    index_pieces(made.values_list("pk", flat=True))
