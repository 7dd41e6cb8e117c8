"""Pictures of pieces: uploaded originals, and the derivatives that pages show."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker
from catalog.models.products import Product
from catalog.models.words import in_language


class Picture(models.Model):
    """A picture of a piece with derivatives in several widths.

    Derivatives lie under `pictures/<digest>/<width>.<kind>`; the digest is the original's, so a
    name never changes its content. `dominant` is one of the 64 colour classes 0–63.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    digest = models.CharField(max_length=32)
    alt_en = models.CharField(max_length=200, blank=True)
    alt_pt = models.CharField(max_length=200, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    widths = models.JSONField()
    dominant = models.PositiveSmallIntegerField()
    # The option value this picture shows ("Sage"), or nothing when it shows the piece at large.
    shows = models.CharField(max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    # Where the piece is in it, in percent from the left and from the top: what a crop keeps.
    focus_x = models.PositiveSmallIntegerField(default=50, db_default=50)
    focus_y = models.PositiveSmallIntegerField(default=50, db_default=50)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "position"], name="picture_place_once"),
            models.CheckConstraint(condition=Q(dominant__lt=64), name="picture_dominant_class"),
        ]

    def __str__(self) -> str:
        return self.alt_en or self.digest

    @property
    def alt(self) -> str:
        return in_language(self.alt_en, self.alt_pt)

    def url(self, width: int, kind: str) -> str:
        """Give the address of a derivative; kind is "avif", "webp" or "jpg"."""
        return f"{settings.MEDIA_URL}pictures/{self.digest}/{width}.{kind}"


class Upload(models.Model):
    """A picture a maker sent: its original is private; a job makes what pages show of it.

    `facts` holds what Picture needs once it is ready: digest, width, height, widths, dominant.
    """

    WAITING, READY, REFUSED = "waiting", "ready", "refused"
    STATES = [(WAITING, _("Being prepared")), (READY, _("Ready")), (REFUSED, _("Refused"))]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="uploads")
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, null=True, blank=True, related_name="uploads"
    )
    digest = models.CharField(max_length=32)
    alt_en = models.CharField(_("what it shows"), max_length=200, blank=True)
    alt_pt = models.CharField(_("what it shows, in Portuguese"), max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=STATES, default=WAITING)
    refusal = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("uploaded picture")
        verbose_name_plural = _("uploaded pictures")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.digest} {self.state}"
