"""Pieces: what is sold, in which variants, and how a change of them waits for review."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Maker, ShopSection
from catalog.models.shelves import Category
from catalog.models.terms import Term
from catalog.models.words import counted, in_language, value_label
from catalog.models.workload import QUANTITY_MAX as QUANTITY_MAX
from catalog.models.workload import room_left
from makers_market.core.lifecycle import Lifecycle, Move

if TYPE_CHECKING:
    from catalog.models.pictures import Picture
    from catalog.models.stock import Stock

NEW_FOR_DAYS = 5


class ProductQuerySet(models.QuerySet["Product"]):
    def on_sale(self) -> Self:
        """Keep what shoppers may see: live pieces of open workshops."""
        return self.filter(status=Product.LIVE, maker__is_open=True)

    def seen_by_shoppers(self) -> Self:
        """Keep what has a public page: what is on sale, and what was until it was taken off."""
        return self.filter(status__in=[Product.LIVE, Product.RETIRED])

    def awaiting_review(self) -> Self:
        """Keep the pieces a moderator should look at, each with `sent_at`, longest wait first."""
        sent_at = models.Max("moves__at", filter=Q(moves__to_status=Product.REVIEW))
        waiting = self.filter(status=Product.REVIEW).annotate(sent_at=sent_at)
        return waiting.order_by("sent_at", "pk")

    def made_by(self, maker: Maker) -> Self:
        return self.filter(maker=maker)

    def under(self, category: Category) -> Self:
        """Keep the pieces of a category and of its children."""
        return self.filter(Q(category=category) | Q(category__parent=category))

    def matching(self, words: str) -> Self:
        """Keep pieces whose title, material or maker has every word."""
        found = self
        for word in words.split()[:8]:
            found = found.filter(
                Q(title_en__icontains=word)
                | Q(title_pt__icontains=word)
                | Q(material__icontains=word)
                | Q(maker__name__icontains=word)
            )
        return found

    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-id")

    def for_cards(self) -> Self:
        """Load what a card shows, in three queries however many cards there are."""
        return self.select_related("maker", "category").prefetch_related(
            "pictures", models.Prefetch("variants", Variant.objects.select_related("stock"))
        )


class Product(Lifecycle):
    """A piece as its page shows it; shoppers buy one of its variants."""

    DRAFT, REVIEW, LIVE, RETIRED = "draft", "review", "live", "retired"
    STATUSES = [
        (DRAFT, _("Draft")),
        (REVIEW, _("In review")),
        (LIVE, _("On sale")),
        (RETIRED, _("Taken off sale")),
    ]
    MOVES: ClassVar = {
        DRAFT: frozenset({REVIEW, LIVE, RETIRED}),
        REVIEW: frozenset({LIVE, DRAFT}),
        LIVE: frozenset({RETIRED}),
        RETIRED: frozenset({REVIEW, LIVE}),
    }

    maker = models.ForeignKey(Maker, on_delete=models.PROTECT, related_name="products")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    section = models.ForeignKey(
        ShopSection, on_delete=models.SET_NULL, null=True, blank=True, related_name="products"
    )
    slug = models.SlugField(unique=True)
    title_en = models.CharField(_("title"), max_length=140)
    title_pt = models.CharField(_("title in Portuguese"), max_length=140, blank=True)
    description_en = models.TextField(_("description"))
    description_pt = models.TextField(_("description in Portuguese"), blank=True)
    material = models.CharField(_("material"), max_length=120, blank=True)
    # The axes of choice in order: [{"name": "glaze", "values": ["Chalk"], "values_pt": ["Cal"]}].
    options = models.JSONField(default=list, blank=True)
    terms = models.ManyToManyField(Term, blank=True, related_name="products")
    is_one_of_a_kind = models.BooleanField(
        _("there is only this one"), default=False, db_default=False
    )
    is_made_to_order = models.BooleanField(_("made to order"), default=False, db_default=False)
    # How long the making of a made-to-order piece takes, in working days, at least and at most.
    making_days_min = models.PositiveSmallIntegerField(
        _("made within, working days, at least"), default=5, db_default=5
    )
    making_days_max = models.PositiveSmallIntegerField(
        _("made within, working days, at most"), default=10, db_default=10
    )
    vat_basis_points = models.PositiveSmallIntegerField(default=2300)
    status = models.CharField(_("status"), max_length=16, choices=STATUSES, default=DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ProductQuerySet] = ProductQuerySet.as_manager()  # type: ignore[assignment]
    variants: Any
    pictures: Any

    class Meta:
        verbose_name = _("piece")
        verbose_name_plural = _("pieces")
        constraints = [
            models.CheckConstraint(
                condition=Q(vat_basis_points__lte=3000), name="product_vat_real"
            ),
            models.CheckConstraint(
                condition=~Q(status="live") | Q(published_at__isnull=False),
                name="product_live_has_date",
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="product_newest_first"),
            models.Index(fields=["category", "-published_at", "-id"], name="product_on_shelf"),
        ]

    def __str__(self) -> str:
        return self.title_en

    def get_absolute_url(self) -> str:
        return reverse("catalog:product", args=[self.slug])

    @property
    def url(self) -> str:
        return self.get_absolute_url()

    @property
    def title(self) -> str:
        return in_language(self.title_en, self.title_pt)

    @property
    def description(self) -> str:
        return in_language(self.description_en, self.description_pt)

    @property
    def craft(self) -> str:
        return self.category.craft

    @property
    def maker_name(self) -> str:
        return self.maker.name

    @cached_property
    def sellable(self) -> "list[Variant]":
        """The variants on offer in the maker's order, from memory when they were prefetched."""
        offered = (variant for variant in self.variants.all() if variant.is_offered)
        return sorted(offered, key=lambda variant: (variant.position, variant.pk))

    @property
    def cover(self) -> "Picture | None":
        return min(self.pictures.all(), key=lambda picture: picture.position, default=None)

    @property
    def price_from_cents(self) -> int:
        return min((variant.price_cents for variant in self.sellable), default=0)

    @property
    def has_price_range(self) -> bool:
        return len({variant.price_cents for variant in self.sellable}) > 1

    @property
    def available(self) -> int:
        return sum(variant.available for variant in self.sellable)

    @property
    def is_sold_out(self) -> bool:
        return self.available == 0

    @property
    def is_new(self) -> bool:
        age = timezone.now() - self.published_at if self.published_at else None
        return age is not None and age.days < NEW_FOR_DAYS

    @property
    def variants_in_words(self) -> str:
        """Say how much choice there is: "3 glazes, 2 sizes", or nothing when there is none.

        Axes without a plural of their own are counted together: "6 variants".
        """
        count = len(self.sellable)
        if count < 2:
            return ""
        choices = [counted(axis["name"], len(axis["values"])) for axis in self.options]
        if all(choices):
            return ", ".join(choices)
        return ngettext("%(count)d variant", "%(count)d variants", count) % {"count": count}


