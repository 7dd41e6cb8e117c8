"""What buyers say of a piece that reached them, and what its maker answers."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker
from catalog.models.pictures import Upload
from catalog.models.products import Product
from makers_market.core.pictures import WidePicture


class Review(models.Model):
    """One review of one bought line; `purchase` names the line ("line:<id>") and allows no second.

    `stars` is for the piece, `maker_stars` for how its maker sold and sent it. The author signs
    with `author_name`; `author` is None for a guest, and for somebody who has left.
    """

    SHOWN, HIDDEN = "shown", "hidden"
    STATES = [(SHOWN, _("Shown")), (HIDDEN, _("Hidden"))]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="reviews")
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="reviews")
    purchase = models.CharField(max_length=64, unique=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="reviews"
    )
    author_name = models.CharField(max_length=60)
    variant_title = models.CharField(max_length=200, blank=True)
    stars = models.PositiveSmallIntegerField(_("stars for the piece"))
    maker_stars = models.PositiveSmallIntegerField(_("stars for the maker"))
    title = models.CharField(_("in a few words"), max_length=80, blank=True)
    words = models.TextField(_("review"), max_length=2000, blank=True)
    language = models.CharField(max_length=5)
    state = models.CharField(_("status"), max_length=8, choices=STATES, default=SHOWN)
    hidden_why = models.CharField(max_length=200, blank=True, default="", db_default="")
    helpful_count = models.PositiveIntegerField(default=0)
    reply = models.TextField(_("reply"), max_length=2000, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField()

    pictures: Any

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-written_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stars__range=(1, 5)) & Q(maker_stars__range=(1, 5)),
                name="review_one_to_five_stars",
            ),
            models.CheckConstraint(
                condition=Q(reply="", replied_at=None) | ~Q(reply="") & Q(replied_at__isnull=False),
                name="review_reply_has_date",
            ),
        ]
        indexes = [
            models.Index(
                fields=["product", "-helpful_count", "-written_at"],
                name="review_of_piece",
                condition=Q(state="shown"),
            ),
            models.Index(fields=["maker", "-written_at"], name="review_of_maker"),
        ]

    def __str__(self) -> str:
        return f"{self.stars} stars for {self.product_id}"

    @property
    def signed(self) -> str:
        """The name under it; who has left keeps none."""
        return self.author_name or gettext("A shopper")

    @property
    def is_bought(self) -> bool:
        """Whether a sale stands behind it: a line of an order, or one that the demo pretends."""
        return self.purchase.partition(":")[0] in {"line", "demo"}


class ReviewPicture(models.Model):
    """A picture in a review: its original is private; a job makes what pages show of it.

    `facts` holds width, height, widths and dominant once it is ready.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="pictures")
    digest = models.CharField(max_length=32)
    state = models.CharField(max_length=8, choices=Upload.STATES, default=Upload.WAITING)
    facts: Any = models.JSONField(default=dict, blank=True)
    refusal = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "position"], name="review_picture_place_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.digest} {self.state}"

    @property
    def shown(self) -> WidePicture:
        """The picture as {% picture %} shows it; only of one that is ready."""
        return WidePicture(self.digest, **self.facts)


class ReviewVote(models.Model):
    """Somebody found a review helpful, once."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "user"], name="review_vote_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.review_id}"


class ReviewReport(models.Model):
    """Somebody asks a moderator to look at a review; decided once, for all who asked."""

    RUDE, UNTRUE, PRIVATE, ADVERT = "rude", "untrue", "private", "advert"
    REASONS = [
        (RUDE, _("It insults somebody")),
        (UNTRUE, _("It is not about this piece")),
        (PRIVATE, _("It tells something private")),
        (ADVERT, _("It is an advertisement")),
    ]

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="reports")
    # "user:<id>", or the keyed digest of a guest's address.
    reporter = models.CharField(max_length=64)
    reason = models.CharField(_("reason"), max_length=8, choices=REASONS)
    note = models.CharField(_("what is wrong"), max_length=300, blank=True)
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("reported review")
        verbose_name_plural = _("reported reviews")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "reporter"], name="review_report_once"),
        ]
        indexes = [
            models.Index(fields=["at"], name="review_report_open", condition=Q(decided_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: review {self.review_id}"


class MakerRating(models.Model):
    """The stars of a maker: how it sold and sent, and those of all its pieces, 1 to 5."""

    maker = models.OneToOneField(
        Maker, on_delete=models.CASCADE, primary_key=True, related_name="rating"
    )
    stars = models.JSONField(default=list)
    piece_stars = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"rating of {self.maker_id}"
