"""What mails hold of a person."""

from typing import Any

from django.db.models import Case, Q, TextField, Value, When
from django.db.models.functions import Cast, Lower

from accounts.models import Invitation
from makers_market.core.privacy import (
    File,
    Holding,
    Person,
    Rows,
    erased_email,
    fields_of,
    holds,
    named,
)
from notifications.models import Mail
from orders.models import Shipment
from orders.privacy import orders_of
from payments.models import Refund


def _about(person: Person) -> Q:
    """Match mails about a person's orders, parcels and refunds, whoever got them."""
    orders = orders_of(person)
    keys = orders.values("pk")
    return (
        Q(subject__in=named("order", orders))
        | Q(subject__in=named("shipment", Shipment.objects.filter(order__in=keys)))
        | Q(subject__in=named("refund", Refund.objects.filter(payment__order__in=keys)))
        | Q(subject__in=_invitations_of(person))
    )


def _invitations_of(person: Person) -> list[str]:
    sent_or_got = Q(invited_by=person.user_id) | Q(email__in=person.emails)
    keys = Invitation.objects.filter(sent_or_got).values_list("pk", flat=True)
    return [f"invitation:{pk}" for pk in keys]


def _to(person: Person) -> Q:
    """Match mails to a person: to a proven address, or about an order to the address it has."""
    of_orders = _about(person) & Q(recipient__in=orders_of(person).values("email"))
    return Q(recipient_in_lower__in=person.emails) | of_orders


def _naming(person: Person) -> Q:
    """Match account mails that name a proven address, sent to one that was given up since."""
    naming = Q(pk=None)
    for email in person.emails:
        naming |= Q(subject__startswith="account:", words__icontains=email)
    return naming


def _mails() -> Rows:
    return Mail.objects.annotate(recipient_in_lower=Lower("recipient")).order_by("pk")


def _to_erase(person: Person) -> Rows:
    theirs = _to(person) | _naming(person)
    rows = _mails().annotate(words=Cast("content", TextField()))
    rows = rows.annotate(is_theirs=Case(When(theirs, then=Value(True)), default=Value(False)))
    return rows.filter(theirs | _about(person))


def _files(mail: Mail) -> list[File]:
    """Give the words of a mail as it was read, where they are still kept; never a code."""
    if not mail.content or mail.is_secret:
        return []
    name = f"{mail.created_at:%Y-%m-%d}-{mail.kind}-{mail.pk}"
    kinds = {"txt": "text", "html": "html"}
    return [
        (f"{name}.{ending}", str(mail.content[part]).encode())
        for ending, part in kinds.items()
        if mail.content.get(part)
    ]


def _without_person(mail: Any, _person: Person) -> dict[str, Any]:
    """Wipe the words, send what was not sent no more; a mail to the person forgets to whom."""
    changes: dict[str, Any] = {"content": None, "last_error": ""}
    if mail.state != Mail.SENT:
        changes |= {"state": Mail.REFUSED, "last_error": "erased"}
    if mail.is_theirs:
        changes["recipient"] = erased_email(mail.uuid)
    return changes


holds(
    Holding(
        model=Mail,
        kind="mails",
        find=lambda person: _mails().filter(_to(person)),
        show=lambda mail, _person: fields_of(
            mail, "kind", "recipient", "language", "state", "created_at", "sent_at"
        ),
        files=_files,
        to_erase=_to_erase,
        blanks=_without_person,
        keeps="That a mail of some kind was sent, and when; neither its words nor to whom.",
    )
)
