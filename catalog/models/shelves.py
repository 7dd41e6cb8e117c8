"""Where pieces are found: categories, collections that operators choose, and written pages."""

from typing import ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Craft
from catalog.models.words import in_language


class CategoryQuerySet(models.QuerySet["Category"]):
    def crafts(self) -> Self:
        """Keep the roots of the tree: the eight crafts."""
        return self.filter(parent=None)


class Category(models.Model):
    """A shelf: one of the eight crafts, or a kind of piece below one."""

    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    slug = models.SlugField(unique=True)
    craft = models.CharField(max_length=16, choices=Craft)
    name_en = models.CharField(max_length=80)
    name_pt = models.CharField(max_length=80, blank=True)
    blurb_en = models.CharField(max_length=200, blank=True)
    blurb_pt = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[CategoryQuerySet] = CategoryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_en, self.name_pt)

    @property
    def blurb(self) -> str:
        return in_language(self.blurb_en, self.blurb_pt)

    def get_absolute_url(self) -> str:
        return reverse("catalog:category", args=[self.slug])

    @property
    def url(self) -> str:
        return self.get_absolute_url()


class CategorySlug(models.Model):
    """An address a category had before: it leads to where the category is now."""

    slug = models.SlugField(unique=True)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="old_slugs")

    def __str__(self) -> str:
        return self.slug


class Collection(models.Model):
    """Pieces that operators chose to show together."""

    slug = models.SlugField(unique=True)
    title_en = models.CharField(_("title"), max_length=80)
    title_pt = models.CharField(_("title in Portuguese"), max_length=80, blank=True)
    blurb_en = models.CharField(_("sentence"), max_length=200, blank=True)
    blurb_pt = models.CharField(_("sentence in Portuguese"), max_length=200, blank=True)
    is_shown = models.BooleanField(_("shown"), default=False)
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    products = models.ManyToManyField(
        "catalog.Product", through="CollectionPiece", related_name="collections"
    )

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title_en

    def get_absolute_url(self) -> str:
        return reverse("catalog:collection", args=[self.slug])

    @property
    def url(self) -> str:
        return self.get_absolute_url()

    @property
    def title(self) -> str:
        return in_language(self.title_en, self.title_pt)

    @property
    def blurb(self) -> str:
        return in_language(self.blurb_en, self.blurb_pt)


class CollectionPiece(models.Model):
    """A piece's place in a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="pieces")
    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE)
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        verbose_name = _("piece")
        verbose_name_plural = _("pieces")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "product"], name="collection_piece_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.collection_id}"


class Page(models.Model):
    """A written page (about us, delivery, privacy); its body is Markdown."""

    slug = models.SlugField(unique=True)
    title_en = models.CharField(_("title"), max_length=80)
    title_pt = models.CharField(_("title in Portuguese"), max_length=80, blank=True)
    body_en = models.TextField(_("text"), max_length=40_000)
    body_pt = models.TextField(_("text in Portuguese"), max_length=40_000, blank=True)
    is_shown = models.BooleanField(_("shown"), default=False)
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title_en

    def get_absolute_url(self) -> str:
        return reverse("catalog:page", args=[self.slug])

    @property
    def url(self) -> str:
        return self.get_absolute_url()

    @property
    def title(self) -> str:
        return in_language(self.title_en, self.title_pt)

    @property
    def body(self) -> str:
        return in_language(self.body_en, self.body_pt)
