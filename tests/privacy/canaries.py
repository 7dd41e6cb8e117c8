"""One person with something in every place that holds a person, and a search of the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import Consent, Invitation, Maker, Membership, ShopDraft, User
from catalog.models import (
    Follow,
    Import,
    ReviewPicture,
    ReviewReport,
    ReviewVote,
    SavedList,
    SavedPiece,
    StockAlert,
    Upload,
)
from makers_market.core.audit_log import personal, record
from notifications.models import Mail
from orders import services as orders
from orders.models import Basket, Order, Shipment
from payments.models import Operation, Payment, Refund
from payments.services.operating import write_operation
from payments.services.starting import session_params
from tests import factories

CANARY, OTHER, SECRET = "zqcanary", "zqother", "zqsecret"
EMAIL = f"{CANARY}@example.com"
# A documentation address (RFC 5737), kept in a column of PostgreSQL's own type.
IP = "198.51.100.77"


@dataclass
class Life:
    """A person who has left a trace everywhere, and a bystander who is nobody's business."""

    user: User
    other: User
    shop: Maker
    orders: list[Order]


def live(at: datetime) -> Life:
    """Fill every holding with rows of one person; everything of theirs is settled."""
    user = factories.user(EMAIL, name=f"{CANARY} Name", last_login=at)
    user.set_password(SECRET)
    user.save()
    other = factories.user(f"{OTHER}@example.com", name=f"{OTHER} Name")
    shop = _workshops(user, other, at)
    _sign_ins(user, at)
    _wishes(user, shop, at)
    made = _orders(user, at)
    _others_order(other, at)
    _reviews(user, made, at)
    for order in made:
        _money(order, at)
        _mails(order, at)
    _account_mails(at)
    ProcrastinateJob.objects.all().delete()  # as if the worker had done with them
    return Life(user, other, shop, made)


def _workshops(user: User, other: User, at: datetime) -> Maker:
    words = dict.fromkeys(("story", "quote", "announcement", "policies"), f"{CANARY} says")
    shop = factories.maker(
        "closed-shop", members=[user], status=Maker.CLOSED, is_open=False,
        first_name=CANARY, place=CANARY, **words,
    )  # fmt: skip
    ShopDraft.objects.create(
        maker=shop, fields={"story": f"{CANARY} drafts"}, changed_at=at, changed_by="user:1"
    )
    elsewhere = factories.maker("elsewhere", members=[other])
    Membership.objects.create(maker=elsewhere, user=user, role="packer")
    dates = {"invited_at": at, "expires_at": at + timedelta(days=7)}
    Invitation.objects.create(maker=elsewhere, email=EMAIL, role="writer", **dates)
    Invitation.objects.create(
        maker=shop, email=other.email, role="packer", invited_by=user, **dates
    )
    Upload.objects.create(
        maker=shop, digest="d" * 32, uploaded_at=at, uploaded_by=f"user:{user.pk}"
    )
    Import.objects.create(maker=shop, digest="d" * 32, sent_at=at, sent_by=f"user:{user.pk}")
    return shop


def _wishes(user: User, shop: Maker, at: datetime) -> None:
    piece = factories.variant()
    kept = SavedList.objects.create(user=user, created_at=at)
    SavedPiece.objects.create(saved_list=kept, product=piece.product, at=at)
    Follow.objects.create(user=user, maker=shop, at=at, told_until=at)
    StockAlert.objects.create(variant=piece, email=EMAIL, language="en", asked_at=at)


def _reviews(user: User, made: list[Order], at: datetime) -> None:
    """A review of each order, the account's and the guest's, with a picture; a vote, a report."""
    for number, order in enumerate(made):
        line = order.lines.get()
        said = factories.review(
            line.variant.product, name=f"{CANARY} signed", purchase=f"line:{line.pk}",
            buyer_id=order.user_id,
        )  # fmt: skip
        ReviewPicture.objects.create(review=said, digest=f"{number}" * 32, position=0)
    others = factories.review(factories.product())
    ReviewVote.objects.create(review=others, user=user, at=at)
    ReviewReport.objects.create(
        review=others, reporter=f"user:{user.pk}", reason="rude", note=f"{CANARY} note", at=at
    )


def _sign_ins(user: User, at: datetime) -> None:
    address = EmailAddress.objects.get(user=user)
    EmailConfirmation.objects.create(email_address=address, key=SECRET, sent=at)
    app = SocialApp.objects.create(provider="google", name="Google", client_id="x")
    account = SocialAccount.objects.create(
        user=user, provider="google", uid=f"{CANARY}-sub", extra_data={"name": CANARY}
    )
    SocialToken.objects.create(app=app, account=account, token=SECRET)
    kind = Authenticator.Type
    data = {"name": f"{CANARY} key", "credential": SECRET}
    Authenticator.objects.create(user=user, type=kind.WEBAUTHN, data=data)
    Authenticator.objects.create(user=user, type=kind.TOTP, data={"secret": SECRET})
    store = SessionStore()
    store["_auth_user_id"] = str(user.pk)
    store["checkout"] = {"address": {"email": EMAIL, "street": f"{CANARY} typed"}}
    store.create()
    UserSession.objects.create(
        user=user, ip=IP, user_agent=f"{CANARY} browser", session_key=store.session_key
    )
    group = Group.objects.create(name="group")
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.first())
    LogEntry.objects.create(
        user=user, content_type=ContentType.objects.first(), object_id="1", action_flag=CHANGE,
        object_repr=CANARY,
    )  # fmt: skip
    Consent.objects.create(
        user=user, kind="terms", version="1", is_given=True, source="signup", at=at
    )
    digests = (personal(""), personal(EMAIL))
    record("account.joined", user, by=f"user:{user.pk}", at=at, changes={"email": digests})


