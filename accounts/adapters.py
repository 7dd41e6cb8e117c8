from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from makers_market.core.http import own_path


class AccountAdapter(DefaultAccountAdapter):
    """Where allauth asks the shop: accounts are not open to sign up for yet."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return own_path(request.GET.get("next"), "/")
