"""The site map. Shopper pages carry their language; machines and both admins lie outside."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from accounts.views.social import callback as house_callback
from catalog.views import sitemap
from makers_market.core.admin import operators_site, workshop_site
from makers_market.core.health import healthz, readyz
from makers_market.core.media import media
from makers_market.desk import own_data
from makers_market.desk import views as desk
from makers_market.desk.api_docs import api_docs
from makers_market.desk.robots import robots
from orders.views import delivery_callback
from payments.views import stripe_webhook

handler404 = "makers_market.desk.views.page_not_found"
# Read by the sign-in library, whose limits answer with it.
handler429 = "makers_market.core.http.too_many"
handler500 = "makers_market.core.outage.unexpected"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("webhooks/stripe/", stripe_webhook, name="stripe_webhook"),
    path("callbacks/delivery/", delivery_callback, name="delivery_callback"),
    path("accounts/oidc/<slug:house>/login/callback/", house_callback, name="house_callback"),
    path("media/<path:path>", media, name="media"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap.index, name="sitemap"),
    path("sitemaps/<slug:name>.xml", sitemap.part, name="sitemap_part"),
    path("api/v1/", include("makers_market.desk.api_urls")),
    path("workshop/", workshop_site.urls),
    path("admin/", operators_site.urls),
]
urlpatterns += i18n_patterns(
    path("", desk.home, name="home"),
    path("header/", desk.header, name="header"),
    path("api/docs/", api_docs, name="api_docs"),
    path("accounts/", include("accounts.urls")),
    path("account/", include("accounts.own_urls")),
    path("account/export/", own_data.export, name="account_export"),
    path("account/leave/", own_data.leave, name="account_leave"),
    path("account/left/", own_data.left, name="account_left"),
    path("sell/", include("accounts.selling_urls")),
    path("", include("catalog.urls")),
    path("", include("orders.urls")),
    path("", include("payments.urls")),
    prefix_default_language=False,
)
