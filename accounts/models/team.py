"""Who works in which workshop, and who has been asked to."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.makers import Maker
from accounts.models.people import User


class TeamRole(models.TextChoices):
    """What a member of a workshop is there for; `ABILITIES` says what each may do."""

    OWNER = "owner", _("Owner")
    PACKER = "packer", _("Packer")
    WRITER = "writer", _("Writer")


# What may be done in a workshop, and by whom.
ABILITIES: dict[str, frozenset[str]] = {
    "pack": frozenset({"owner", "packer"}),
    "count_stock": frozenset({"owner", "packer", "writer"}),
    "write_pieces": frozenset({"owner", "writer"}),
    "write_shop": frozenset({"owner", "writer"}),
    "see_money": frozenset({"owner"}),
    "lead_team": frozenset({"owner"}),
}


class Membership(models.Model):
    """Who works in which workshop, and as what."""

    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=8, choices=TeamRole, default=TeamRole.OWNER)

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team")
        constraints = [
            models.UniqueConstraint(fields=["maker", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "packer", "writer"]),
                name="membership_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.maker_id}"

    def can(self, ability: str) -> bool:
        """Tell whether this member may do that; raises KeyError for an unknown ability."""
        return self.role in ABILITIES[ability]


class Invitation(models.Model):
    """A person asked by e-mail to join a workshop; accepted once, by that address only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=8, choices=TeamRole)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["maker", "email"],
                condition=models.Q(accepted_at=None),
                name="invitation_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.maker_id}"
