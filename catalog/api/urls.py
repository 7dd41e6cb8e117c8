from django.urls import path

from catalog.api import views

urlpatterns = [
    path("products/", views.Products.as_view(), name="products"),
    path("search/", views.Search.as_view(), name="search"),
    path("products/<slug:slug>/", views.ProductDetail.as_view(), name="product"),
    path("products/<slug:slug>/reviews/", views.ProductReviews.as_view(), name="product_reviews"),
    path("makers/", views.Makers.as_view(), name="makers"),
    path("makers/<slug:slug>/", views.MakerDetail.as_view(), name="maker"),
    path("makers/<slug:slug>/reviews/", views.MakerReviews.as_view(), name="maker_reviews"),
    path("categories/", views.Categories.as_view(), name="categories"),
]
