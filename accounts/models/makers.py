"""Workshops that sell: from application to approval, and what their page shows."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from makers_market.core.countries import HOME
from makers_market.core.lifecycle import Lifecycle, Move
from makers_market.core.pictures import WidePicture


class Craft(models.TextChoices):
    """The eight crafts; their colours and tiles are part of the design."""

    CERAMICS = "ceramics", _("Ceramics")
    TEXTILES = "textiles", _("Textiles")
    WOOD = "wood", _("Wood")
    JEWELLERY = "jewellery", _("Jewellery")
    CANDLES = "candles", _("Candles")
    PRINTS = "prints", _("Prints")
    LEATHER = "leather", _("Leather")
    SOAP = "soap", _("Soap")


class Maker(Lifecycle):
    """A workshop: its application, its public page, its delivery prices, its team."""

    APPLYING, SUBMITTED, APPROVED = "applying", "submitted", "approved"
    REJECTED, SUSPENDED, CLOSED = "rejected", "suspended", "closed"
    STATUSES = [
        (APPLYING, pgettext_lazy("maker", "Applying")),
        (SUBMITTED, pgettext_lazy("maker", "Waiting for our answer")),
        (APPROVED, pgettext_lazy("maker", "Approved")),
        (REJECTED, pgettext_lazy("maker", "Not accepted")),
        (SUSPENDED, pgettext_lazy("maker", "Suspended")),
        (CLOSED, pgettext_lazy("maker", "Closed")),
    ]
    MOVES: ClassVar = {
        APPLYING: frozenset({SUBMITTED, CLOSED}),
        SUBMITTED: frozenset({APPROVED, REJECTED, APPLYING}),
        REJECTED: frozenset({SUBMITTED, CLOSED}),
        APPROVED: frozenset({SUSPENDED, CLOSED}),
        SUSPENDED: frozenset({APPROVED, CLOSED}),
    }

    status = models.CharField(_("status"), max_length=16, choices=STATUSES, default=APPLYING)
    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=120)
    first_name = models.CharField(_("first name"), max_length=60)
    place = models.CharField(_("place"), max_length=120)
    craft = models.CharField(_("craft"), max_length=16, choices=Craft)
    story = models.TextField(_("story"), blank=True)
    story_pt = models.TextField(_("story in Portuguese"), blank=True)
    quote = models.CharField(_("quote"), max_length=200, blank=True)
    quote_pt = models.CharField(_("quote in Portuguese"), max_length=200, blank=True)
    announcement = models.CharField(_("announcement"), max_length=200, blank=True)
    announcement_pt = models.CharField(_("announcement in Portuguese"), max_length=200, blank=True)
    policies = models.TextField(_("policies"), blank=True)
    policies_pt = models.TextField(_("policies in Portuguese"), blank=True)
    # The wide picture: {"digest", "width", "height", "widths", "dominant"}, or none.
    banner = models.JSONField(null=True, blank=True)
    # Who the seller is by law: shown on the shop page and on receipts.
    legal_name = models.CharField(_("legal name"), max_length=160, blank=True)
    legal_address = models.CharField(_("legal address"), max_length=200, blank=True)
    tax_number = models.CharField(_("tax number"), max_length=20, blank=True)
    delivery_cents = models.PositiveIntegerField(_("delivery in Portugal, cents"), default=0)
    delivery_abroad_cents = models.PositiveIntegerField(
        _("delivery abroad, cents"), null=True, blank=True
    )
    allows_collection = models.BooleanField(_("pieces may be collected"), default=False)
    posts_within_days = models.PositiveSmallIntegerField(_("posts within, working days"), default=2)
    is_open = models.BooleanField(_("open"), default=False)
    members = models.ManyToManyField(User, through="Membership", related_name="makers")

    memberships: Any
    sections: Any

    class Meta:
        verbose_name = _("maker")
        verbose_name_plural = _("makers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(posts_within_days__range=(1, 60)), name="maker_posts_in_time"
            ),
            models.CheckConstraint(
                condition=models.Q(is_open=False) | models.Q(status="approved"),
                name="maker_open_only_when_approved",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:maker", args=[self.slug])

    @property
    def url(self) -> str:
        return self.get_absolute_url()

    @property
    def story_words(self) -> str:
        """The story in the reader's language, English where there is no other."""
        return (self.story_pt if get_language() == "pt" else "") or self.story

    @property
    def quote_words(self) -> str:
        return (self.quote_pt if get_language() == "pt" else "") or self.quote

    @property
    def announcement_words(self) -> str:
        return (self.announcement_pt if get_language() == "pt" else "") or self.announcement

    @property
    def policies_words(self) -> str:
        return (self.policies_pt if get_language() == "pt" else "") or self.policies

    @property
    def wide_picture(self) -> WidePicture | None:
        return WidePicture(**self.banner) if self.banner else None

    def delivery_cents_to(self, country: str) -> int | None:
        """Give the price in cents of one parcel to a country; None where this maker cannot post."""
        return self.delivery_cents if country == HOME else self.delivery_abroad_cents


class MakerMove(Move):
    subject = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="moves")


class ShopDraft(models.Model):
    """What a shop page will say once it is published: the fields of Maker that changed."""

    maker = models.OneToOneField(Maker, on_delete=models.CASCADE, related_name="draft")
    fields = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("shop page draft")
        verbose_name_plural = _("shop page drafts")

    def __str__(self) -> str:
        return f"draft of {self.maker}"


class ShopSection(models.Model):
    """A heading under which a shop page groups its pieces."""

    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="sections")
    name_en = models.CharField(_("name"), max_length=60)
    name_pt = models.CharField(_("name in Portuguese"), max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name_en

    @property
    def name(self) -> str:
        return (self.name_pt if get_language() == "pt" else "") or self.name_en
