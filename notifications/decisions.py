"""What the mails about decisions say: on a workshop, a piece, a change; and who is asked to join.

Their words are written when they are queued: an invitation may be gone a minute later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext

from accounts.models import Invitation, Maker, MakerMove, TeamRole
from accounts.queries import invitation_path
from catalog.models import Product, ProductMove, Revision, StockMovement
from makers_market.core.dates import moment
from notifications.models import Mail
from notifications.writing import Written, dress

Words = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """A kind of decision: which row it is about, who is told of it, and in which words."""

    model: type[Any]
    maker: Callable[[Any], Maker]
    words: Callable[[Any], Words]


@transaction.atomic
def queue_decision_mails(kind: str, row_id: int, *, at: datetime) -> list[int]:
    """Queue one mail to each person who must know; gives the ids of mails to send.

    None for a row that is gone. Raises KeyError for a kind that is not in `KINDS`.
    """
    told = KINDS[kind]
    row = told.model.objects.filter(pk=row_id).first()
    if row is None:
        return []
    subject = f"{told.model._meta.model_name}:{row.pk}"
    return [
        _queue(kind, row, subject=subject, recipient=recipient, language=language, at=at)
        for recipient, language in _recipients(told, row)
    ]


def write_decision(kind: str, row: Any, *, language: str) -> Written:
    """Write the mail about one decision in a language."""
    with translation.override(language):
        words = KINDS[kind].words(row)
        words["subject"] = " ".join(words["subject"].split())
        return dress("decision", words, language=language)


def _recipients(told: Told, row: Any) -> list[tuple[str, str]]:
    """Give (address, language) of who is invited, or else of the workshop's owners."""
    if isinstance(row, Invitation):
        asker = row.invited_by
        return [(row.email, asker.language if asker else settings.LANGUAGE_CODE)]
    owners = told.maker(row).memberships.filter(role=TeamRole.OWNER, user__is_active=True)
    return list(owners.order_by("user_id").values_list("user__email", "user__language"))


def _queue(
    kind: str, row: Any, *, subject: str, recipient: str, language: str, at: datetime
) -> int:
    written = write_decision(kind, row, language=language)
    mail, _created = Mail.objects.get_or_create(
        kind=kind,
        subject=subject,
        recipient=recipient,
        defaults={"language": language, "created_at": at, "content": written.to(recipient)},
    )
    return mail.pk