def _orders(user: User, at: datetime) -> list[Order]:
    """Two settled orders: one of the account, one as a guest with the address in capitals."""
    buyers = [
        factories.buyer(email=f"{CANARY}-work@example.com", name=f"{CANARY} N", user=user),
        factories.buyer(email=EMAIL.upper(), name=f"{CANARY} guest"),
    ]
    street = factories.delivery(
        street=f"{CANARY} Street 1", city=f"{CANARY} city", postcode="1200-ZQC", phone="+351900zqc"
    )
    made = [factories.place(_engraved(), buyer=buyer, delivery=street, at=at) for buyer in buyers]
    for order in made:
        orders.mark_paid(order.pk, at=at)
        order.basket.user = user
        order.basket.save()
        Shipment.objects.filter(order=order).update(status=Shipment.DELIVERED)
    return made


def _engraved() -> Basket:
    """Put a piece into a basket that says a name."""
    piece = factories.variant()
    said = {factories.personal(piece).input_name: f"{CANARY} for ever"}
    return orders.add_to_basket(None, sku=piece.sku, quantity=1, raw=said)


def _others_order(other: User, at: datetime) -> Order:
    """Let a bystander order with our person's address: that order is the bystander's."""
    order = factories.order(buyer=factories.buyer(email=EMAIL, name=f"{OTHER} N", user=other))
    orders.mark_paid(order.pk, at=at)
    Shipment.objects.filter(order=order).update(status=Shipment.DELIVERED)
    return order


def _money(order: Order, at: datetime) -> None:
    payment = Payment.objects.create(
        order=order, attempt=1, status=Payment.SUCCEEDED, amount_cents=order.total_cents,
        captured_cents=order.total_cents, session_url=f"https://pay.example/{CANARY}",
        session_id=f"cs_{uuid4().hex}", expires_at=at, created_at=at,
    )  # fmt: skip
    done = {"state": Operation.DONE, "provider_id": f"cs_{uuid4().hex}"}
    operation = write_operation(
        Operation.OPEN_SESSION, f"payment:{payment.uuid}", session_params(payment), attempt=1, at=at
    )
    Operation.objects.filter(pk=operation.pk).update(**done)
    refund = Refund.objects.create(
        payment=payment, amount_cents=100, reason="chipped", token=uuid4().hex,
        status=Refund.SUCCEEDED, requested_at=at,
    )  # fmt: skip
    operation = write_operation(
        Operation.REFUND, f"refund:{refund.uuid}", {"amount": 100}, attempt=1, at=at
    )
    Operation.objects.filter(pk=operation.pk).update(**done | {"provider_id": uuid4().hex})


def _mails(order: Order, at: datetime) -> None:
    """Mails that were sent: to the person, and to the maker about the person's parcel."""
    shipment = order.shipments.get()
    words = {"text": f"Dear {CANARY}", "html": f"<p>{CANARY}</p>", "to": [order.email]}
    sent = {"language": "en", "state": Mail.SENT, "provider_id": "re_1", "created_at": at}
    Mail.objects.create(
        kind="order_paid", subject=f"order:{order.uuid}", recipient=order.email, content=words,
        **sent,
    )  # fmt: skip
    Mail.objects.create(
        kind="shipment_new", subject=f"shipment:{shipment.uuid}", content=words,
        recipient=f"{OTHER}-maker@example.com", **sent,
    )  # fmt: skip


def _account_mails(at: datetime) -> None:
    """A mail to the address the account had before, and one with which somebody was invited."""
    sent = {"language": "en", "state": Mail.SENT, "provider_id": "re_1", "created_at": at}
    Mail.objects.create(
        kind="email_changed", subject=f"account:{uuid4()}", recipient=f"{CANARY}-old@example.com",
        content={"text": f"Your account moved to {EMAIL}"}, **sent,
    )  # fmt: skip
    invited = Invitation.objects.get(invited_by__email=EMAIL)
    Mail.objects.create(
        kind="member_invited", subject=f"invitation:{invited.pk}", recipient=invited.email,
        content={"text": f"{CANARY} asks you"}, **sent,
    )  # fmt: skip


COLUMNS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
AND c.data_type NOT IN ('bigint', 'integer', 'smallint', 'boolean', 'uuid')
"""


def places_of(*words: str) -> set[str]:
    """Search every column of every table, sessions opened; gives "table.column" where one is."""
    pattern = "|".join(words)
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column in cursor.fetchall():
            query = f'SELECT 1 FROM "{table}" WHERE "{column}"::text ~* %s LIMIT 1'
            cursor.execute(query, [pattern])
            if cursor.fetchone():
                found.add(f"{table}.{column}")
    for session in Session.objects.all():
        opened: Any = SessionStore().decode(session.session_data)
        if any(word.lower() in str(opened).lower() for word in words):
            found.add("django_session.session_data")
    return found
