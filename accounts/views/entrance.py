"""Doors to the shop's accounts that differ from the sign-in library's own."""

from http import HTTPStatus

from allauth.account.views import LoginView
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse

from accounts.forms import SignInForm


class SignInView(LoginView):
    """Sign in with address and password; says by its status when that was tried too often."""

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, "too_many_passwords"):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return response


sign_in = SignInView.as_view()