def _to(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _in_workshop(why: str, **words: Any) -> Words:
    """Add to a mail's words the way into the workshop and the moderator's reason."""
    to_workshop = {
        "button": gettext("Open your workshop"),
        "button_url": _to(reverse("workshop:index")),
        "reason": why,
    }
    return to_workshop | words


def _maker_decided(move: MakerMove) -> Words:
    shop = {"shop": move.subject.name}
    if move.to_status == Maker.REJECTED:
        return _in_workshop(
            move.why,
            subject=gettext("Not accepted yet: your application for %(shop)s") % shop,
            heading=gettext("We cannot accept %(shop)s as it is") % shop,
            lead=gettext(
                "A person looked at your application. Read the reason, change what it names and"
                " send your application in again."
            ),
        )
    if move.to_status == Maker.SUSPENDED:
        return _in_workshop(
            move.why,
            subject=gettext("Suspended: %(shop)s is off the market") % shop,
            heading=gettext("%(shop)s is off the market") % shop,
            lead=gettext(
                "Nobody can see or buy its pieces for now. Please post the parcels that are"
                " already paid for."
            ),
        )
    return _maker_opened(move, shop)


def _maker_opened(move: MakerMove, shop: dict[str, str]) -> Words:
    if move.from_status == Maker.SUSPENDED:
        return _in_workshop(
            move.why,
            subject=gettext("Open again: %(shop)s") % shop,
            heading=gettext("%(shop)s is open again") % shop,
            lead=gettext("Your shop and its pieces are back on the market."),
        )
    return _in_workshop(
        move.why,
        subject=gettext("Accepted: %(shop)s is open") % shop,
        heading=gettext("Welcome, %(name)s. Your shop is open.")
        % {"name": move.subject.first_name},
        lead=gettext(
            "Your application for %(shop)s was accepted. Send your first piece in for review and it"
            " goes on sale."
        )
        % shop,
    )


def _product_decided(move: ProductMove) -> Words:
    piece = {"title": move.subject.title}
    if move.to_status == Product.LIVE:
        return _in_workshop(
            move.why,
            subject=gettext("On sale: %(title)s") % piece,
            heading=gettext("%(title)s is on sale") % piece,
            lead=gettext("A person looked at it, and shoppers can buy it now."),
            button=gettext("See it in the shop"),
            button_url=_to(move.subject.get_absolute_url()),
        )
    return _in_workshop(
        move.why,
        subject=gettext("Sent back: %(title)s") % piece,
        heading=gettext("%(title)s needs a change first") % piece,
        lead=gettext("Read the reason, change what it names and send the piece in again."),
    )


def _revision_decided(revision: Revision) -> Words:
    product = revision.product
    piece = {"title": product.title}
    if revision.state == Revision.APPROVED:
        return _in_workshop(
            revision.reason,
            subject=gettext("Shown now: your changes to %(title)s") % piece,
            heading=gettext("Shoppers see your changes to %(title)s") % piece,
            lead=gettext("A person looked at them, and the page shows them now."),
            button=gettext("See it in the shop"),
            button_url=_to(product.get_absolute_url()),
        )
    return _in_workshop(
        revision.reason,
        subject=gettext("Not shown: your changes to %(title)s") % piece,
        heading=gettext("Your changes to %(title)s were not accepted") % piece,
        lead=gettext(
            "The piece stays on sale as it was. Read the reason, and change it again if you like."
        ),
    )


def _member_invited(invitation: Invitation) -> Words:
    asker = invitation.invited_by
    words = {"shop": invitation.maker.name, "asker": (asker.name if asker else "")}
    lead = gettext("%(asker)s asks you to work in %(shop)s on our market.")
    anonymous = gettext("You are asked to work in %(shop)s on our market.")
    return {
        "subject": gettext("Join %(shop)s") % words,
        "heading": gettext("Join %(shop)s") % words,
        "lead": (lead if words["asker"] else anonymous) % words,
        "button": gettext("Look at the invitation"),
        "button_url": _to(invitation_path(invitation)),
        "facts": [
            (gettext("What you would do"), invitation.get_role_display()),
            (gettext("Open until"), moment(invitation.expires_at)),
        ],
        "note": gettext("You do not know this shop? Then do nothing."),
    }


def _stock_low(movement: StockMovement) -> Words:
    variant = movement.variant
    piece = {"title": str(variant), "count": variant.stock.on_hand}
    return _in_workshop(
        "",
        subject=gettext("Running low: %(title)s") % piece,
        heading=ngettext(
            "%(count)d left of %(title)s", "%(count)d left of %(title)s", variant.stock.on_hand
        )
        % piece,
        lead=gettext(
            "Write down what you finish in the meantime, and shoppers can go on buying it. We"
            " write again only after there were more."
        ),
        button=gettext("Open its stock"),
        button_url=_to(reverse("workshop:catalog_stock_change", args=[variant.pk])),
    )


KINDS: dict[str, Told] = {
    "maker_decided": Told(MakerMove, lambda move: move.subject, _maker_decided),
    "product_decided": Told(ProductMove, lambda move: move.subject.maker, _product_decided),
    "revision_decided": Told(Revision, lambda change: change.product.maker, _revision_decided),
    "stock_low": Told(StockMovement, lambda moved: moved.variant.product.maker, _stock_low),
    "member_invited": Told(Invitation, lambda asked: asked.maker, _member_invited),
}
