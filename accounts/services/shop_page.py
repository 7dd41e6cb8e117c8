"""The shop page: its words wait in a draft until they are published; prices change at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker, ShopDraft, ShopSection
from accounts.queries import DRAFTED, SHOP_WORDS
from accounts.services.applying import locked
from accounts.signals import maker_renamed
from accounts.tax_numbers import is_tax_number
from makers_market.core.audit_log import personal, record
from makers_market.core.errors import Refusal

DELIVERY_CENTS_MAX = 200_00
POSTS_WITHIN_DAYS_MAX = 60
SECTIONS_MAX = 20


class ChangedElsewhere(Refusal):
    """Somebody, or another window of the same person, changed the draft meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("The page was changed in another window. Look at it again first."))


class BeingReviewed(Refusal):
    """What an operator is reading stays as it is."""


class OddDelivery(Refusal):
    """A delivery price or posting time is out of its bounds."""


class OddSeller(Refusal):
    """A seller by law has a name, an address and a tax number that can be one."""


class OddSection(Refusal):
    """The section has no name, the name of another, or is one too many."""


@transaction.atomic
def save_shop_page(
    maker_id: int, words: Mapping[str, str], *, seen: datetime | None, by: str, at: datetime
) -> None:
    """Keep new words of a shop page: in its draft, or at once while nobody can see the page.

    `words` maps names of SHOP_WORDS to text, anything else in it counts for nothing; `seen` is
    when the draft on the person's page was made, None for none. Raises ChangedElsewhere, and
    BeingReviewed while an application waits for its answer.
    """
    maker = _locked_unread(maker_id)
    told = {field: words[field] for field in SHOP_WORDS if field in words}
    if maker.status in (Maker.APPLYING, Maker.REJECTED):
        _change(maker, told, action="maker.page_changed", by=by, at=at)
    else:
        _keep(maker, told, seen=seen, by=by, at=at)


@transaction.atomic
def draft_banner(maker_id: int, banner: Mapping[str, Any] | None, *, by: str, at: datetime) -> None:
    """Keep a wide picture for a shop page as save_shop_page keeps its words.

    `banner` holds digest, width, height, widths and dominant, as Maker.banner does; None takes the
    picture off. It comes from a job, so it is added to whatever draft there is. Raises
    BeingReviewed.
    """
    told = {"banner": dict(banner) if banner else None}
    maker = _locked_unread(maker_id)
    if maker.status in (Maker.APPLYING, Maker.REJECTED):
        _change(maker, told, action="maker.page_changed", by=by, at=at)
        return
    draft = _draft_of(maker)
    _keep(maker, told, seen=draft.changed_at if draft else None, by=by, at=at)


@transaction.atomic
def publish_shop_page(maker_id: int, *, seen: datetime | None, by: str, at: datetime) -> None:
    """Put the draft on the shop page; without a draft it changes nothing, so twice is once.

    Raises ChangedElsewhere if the draft is another than the one that was seen.
    """
    maker = _locked_unread(maker_id)
    draft = _draft_of(maker)
    if draft is None:
        return
    if draft.changed_at != seen:
        raise ChangedElsewhere
    drafted = {field: draft.fields[field] for field in DRAFTED if field in draft.fields}
    _change(maker, drafted, action="maker.page_published", by=by, at=at)
    draft.delete()


@transaction.atomic
def discard_shop_draft(maker_id: int, *, seen: datetime | None, by: str, at: datetime) -> None:
    """Throw the draft away; raises ChangedElsewhere if it is another than the one seen."""
    maker = locked(maker_id)
    draft = _draft_of(maker)
    if draft is None:
        return
    if draft.changed_at != seen:
        raise ChangedElsewhere
    draft.delete()
    record("maker.draft_discarded", maker, by=by, at=at, maker=maker.pk)


@transaction.atomic
def set_delivery(
    maker_id: int,
    *,
    delivery_cents: int,
    abroad_cents: int | None,
    allows_collection: bool,
    posts_within_days: int,
    by: str,
    at: datetime,
) -> None:
    """Set a workshop's delivery prices (cents; no price abroad: posts in Portugal only) at once.

    Orders that are placed keep the price that they were placed at. Raises OddDelivery.
    """
    prices = [delivery_cents, *([] if abroad_cents is None else [abroad_cents])]
    if not all(0 <= price <= DELIVERY_CENTS_MAX for price in prices):
        raise OddDelivery(_("A delivery price is between €0.00 and €200.00."))
    if not 1 <= posts_within_days <= POSTS_WITHIN_DAYS_MAX:
        raise OddDelivery(_("Post within 1 to 60 working days."))
    fields = {
        "delivery_cents": delivery_cents,
        "delivery_abroad_cents": abroad_cents,
        "allows_collection": allows_collection,
        "posts_within_days": posts_within_days,
    }
    maker = _locked_unread(maker_id)
    _change(maker, fields, action="maker.delivery_set", by=by, at=at, says_always=True)


@transaction.atomic
def set_seller(
    maker_id: int, *, legal_name: str, legal_address: str, tax_number: str, by: str, at: datetime
) -> None:
    """Set who sells by law; the log keeps digests. Raises OddSeller or BeingReviewed."""
    if not (legal_name and legal_address and tax_number):
        raise OddSeller(_("Give the legal name, the address and the tax number."))
    maker = _locked_unread(maker_id)
    if tax_number != maker.tax_number and not is_tax_number(tax_number):
        raise OddSeller(_("This tax number has a wrong digit. Look at it again."))
    fields = {
        "legal_name": legal_name,
        "legal_address": legal_address,
        "tax_number": tax_number,
    }
    _change(maker, fields, action="maker.seller_set", by=by, at=at, is_personal=True)


