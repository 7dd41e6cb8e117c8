"""What Ada keeps an eye on in the demo shop: saved pieces, followed makers, one to come back."""

from datetime import timedelta
from typing import TextIO

from django.utils import timezone

from accounts.models import Maker, User
from catalog import services as catalog
from catalog.models import Follow, Product, SavedList, StockAlert, Variant
from sandbox.demo import content
from sandbox.demo.progress import Progress


def wish(out: TextIO) -> None:
    """Save, follow and ask as Ada would, once; what she takes back later stays taken back."""
    wishes = content.read("content/wishes.json")
    ada = User.objects.filter(email=wishes["who"]).first()
    with Progress(out, "wishes", 3) as progress:
        for key, begin in progress.over([("saved", _save), ("follows", _follow), ("alerts", _ask)]):
            if ada is not None:
                begin(ada, wishes[key])


def _save(ada: User, slugs: list[str]) -> None:
    """Save the pieces in turn, a minute apart: the last one comes first in the list."""
    if SavedList.objects.filter(user=ada).exists():
        return
    begun = timezone.now() - timedelta(minutes=len(slugs))
    pieces = Product.objects.in_bulk(slugs, field_name="slug")
    kept = None
    for minutes, slug in enumerate(slugs):
        if slug in pieces:
            at = begun + timedelta(minutes=minutes)
            kept = catalog.save_piece(kept, pieces[slug], user=ada, at=at)


def _follow(ada: User, slugs: list[str]) -> None:
    """Follow since two weeks ago, so that there is news."""
    if Follow.objects.filter(user=ada).exists():
        return
    makers = Maker.objects.in_bulk(slugs, field_name="slug")
    for slug in slugs:
        if slug in makers:
            catalog.follow_maker(ada, makers[slug], at=timezone.now() - timedelta(days=14))


def _ask(ada: User, skus: list[str]) -> None:
    for variant in Variant.objects.filter(sku__in=skus):
        if not StockAlert.objects.filter(variant=variant).exists():
            catalog.ask_for_alert(
                variant, email=ada.email, language=ada.language, user=ada, at=timezone.now()
            )
