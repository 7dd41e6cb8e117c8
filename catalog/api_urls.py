from django.urls import path

from catalog import api

urlpatterns = [
    path("products/", api.Products.as_view(), name="products"),
    path("search/", api.Search.as_view(), name="search"),
    path("products/<slug:slug>/", api.ProductDetail.as_view(), name="product"),
    path("products/<slug:slug>/reviews/", api.ProductReviews.as_view(), name="product_reviews"),
    path("makers/", api.Makers.as_view(), name="makers"),
    path("makers/<slug:slug>/", api.MakerDetail.as_view(), name="maker"),
    path("makers/<slug:slug>/reviews/", api.MakerReviews.as_view(), name="maker_reviews"),
    path("categories/", api.Categories.as_view(), name="categories"),
]
