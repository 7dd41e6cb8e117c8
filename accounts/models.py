"""People and the workshops they run."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from makers_market.core.countries import HOME


class UserManager(BaseUserManager["User"]):
    """Makes users whose e-mail address, in lower case, is their login."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user; raises ValueError without an address."""
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an operator with every permission."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: shopper, maker's team member or operator."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=5, default="en")
    is_staff = models.BooleanField(_("operator"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_in_any_case")]

    def __str__(self) -> str:
        return self.email


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


class Maker(models.Model):
    """A workshop that sells: its public page, its delivery prices, its team."""

    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=120)
    first_name = models.CharField(_("first name"), max_length=60)
    place = models.CharField(_("place"), max_length=120)
    craft = models.CharField(_("craft"), max_length=16, choices=Craft)
    story = models.TextField(_("story"), blank=True)
    story_pt = models.TextField(_("story in Portuguese"), blank=True)
    quote = models.CharField(_("quote"), max_length=200, blank=True)
    quote_pt = models.CharField(_("quote in Portuguese"), max_length=200, blank=True)
    legal_name = models.CharField(_("legal name"), max_length=160)
    tax_number = models.CharField(_("tax number"), max_length=20)
    delivery_cents = models.PositiveIntegerField(_("delivery in Portugal, cents"))
    delivery_abroad_cents = models.PositiveIntegerField(
        _("delivery abroad, cents"), null=True, blank=True
    )
    allows_collection = models.BooleanField(_("pieces may be collected"), default=False)
    posts_within_days = models.PositiveSmallIntegerField(_("posts within, working days"), default=2)
    is_open = models.BooleanField(_("open"), default=True)
    members = models.ManyToManyField(User, through="Membership", related_name="makers")

    class Meta:
        verbose_name = _("maker")
        verbose_name_plural = _("makers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(posts_within_days__range=(1, 60)), name="maker_posts_in_time"
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

    def delivery_cents_to(self, country: str) -> int | None:
        """Give the price in cents of one parcel to a country; None where this maker cannot post."""
        return self.delivery_cents if country == HOME else self.delivery_abroad_cents


class Membership(models.Model):
    """Who works in which workshop."""

    maker = models.ForeignKey(Maker, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["maker", "user"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.maker}"
