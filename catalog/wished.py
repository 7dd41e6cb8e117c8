"""What a visitor keeps an eye on: their marks, the pieces they saved, the makers they follow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet, Value

from accounts.models import User
from catalog.models import Follow, Listing, SavedList, SavedPiece
from catalog.queries import ForgedCursor

CURSOR_SALT = "catalog.wished"
DIGEST_SALT = "catalog.digest"
ALERTS_SALT = "catalog.alerts"
SHELF = 24


@dataclass(frozen=True)
class Marks:
    """The slugs that pages mark as saved and as followed; a guest follows nobody (None)."""

    saved: list[str]
    follows: list[str] | None


def marks_of(user: User | None, guests: UUID | None) -> Marks:
    """Give the marks of an account, or of a guest's list, in one query; without either in none."""
    pieces = SavedPiece.objects.order_by().values_list(Value("saved"), "product__slug")
    if user is None:
        own = pieces.filter(saved_list__uuid=guests, saved_list__user=None) if guests else []
        return Marks([slug for _kind, slug in own], None)
    follows = Follow.objects.filter(user=user).order_by()
    rows = pieces.filter(saved_list__user=user).union(
        follows.values_list(Value("follows"), "maker__slug"), all=True
    )
    found: dict[str, list[str]] = {"saved": [], "follows": []}
    for kind, slug in rows.order_by():
        found[kind].append(slug)
    return Marks(found["saved"], found["follows"])


@dataclass(frozen=True)
class Shelf:
    """One page of pieces by id, in order, and the cursor of the next page."""

    ids: list[int]
    next_cursor: str | None


def saved_pieces(saved_list: SavedList | None, *, after: str = "") -> Shelf:
    """Give the pieces of a list, the last saved first; raises ForgedCursor."""
    rows = SavedPiece.objects.filter(saved_list=saved_list, saved_list__isnull=False)
    return _shelf(rows, "at", "pk", "product_id", after=after)


def news_of(user: User, *, after: str = "") -> Shelf:
    """Give the pieces on sale of the makers a person follows, newest first; raises ForgedCursor."""
    followed = Follow.objects.filter(user=user).values("maker")
    rows = Listing.objects.on_sale().filter(maker__in=followed)
    return _shelf(rows, "published_at", "pk", "pk", after=after)


def _shelf(rows: QuerySet[Any], at: str, key: str, piece: str, *, after: str) -> Shelf:
    """Give the rows behind a cursor, newest first; it costs the same at any depth."""
    if after:
        seen_at, seen = _read(after)
        rows = rows.filter(Q(**{f"{at}__lt": seen_at}) | Q(**{at: seen_at, f"{key}__lt": seen}))
    found = list(rows.order_by(f"-{at}", f"-{key}").values_list(at, key, piece)[: SHELF + 1])
    page = found[:SHELF]
    cursor = None
    if len(found) > SHELF:
        last_at, last, _piece = page[-1]
        cursor = signing.dumps([last_at.isoformat(), last], salt=CURSOR_SALT)
    return Shelf([piece for _at, _key, piece in page], cursor)


def _read(cursor: str) -> tuple[datetime, int]:
    try:
        at, key = signing.loads(cursor, salt=CURSOR_SALT)
    except signing.BadSignature as error:
        raise ForgedCursor from error
    return datetime.fromisoformat(at), int(key)


def follows_of(user: User) -> list[Follow]:
    """Give whom a person follows, the last first, each with its open or closed maker."""
    return list(Follow.objects.filter(user=user).select_related("maker"))


def digest_token(user_id: int) -> str:
    """Sign whose weekly mail a link ends; the link works for as long as the mail is kept."""
    return signing.dumps(user_id, salt=DIGEST_SALT)


def reader_of(token: str) -> int | None:
    """Give whose weekly mail a link ends; None for a forged one."""
    return cast(int | None, _opened(token, DIGEST_SALT))


def alerts_token(email: str) -> str:
    """Sign which address's alerts a link ends."""
    return signing.dumps(email, salt=ALERTS_SALT)


def waiter_of(token: str) -> str | None:
    """Give which address's alerts a link ends; None for a forged one."""
    return cast(str | None, _opened(token, ALERTS_SALT))


def _opened(token: str, salt: str) -> Any:
    try:
        return signing.loads(token, salt=salt)
    except signing.BadSignature:
        return None
