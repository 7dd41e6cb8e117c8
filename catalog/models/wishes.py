"""What shoppers keep an eye on: saved pieces, followed makers, and what is to come back."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker
from catalog.models.products import Product, Variant


class SavedList(models.Model):
    """The pieces somebody saved: an account's one list, or a guest's, found by their session.

    Whoever has the share link reads it; nobody but its owner changes it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="saved_list",
    )
    # In the link that shares it; empty until it is shared, and again when it is no longer.
    share_key = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()

    pieces: Any

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["share_key"], condition=~Q(share_key=""), name="saved_list_share_key_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class SavedPiece(models.Model):
    saved_list = models.ForeignKey(SavedList, on_delete=models.CASCADE, related_name="pieces")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("saved piece")
        verbose_name_plural = _("saved pieces")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["saved_list", "product"], name="saved_piece_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.saved_list_id}"


class Follow(models.Model):
    """Somebody follows a maker; the digest of new pieces goes out while `wants_mail`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows"
    )
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="follows")
    wants_mail = models.BooleanField(default=True)
    at = models.DateTimeField()
    # Pieces that were published until then were in an earlier digest.
    told_until = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "maker"], name="follow_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.maker_id}"


class StockAlert(models.Model):
    """Somebody asks for one mail when a sold-out variant is for sale again."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="alerts")
    email = models.EmailField()
    language = models.CharField(max_length=5)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True
    )
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("back-in-stock alert")
        verbose_name_plural = _("back-in-stock alerts")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "email"], condition=Q(told_at=None), name="stock_alert_once"
            ),
        ]

    def __str__(self) -> str:
        return f"variant {self.variant_id}"
