"""What people and workshops do: each verb lives in the file that its subject names."""

from accounts.services.applying import (
    Application,
    apply_to_sell,
    approve_maker,
    close_workshop,
    reinstate_maker,
    reject_maker,
    submit_application,
    suspend_maker,
    withdraw_application,
)
from accounts.services.identities import (
    AddressTaken,
    AddressUnproven,
    IdentityTaken,
    LastWayIn,
    connect_identity,
    disconnect_identity,
    fill_name,
    follow_groups,
    join_with,
    person_of,
)
from accounts.services.joining import distrust_password, note_joining, note_new_address
from accounts.services.people import open_workshop, register_user
from accounts.services.securing import end_sessions, note_change, take_off_factors
from accounts.services.shop_page import draft_banner
from accounts.services.teaming import accept_invitation

__all__ = [
    "AddressTaken",
    "AddressUnproven",
    "Application",
    "IdentityTaken",
    "LastWayIn",
    "accept_invitation",
    "apply_to_sell",
    "approve_maker",
    "close_workshop",
    "connect_identity",
    "disconnect_identity",
    "distrust_password",
    "draft_banner",
    "end_sessions",
    "fill_name",
    "follow_groups",
    "join_with",
    "note_change",
    "note_joining",
    "note_new_address",
    "open_workshop",
    "person_of",
    "register_user",
    "reinstate_maker",
    "reject_maker",
    "submit_application",
    "suspend_maker",
    "take_off_factors",
    "withdraw_application",
]
