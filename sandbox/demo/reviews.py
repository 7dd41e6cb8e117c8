"""Reviews of the demo's pieces: written, answered and found helpful through the services."""

from datetime import timedelta
from typing import Any, TextIO

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from catalog import services as catalog
from catalog.models import Product, Review
from sandbox.demo import content
from sandbox.demo.people import LOGINS
from sandbox.demo.progress import Progress

# Every so many reviews one is answered; unhappy ones always are.
ANSWERED_EACH = 3
UNHAPPY = 3
# How many days lie between two of them.
DAYS_APART = 1.7


def review(out: TextIO) -> None:
    """Write the reviews that are missing; repeating it changes nothing."""
    said = content.read("content/reviews.json")
    rows = [(craft, row) for craft, rows in said["crafts"].items() for row in rows]
    voters = [login.email for login in LOGINS if login.role == "shopper"]
    users = list(User.objects.filter(email__in=voters).order_by("pk"))
    written = set(Review.objects.filter(purchase__startswith="demo:").values_list("purchase"))
    with Progress(out, "reviews", len(rows)) as progress:
        for number, (craft, row) in enumerate(progress.over(rows)):
            if (f"demo:{number}",) not in written:
                _write(number, craft, row, said, users)


@transaction.atomic
def _write(
    number: int, craft: str, row: dict[str, Any], said: dict[str, Any], users: list[User]
) -> None:
    product = _piece(craft, number)
    if product is None:
        return
    language = row["language"]
    names = said["names"][language]
    at = timezone.now() - timedelta(days=1 + DAYS_APART * (number * 37 % 113), minutes=number)
    opinion = catalog.Opinion(name=names[number * 5 % len(names)], **row)
    bought = catalog.Bought(f"demo:{number}", product.pk, _variant(product, number), None)
    review = catalog.write_review(bought, opinion, at=at)
    if row["stars"] <= UNHAPPY or number % ANSWERED_EACH == 0:
        replies = said["replies"][language]
        words = replies[1] if row["stars"] <= UNHAPPY else replies[number % 2 * 2]
        catalog.reply_to_review(
            product.maker_id, review.uuid, words, by="command", at=at + timedelta(days=1)
        )
    for user in users[: number * 7 % (len(users) + 2)]:
        catalog.toggle_vote(review.uuid, user_id=user.pk, at=at + timedelta(days=2))


def _piece(craft: str, number: int) -> Product | None:
    """Choose a piece of the craft: each in turn, and its newest every other time."""
    pieces = list(Product.objects.on_sale().filter(category__craft=craft).newest_first())
    if not pieces:
        return None
    return pieces[0 if number % 2 else number // 2 % len(pieces)]


def _variant(product: Product, number: int) -> str:
    titles = [variant.title for variant in product.sellable]
    return titles[number % len(titles)]
