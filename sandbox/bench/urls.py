"""The shop's site map and a page of 30 KB that is nothing but memory."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from makers_market import urls as shop

handler404, handler429, handler500 = shop.handler404, shop.handler429, shop.handler500
PAGE = b"<!doctype html><title>Static</title>" + b"<p>So fast can a page be.</p>\n" * 1_000


def static(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE[:30_000])


urlpatterns = [path("bench/static", static), *shop.urlpatterns]
