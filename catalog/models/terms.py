"""The words pieces are found by: materials and colours that operators keep, and synonyms."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.words import in_language


class Term(models.Model):
    """A material or a colour that makers tick and shoppers filter by.

    A colour's `swatch` names one of the colours of css/components/swatches.css.
    """

    MATERIAL, COLOUR = "material", "colour"
    KINDS = [(MATERIAL, _("Material")), (COLOUR, _("Colour"))]

    kind = models.CharField(_("kind"), max_length=8, choices=KINDS)
    slug = models.SlugField()
    name_en = models.CharField(_("name"), max_length=60)
    name_pt = models.CharField(_("name in Portuguese"), max_length=60, blank=True)
    swatch = models.SlugField(_("swatch"), blank=True)
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        verbose_name = _("material or colour")
        verbose_name_plural = _("materials and colours")
        ordering = ["kind", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "slug"], name="term_slug_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_en, self.name_pt)


class Synonym(models.Model):
    """Words of one language that mean the same to a search: "cup, mug, beaker"."""

    LANGUAGES = [("en", _("English")), ("pt", _("Portuguese"))]

    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES)
    words = models.CharField(_("words, with commas between"), max_length=200)

    class Meta:
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        ordering = ["language", "words"]

    def __str__(self) -> str:
        return self.words


class Word(models.Model):
    """A word that pieces on sale are described with: what a mistyped one may have meant."""

    language = models.CharField(max_length=2)
    word = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["language", "word"], name="word_once"),
        ]
        indexes = [
            GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="word_trigrams"),
        ]

    def __str__(self) -> str:
        return self.word
