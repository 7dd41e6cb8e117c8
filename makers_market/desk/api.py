"""The API's own addresses: where it begins, and its schema in JSON and YAML."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from makers_market.core.api import Asked, PublicView

FORMS = {"json": OpenApiJsonRenderer, "yaml": OpenApiYamlRenderer}


@lru_cache(maxsize=1)
def api_schema() -> dict[str, Any]:
    """Give the OpenAPI 3.1 document of the API, in English; made once in a process."""
    with translation.override("en"):
        return SchemaGenerator().get_schema(public=True)


def written_schema(form: str) -> bytes:
    """Give the schema as text; form is "json" or "yaml"."""
    written: Any = FORMS[form]().render(api_schema(), renderer_context={})
    return bytes(written)


class RootSerializer(serializers.Serializer[Any]):
    """Where each list begins."""

    products = serializers.URLField()
    makers = serializers.URLField()
    categories = serializers.URLField()
    search = serializers.URLField()
    schema = serializers.URLField()

    class Meta:
        ref_name = "Root"


class Root(PublicView):
    """Where everything begins."""

    answers = RootSerializer

    def get(self, request: Request) -> Response:
        """List the addresses that everything else is reached from."""
        return Response(
            {
                name: f"{settings.SITE_URL}{reverse(f'api:{name}')}"
                for name in RootSerializer().fields
            }
        )


class SchemaAsked(Asked):
    format = serializers.ChoiceField(
        choices=["json", "yaml"], default="json", help_text="How the schema is written."
    )


class Schema(PublicView):
    """This description (OpenAPI 3.1)."""

    asks = SchemaAsked
    schema = None  # type: ignore[assignment]  # it does not describe itself

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The address says which form is wanted."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request) -> HttpResponse:
        form = self.asked["format"]
        return HttpResponse(written_schema(form), content_type=FORMS[form].media_type)
