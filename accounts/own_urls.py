"""The pages of one's own account, below /account/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("details/", views.details, name="details"),
    path("news/", views.news, name="news"),
    path("security/", views.security, name="security"),
    path("security/sessions/end/", views.end_other_sessions, name="end_other_sessions"),
    path("security/sessions/<int:key>/end/", views.end_session, name="end_session"),
]
