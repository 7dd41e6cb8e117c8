from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
    path("order/<str:token>/pay/", views.start, name="start"),
    path("order/<str:token>/returned/", views.returned, name="returned"),
    path("order/<str:token>/cancel/", views.cancel, name="cancel"),
]
