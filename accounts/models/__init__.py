"""People and the workshops they run."""

from accounts.models.makers import Craft, Maker, MakerMove, ShopDraft, ShopSection
from accounts.models.people import POWERS, Consent, OperatorRole, User, UserManager
from accounts.models.team import ABILITIES, Invitation, Membership, TeamRole

__all__ = [
    "ABILITIES",
    "POWERS",
    "Consent",
    "Craft",
    "Invitation",
    "Maker",
    "MakerMove",
    "Membership",
    "OperatorRole",
    "ShopDraft",
    "ShopSection",
    "TeamRole",
    "User",
    "UserManager",
]
