"""How often a password or a code may be tried, and how often a code may be asked for.

Whether an account exists changes nothing here: every count is by what was typed. A browser in
which the person has signed in before counts by itself, so that strangers cannot use up its tries.
"""

from django.http import HttpRequest

from accounts.known_devices import device_of
from makers_market.core import limits

Counted = list[tuple[str, str]]


def try_password(request: HttpRequest, email: str) -> Counted:
    """Count one try of a password and give what was counted; raises TooMany before any check.

    The address of the one who tries is counted first: used up there, an account loses nothing.
    """
    counts = _password_counts(request, email.lower())
    for action, who in counts:
        limits.spend(action, who)
    return counts


def was_right(counts: Counted) -> None:
    """Take the counted tries back: only wrong passwords count."""
    for action, who in counts:
        limits.give_back(action, who)


def forget_wrong_passwords(email: str) -> None:
    """Begin anew for an account whose password is a new one."""
    limits.forget("password_account", email.lower())


def ask_for_code(request: HttpRequest, email: str) -> None:
    """Count one mail with a code; raises TooMany.

    The narrow limit is by place and account: one attacker cannot keep a person from their codes.
    """
    email = email.lower()
    device = device_of(request, email)
    if device:
        limits.spend("code_mail_device", f"{device} {email}")
        return
    limits.spend("code_mail_place", f"{limits.place_of(request)} {email}")
    limits.spend("code_mail_account", email)


def try_code(request: HttpRequest, expected: str) -> None:
    """Count one try of the code this session waits for; raises TooMany.

    The library counts in the session itself, where two tries at once can read the same number.
    """
    limits.spend("code", f"{request.session.session_key} {expected}")


def _password_counts(request: HttpRequest, email: str) -> Counted:
    if request.user.is_authenticated:
        return [("password_person", f"user:{request.user.pk}")]
    device = device_of(request, email)
    if device:
        return [("password_device", f"{device} {email}")]
    return [("password_address", limits.place_of(request)), ("password_account", email)]