class Variant(models.Model):
    """One thing that can be put into a basket: a product in one value of each option."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=40, unique=True)
    # {"glaze": "Cobalt", "size": "300 ml"}: one value for each of the product's options.
    options = models.JSONField(default=dict, blank=True)
    price_cents = models.PositiveIntegerField()
    # The price it is reduced from: the lowest of the 30 days before (Directive 98/6/EC, art. 6a).
    was_cents = models.PositiveIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    position = models.PositiveSmallIntegerField(default=0)
    # A choice the maker no longer offers stays for the orders that name it.
    is_offered = models.BooleanField(_("offered"), default=True, db_default=True)

    stock: "Stock"

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price_cents__range=(1, 10_000_000)), name="variant_price_real"
            ),
            models.CheckConstraint(condition=Q(currency="EUR"), name="variant_price_in_euro"),
            models.UniqueConstraint(fields=["product", "options"], name="variant_choice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product} ({self.title})" if self.title else str(self.product)

    @property
    def title(self) -> str:
        """Say the choice in the reader's words: "Cobalt, 300 ml"."""
        chosen = [axis for axis in self.product.options if axis["name"] in self.options]
        return ", ".join(value_label(axis, self.options[axis["name"]]) for axis in chosen)

    @property
    def bound(self) -> int | None:
        """How many there are to order now, of stock or of the maker's week; None: no bound."""
        if self.product.is_made_to_order:
            return room_left(self.product.maker)
        return self.stock.available

    @property
    def available(self) -> int:
        """How many can be ordered now, QUANTITY_MAX where nothing bounds it."""
        return QUANTITY_MAX if self.bound is None else self.bound

    @property
    def url(self) -> str:
        return f"{self.product.url}?variant={self.sku}"


class PriceChange(models.Model):
    """A price a variant had from then on: what a reduction is measured by."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="price_changes")
    price_cents = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.variant_id} at {self.price_cents}"


class ProductSlug(models.Model):
    """An address a piece had before: it leads to where the piece is now."""

    slug = models.SlugField(unique=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="old_slugs")

    def __str__(self) -> str:
        return self.slug


class ProductMove(Move):
    subject = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="moves")


class RevisionQuerySet(models.QuerySet["Revision"]):
    def waiting(self) -> Self:
        """Keep the changes that nobody has decided on: at most one of a piece."""
        return self.filter(state=Revision.WAITING)

    def awaiting_review(self) -> Self:
        """Keep the changes a moderator should look at, the longest wait first."""
        shown = [Product.LIVE, Product.RETIRED]
        return self.waiting().filter(product__status__in=shown).order_by("submitted_at", "pk")


class Revision(models.Model):
    """New words and pictures of a piece that is on sale; shoppers see them once approved.

    `fields` holds the changed fields of Product (category and section by id); `pictures`, where
    it is not null, the whole new gallery in order, each as Picture's fields.
    """

    WAITING, APPROVED, REJECTED, WITHDRAWN = "waiting", "approved", "rejected", "withdrawn"
    STATES = [
        (WAITING, _("Waiting for review")),
        (APPROVED, _("Approved")),
        (REJECTED, _("Not accepted")),
        (WITHDRAWN, _("Withdrawn")),
    ]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="revisions")
    state = models.CharField(_("status"), max_length=9, choices=STATES, default=WAITING)
    fields = models.JSONField(default=dict)
    pictures = models.JSONField(null=True)
    submitted_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=64)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    objects: ClassVar[RevisionQuerySet] = RevisionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("change of a piece")
        verbose_name_plural = _("changes of pieces")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"], condition=Q(state="waiting"), name="revision_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None)
                | ~Q(state="waiting") & Q(decided_at__isnull=False),
                name="revision_decided_has_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} change of {self.product_id}"
