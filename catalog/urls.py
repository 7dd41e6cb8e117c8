from django.urls import path

from catalog import views, views_pages

app_name = "catalog"
urlpatterns = [
    path("c/<slug:slug>/", views.category, name="category"),
    path("p/<slug:slug>/", views.product, name="product"),
    path("m/<slug:slug>/", views.maker, name="maker"),
    path("makers/", views.makers, name="makers"),
    path("new/", views.new, name="new"),
    path("search/", views.search, name="search"),
    path("collections/<slug:slug>/", views_pages.collection, name="collection"),
    path("pages/<slug:slug>/", views_pages.page, name="page"),
]
