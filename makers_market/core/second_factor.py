"""Whether the person behind a request has proven more than a password in this session."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.db.models import Q
from django.http import HttpRequest

from makers_market.core.db import as_app

RECOVERY = Authenticator.Type.RECOVERY_CODES


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether a second factor (code, passkey, recovery code) was used in this session.

    The factor must still be the person's: one that was taken off, here or in another browser,
    opens nothing any more. A passkey that proves the person by itself is recorded as a factor
    too; what an identity provider did on its side is not. Asked once a request.
    """
    known: bool | None = getattr(request, "_has_second_factor", None)
    if known is None:
        known = request.user.is_authenticated and _used_factor_stands(request)
        request._has_second_factor = known  # type: ignore[attr-defined]
    return known


def _used_factor_stands(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    used = [record for record in records if record.get("method") == "mfa"]
    if not used:
        return False
    stands = Q(pk__in=[record.get("id") for record in used])
    if any(record.get("type") == RECOVERY for record in used):
        # New recovery codes are a new row; the code used was of the old ones.
        stands |= Q(type=RECOVERY)
    with as_app():
        found: bool = Authenticator.objects.filter(stands, user_id=request.user.pk).exists()
    return found
