"""People who sign in, what operators may do, and what people agreed to."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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
        """Make an operator with every power."""
        role = {"is_staff": True, "operator_role": OperatorRole.ADMIN}
        return self.create_user(email, password, **(role | fields))


class OperatorRole(models.TextChoices):
    """What an operator is for; `POWERS` says what each may do."""

    SUPPORT = "support", _("Support")
    MODERATOR = "moderator", _("Moderator")
    FINANCE = "finance", _("Finance")
    ADMIN = "admin", _("Administrator")


# What may be done at the operators' desk, and by whom; an administrator may do all of it.
POWERS: dict[str, frozenset[str]] = {
    "see_orders": frozenset({"support", "finance"}),
    "move_parcels": frozenset({"support"}),
    "refund": frozenset({"finance"}),
    "see_money": frozenset({"finance"}),
    "see_people": frozenset({"support"}),
    "manage_people": frozenset(),
    "see_catalogue": frozenset({"support", "moderator", "finance"}),
    "moderate": frozenset({"moderator"}),
    "arrange_shelves": frozenset({"moderator"}),
    "write_pages": frozenset({"moderator"}),
    "switch_market": frozenset(),
    "see_mails": frozenset({"support"}),
    "run_jobs": frozenset(),
    "read_audit": frozenset(),
    "view_as": frozenset({"support"}),
}


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: shopper, maker's team member or operator."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=5, default="en")
    is_staff = models.BooleanField(_("operator"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    operator_role = models.CharField(
        _("role"), max_length=12, choices=OperatorRole, blank=True, default=""
    )
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    # Since when nothing personal is left of this person; orders and books stay.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once_in_any_case"),
            models.CheckConstraint(
                condition=models.Q(is_staff=True) | models.Q(operator_role=""),
                name="user_role_for_operators_only",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def can(self, power: str) -> bool:
        """Tell whether this operator may do that; raises KeyError for a power nobody defined."""
        allowed = POWERS[power]
        if not (self.is_active and self.is_staff and self.operator_role):
            return False
        return self.operator_role == OperatorRole.ADMIN or self.operator_role in allowed


class Consent(models.Model):
    """One yes or no that a person gave, to which text, and when: only ever added to."""

    TERMS, PRIVACY, NEWS = "terms", "privacy", "news"
    KINDS = [
        (TERMS, _("Terms of sale")),
        (PRIVACY, _("Privacy notice")),
        (NEWS, _("News by e-mail")),
    ]

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=12, choices=KINDS)
    version = models.CharField(max_length=20)
    is_given = models.BooleanField()
    # Where it was given: "signup", "account", "checkout".
    source = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}: {'yes' if self.is_given else 'no'}"
