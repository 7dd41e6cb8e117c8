from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from makers_market.core.http import own_path


class AccountAdapter(DefaultAccountAdapter):
    """Where allauth asks the shop: accounts are not open to sign up for yet."""

    # Said here because allauth has no words in Portuguese under the code "pt".
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed. Write to us to open it again."),
        "email_password_mismatch": _("The email address or the password is not right."),
        "too_many_login_attempts": _("Too many attempts. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return own_path(request.GET.get("next"), "/")
