"""The way in for makers, below /sell/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.sell, name="sell"),
    path("apply/", views.apply, name="apply"),
    path("join/<str:token>/", views.join_team, name="join_team"),
]
