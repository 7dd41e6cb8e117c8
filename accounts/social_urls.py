"""Sign-in by another house, below /accounts/; the way back (`callback`) lies outside languages."""

from django.urls import path

from accounts.views import social

urlpatterns = [
    path("oidc/<slug:house>/login/", social.start, name="house_start"),
    path("connected/disconnect/", social.disconnect, name="house_disconnect"),
]
