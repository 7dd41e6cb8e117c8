"""How the shop names, keeps and offers second factors: allauth asks here."""

import base64
import hashlib
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User

# A code of this step and of the one before and after counts; used, none does for so long (s).
CODE_LIFE = 90


def use_up(user_id: int, code: str) -> bool:
    """Take an app's code once; False says that it was taken before, in this window or another.

    The library forgets a used code before a late one's time is over.
    """
    digits = "".join(filter(str.isdigit, code))
    return bool(cache.add(f"second-factor-used:{user_id}:{digits}", "y", timeout=CODE_LIFE))


class MFAAdapter(DefaultMFAAdapter):
    """Where allauth asks the shop about second factors."""

    # Said here because allauth has no words in Portuguese under the code "pt".
    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": gettext_lazy("Take off your second factor before you add an address."),
        "cannot_generate_recovery_codes": gettext_lazy(
            "Set up an authenticator app or a passkey first. Recovery codes stand in for it."
        ),
        "incorrect_code": gettext_lazy(
            "That code is not right, or has been used. Wait for the next one and enter it."
        ),
        "unverified_email": gettext_lazy(
            "Confirm your email address first. Then you can set up a second factor."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Keep the secrets of apps and recovery codes encrypted: a dump alone opens nothing."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Read what `encrypt` kept; raises InvalidToken under a key that never was ours."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the shop's own host, whatever host a request names."""
        return {"id": urlsplit(settings.SITE_URL).hostname or "", "name": settings.MARKET["name"]}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, object]:
        entity: dict[str, object] = super().get_public_key_credential_user_entity(user)
        return entity | {"display_name": user.name or user.email}


def _cipher() -> MultiFernet:
    """Derive the keys from the site's own, the older ones for reading only."""
    keys = [force_str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    digests = [hashlib.sha256(f"second factor:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
