"""Doors to one's own account."""

from accounts.views.details import details, news
from accounts.views.entrance import sign_in
from accounts.views.security import (
    end_other_sessions,
    end_session,
    passkey_sign_in,
    second_factor,
    security,
    set_password,
    to_security,
)
from accounts.views.selling import apply, join_team, sell

__all__ = [
    "apply",
    "details",
    "end_other_sessions",
    "end_session",
    "join_team",
    "news",
    "passkey_sign_in",
    "second_factor",
    "security",
    "sell",
    "set_password",
    "sign_in",
    "to_security",
]
