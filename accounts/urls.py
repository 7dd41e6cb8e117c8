from allauth.account import views as library
from allauth.mfa.totp.views import activate_totp
from allauth.mfa.webauthn.views import add_webauthn
from django.urls import include, path

from accounts import views
from accounts.proof import proven_by_signing_in as proven

urlpatterns = [
    path("second-factor/", views.second_factor, name="second_factor"),
    # The library's own lists are one page of ours.
    path("2fa/", views.to_security),
    path("2fa/webauthn/", views.to_security),
    path("2fa/webauthn/login/", views.passkey_sign_in, name="mfa_login_webauthn"),
    path("2fa/totp/activate/", proven(activate_totp), name="mfa_activate_totp"),
    path("2fa/webauthn/add/", proven(add_webauthn), name="mfa_add_webauthn"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", views.to_security, name="usersessions_list"),
    path("login/", views.sign_in, name="account_login"),
    path("email/", proven(library.email), name="account_email"),
    path("password/set/", views.set_password, name="account_set_password"),
    path("", include("accounts.social_urls")),
    path("", include("allauth.account.urls")),
]
