from django.urls import path

from orders import views

app_name = "orders"
urlpatterns = [
    path("basket/", views.basket, name="basket"),
    path("basket/add/", views.add, name="add"),
    path("basket/change/", views.change, name="change"),
    path("basket/remove/", views.remove, name="remove"),
    path("basket/country/", views.country, name="country"),
    path("checkout/address/", views.address, name="address"),
    path("checkout/delivery/", views.delivery, name="delivery"),
    path("checkout/pay/", views.pay, name="pay"),
    path("order/<str:token>/", views.order, name="order"),
    path("order/<str:token>/parcels/", views.order_parcels, name="order_parcels"),
    path("order/<str:token>/refill/", views.refill, name="refill"),
    path("order/<str:token>/review/<int:line>/", views.review, name="review"),
    path("account/orders/", views.mine, name="mine"),
    path("account/orders/<str:number>/", views.numbered, name="numbered"),
]
