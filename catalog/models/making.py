"""Pieces made for one shopper: what they may say."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.products import Product
from catalog.models.words import in_language

FIELDS_MAX = 5


class PersonalField(models.Model):
    """One thing a shopper may say of their piece: an engraving, a thread's colour.

    A choice's `choices` are [{"value": "Red", "value_pt": "Vermelho"}]. `extra_cents` is added to
    the price of each piece that uses the field.
    """

    TEXT, CHOICE = "text", "choice"
    KINDS = [(TEXT, _("Words")), (CHOICE, _("A choice"))]

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="personal_fields")
    kind = models.CharField(_("kind"), max_length=6, choices=KINDS, default=TEXT)
    label_en = models.CharField(_("question"), max_length=60)
    label_pt = models.CharField(_("question in Portuguese"), max_length=60, blank=True)
    is_required = models.BooleanField(_("must be answered"), default=False)
    length_max = models.PositiveSmallIntegerField(_("longest answer, characters"), default=40)
    choices: Any = models.JSONField(_("choices"), default=list, blank=True)
    extra_cents = models.PositiveIntegerField(_("adds to the price, cents"), default=0)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("personalisation")
        verbose_name_plural = _("personalisation")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(length_max__range=(1, 200)), name="personal_length_real"
            ),
            models.CheckConstraint(
                condition=Q(extra_cents__lte=1_000_000), name="personal_price_real"
            ),
        ]

    def __str__(self) -> str:
        return self.label_en

    @property
    def label(self) -> str:
        return in_language(self.label_en, self.label_pt)

    @property
    def input_name(self) -> str:
        """Name the question's input in forms: "personal-12"."""
        return f"personal-{self.pk}"

    @property
    def options(self) -> list[tuple[str, str]]:
        """Give each choice with its words in the reader's language."""
        return [(x["value"], in_language(x["value"], x.get("value_pt", ""))) for x in self.choices]

    @property
    def choices_pt(self) -> list[tuple[str, str]]:
        """Give each choice with its words in Portuguese, empty where it has none."""
        return [(each["value"], each.get("value_pt", "")) for each in self.choices]
