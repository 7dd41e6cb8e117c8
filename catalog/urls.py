from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("c/<slug:slug>/", views.category, name="category"),
    path("p/<slug:slug>/", views.product, name="product"),
    path("m/<slug:slug>/", views.maker, name="maker"),
    path("makers/", views.makers, name="makers"),
    path("new/", views.new, name="new"),
    path("search/", views.search, name="search"),
]