@transaction.atomic
def add_section(maker_id: int, *, name_en: str, name_pt: str, by: str, at: datetime) -> ShopSection:
    """Add a section at the end of a shop page, at once; the same name again raises OddSection."""
    maker = locked(maker_id)
    sections = list(maker.sections.all())
    if len(sections) >= SECTIONS_MAX:
        raise OddSection(_("A shop page has 20 sections at most."))
    _refuse_used_name(sections, name_en)
    position = max((each.position for each in sections), default=0) + 1
    section = ShopSection.objects.create(
        maker=maker, name_en=name_en, name_pt=name_pt, position=position
    )
    changes = {"name": ("", name_en)}
    record("section.added", section, by=by, at=at, maker=maker.pk, changes=changes)
    return section


@transaction.atomic
def rename_section(
    maker_id: int, section_id: int, *, name_en: str, name_pt: str, by: str, at: datetime
) -> None:
    """Rename a section of this workshop; raises OddSection, or DoesNotExist for another's."""
    maker = locked(maker_id)
    section = maker.sections.get(pk=section_id)
    _refuse_used_name([each for each in maker.sections.all() if each != section], name_en)
    if (section.name_en, section.name_pt) == (name_en, name_pt):
        return
    changes = {"name": (section.name_en, name_en), "name_pt": (section.name_pt, name_pt)}
    section.name_en, section.name_pt = name_en, name_pt
    section.save(update_fields=["name_en", "name_pt"])
    record("section.renamed", section, by=by, at=at, maker=maker.pk, changes=changes)


@transaction.atomic
def move_section(maker_id: int, section_id: int, *, steps: int, by: str, at: datetime) -> None:
    """Move a section up (−1) or down (+1) among its neighbours; the ends stay where they are."""
    maker = locked(maker_id)
    sections = list(maker.sections.all())
    place = sections.index(maker.sections.get(pk=section_id))
    wished = min(max(place + steps, 0), len(sections) - 1)
    if wished == place:
        return
    section = sections.pop(place)
    sections.insert(wished, section)
    for position, each in enumerate(sections, start=1):
        each.position = position
    ShopSection.objects.bulk_update(sections, ["position"])
    changes = {"place": (place + 1, wished + 1)}
    record("section.moved", section, by=by, at=at, maker=maker.pk, changes=changes)


@transaction.atomic
def remove_section(maker_id: int, section_id: int, *, by: str, at: datetime) -> None:
    """Remove a section; its pieces stay on the page without one. DoesNotExist for another's."""
    maker = locked(maker_id)
    section = maker.sections.get(pk=section_id)
    changes = {"name": (section.name_en, "")}
    record("section.removed", section, by=by, at=at, maker=maker.pk, changes=changes)
    section.delete()


def _refuse_used_name(others: list[ShopSection], name: str) -> None:
    if not name.strip():
        raise OddSection(_("Give the section a name."))
    if any(each.name_en.casefold() == name.casefold() for each in others):
        raise OddSection(_("There is a section of this name already."))


def _locked_unread(maker_id: int) -> Maker:
    """Lock a workshop whose application nobody is reading; raises BeingReviewed."""
    maker = locked(maker_id)
    if maker.status == Maker.SUBMITTED:
        raise BeingReviewed(
            _("Your application is being read. Take it back first if you want to change it.")
        )
    return maker


def _draft_of(maker: Maker) -> ShopDraft | None:
    return ShopDraft.objects.filter(maker=maker).first()


def _keep(
    maker: Maker, told: Mapping[str, Any], *, seen: datetime | None, by: str, at: datetime
) -> None:
    """Write what differs from the page into the draft; a draft without difference is no draft."""
    draft = _draft_of(maker)
    before = draft.fields if draft else {}
    wished = {**before, **told}
    differs = {field: wished[field] for field in wished if wished[field] != getattr(maker, field)}
    if differs == before:
        return
    if (draft.changed_at if draft else None) != seen:
        raise ChangedElsewhere
    if differs:
        kept = {"fields": differs, "changed_at": at, "changed_by": by}
        ShopDraft.objects.update_or_create(maker=maker, defaults=kept)
    elif draft:
        draft.delete()
    record("maker.page_drafted", maker, by=by, at=at, maker=maker.pk)


def _change(
    maker: Maker,
    fields: Mapping[str, Any],
    *,
    action: str,
    by: str,
    at: datetime,
    is_personal: bool = False,
    says_always: bool = False,
) -> None:
    """Write fields of a workshop and the log entry; without a difference neither, unless told."""
    changes = {
        field: (getattr(maker, field), value)
        for field, value in fields.items()
        if getattr(maker, field) != value
    }
    if not changes and not says_always:
        return
    for field, (_before, after) in changes.items():
        setattr(maker, field, after)
    if changes:
        maker.save(update_fields=list(changes))
    if {"name", "place"} & changes.keys():
        maker_renamed.send(Maker, maker_id=maker.pk)
    if is_personal:
        changes = {field: (personal(old), personal(new)) for field, (old, new) in changes.items()}
    record(action, maker, by=by, at=at, maker=maker.pk, changes=changes)
