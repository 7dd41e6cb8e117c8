from django.urls import include, path

from makers_market.core.api import Nothing
from makers_market.desk import api

app_name = "api"
urlpatterns = [
    path("", api.Root.as_view(), name="root"),
    path("schema/", api.Schema.as_view(), name="schema"),
    path("", include("catalog.api.urls")),
    # Whatever else: programs are told so as a problem, not by a page.
    path("<path:rest>", Nothing.as_view(), name="nothing"),
]
