"""What every address of the public API has in common: read only, anonymous, the same for all.

An answer may be kept by caches, says which language it is in by its address alone (`?lang=`), and
may be read by programs in browsers of any origin: there is no cookie in it and no key behind it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core import signing
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from drf_spectacular.openapi import AutoSchema
from rest_framework import exceptions, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from makers_market.core import limits
from makers_market.core.errors import TooMany
from makers_market.core.outage import away, is_absence
from makers_market.core.problems import MEDIA_TYPE, problem
from makers_market.core.sharing import shared

SIZE = 24
SIZE_MAX = 100
CURSOR_MAX = 600
CURSOR_SALT = "api.cursor"
# How much of what is wrong is told: names of so many signs, of so many parameters.
ECHO_MAX = 60
ERRORS_MAX = 20


class Wrong(Exception):
    """Parameters are not what this address takes; `errors` says of each what is wrong."""

    def __init__(self, errors: Mapping[str, Any]) -> None:
        super().__init__()
        self.errors = errors


class Asked(serializers.Serializer[Any]):
    """The parameters that every address takes."""

    lang = serializers.ChoiceField(
        choices=["en", "pt"],
        default="en",
        help_text="Language of the words; what has no Portuguese is told in English.",
    )


class PageAsked(Asked):
    """The parameters of every list."""

    size = serializers.IntegerField(
        min_value=1, max_value=SIZE_MAX, default=SIZE, help_text="Entries on a page."
    )
    after = serializers.CharField(
        required=False,
        max_length=CURSOR_MAX,
        help_text="Where the page begins: from “next” of the page before, never made up.",
    )


class ProblemSerializer(serializers.Serializer[Any]):
    """What is wrong with a request (RFC 9457)."""

    type = serializers.URLField(help_text="The kind of problem, and the address of its words.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    reference = serializers.CharField(help_text="The request's id: tell it to us.")
    errors = serializers.DictField(  # type: ignore[assignment]  # a member of the problem
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="For each wrong parameter, what is wrong with it.",
    )

    class Meta:
        ref_name = "Problem"


class ApiSchema(AutoSchema):
    """Says for every address what the common floor takes and answers."""

    problems: ClassVar = (400, 404, 405, 406, 429)

    def get_operation_id(self) -> str:
        """Name an operation by its door: "products", "productDetail"."""
        name = type(self.view).__name__
        return name[0].lower() + name[1:]

    def get_override_parameters(self) -> list[Any]:
        view: Any = self.view
        return [view.asks]

    def get_response_serializers(self) -> Any:
        wrong = {(status, MEDIA_TYPE): ProblemSerializer for status in self.problems}
        view: Any = self.view
        return {200: view.answers, 304: None} | view.also_answers | wrong


class PublicView(APIView):
    """A door of the API: a subclass has `asks`, `answers` and a `get` that gives a Response."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    http_method_names = ["get", "head", "options"]
    schema = ApiSchema()
    asks: ClassVar[type[Asked]] = Asked
    answers: ClassVar[Any] = None
    also_answers: ClassVar[dict[int, Any]] = {}
    # The checked parameters of the request, and what its address may still ask.
    asked: Mapping[str, Any]
    room: limits.Room | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: Any
        with translation.override("en"):
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, Response):
                response.render()
            response["Content-Language"] = translation.get_language() or "en"
        self._tell_limits(response)
        return shared(request, response) if response.status_code in {200, 301} else response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.room = limits.take(request._request, "api", per="address")
        self.asked = asked_of(request, self.asks)
        translation.activate(self.asked["lang"])

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Tell browsers that any page may ask, also with a validator (fetch.spec.whatwg.org)."""
        response = Response(status=204)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response["Access-Control-Allow-Headers"] = "If-None-Match"
        response["Access-Control-Max-Age"] = "86400"
        return response

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        if is_absence(exc):
            return away(self.request._request)
        match exc:
            case Wrong():
                detail = f"Look at: {', '.join(exc.errors)}."
                return problem("invalid-parameter", detail, errors=exc.errors)
            case Http404() | exceptions.NotFound():
                return problem("not-found")
            case exceptions.MethodNotAllowed():
                return problem("method-not-allowed")
            case exceptions.NotAcceptable():
                return problem("not-acceptable")
            case TooMany():
                response = problem("too-many-requests", f"Ask again in {exc.retry_after} seconds.")
                response["Retry-After"] = str(exc.retry_after)
                self.room = limits.Room(0, exc.retry_after)
                return response
            case SuspiciousOperation() | BadRequest() | exceptions.APIException():
                return problem("bad-request")
        raise exc

    def _tell_limits(self, response: HttpResponse) -> None:
        """Say how often an address may ask (draft-ietf-httpapi-ratelimit-headers).

        What is left is told in answers that no cache shares: a kept one would tell somebody
        else's.
        """
        amount, seconds = settings.LIMITS["api"]
        response["RateLimit-Policy"] = f'"address";q={amount};w={seconds}'
        if self.room and response.status_code >= 400:
            response["RateLimit"] = f'"address";r={self.room.left};t={self.room.seconds}'


def asked_of(request: Request, shape: type[Asked]) -> Mapping[str, Any]:
    """Give the checked parameters of a request; raises Wrong, also for one that is not known."""
    checked = shape(data=request.GET)
    errors: dict[str, Any] = {}
    for name, values in request.GET.lists():
        field = checked.fields.get(name)
        if field is None:
            errors[name[:ECHO_MAX]] = ["This address has no such parameter."]
        elif len(values) > 1 and not isinstance(field, serializers.ListField):
            errors[name] = ["This parameter is given once."]
    if not checked.is_valid():
        errors = {name: _flat(said) for name, said in checked.errors.items()} | errors
    if errors:
        raise Wrong(dict(list(errors.items())[:ERRORS_MAX]))
    return dict(checked.validated_data)


def _flat(said: Any) -> list[str]:
    """Give what is wrong with one parameter; of a repeated one, each sentence once."""
    each = said.values() if isinstance(said, dict) else [said]
    return list(dict.fromkeys(str(sentence) for some in each for sentence in some))


def listed(request: Request, entries: list[Any], cursor: str | None, **more: Any) -> Response:
    """Answer with one page of a list; `cursor` is where the next one begins."""
    following = None
    if cursor:
        parameters = request.GET.copy()
        parameters["after"] = cursor
        following = f"{settings.SITE_URL}{request.path}?{parameters.urlencode()}"
    response = Response({"next": following, "results": entries} | more)
    if following:
        response["Link"] = f'<{following}>; rel="next"'
    return response


def seal(position: list[str], *, of: str) -> str:
    """Give the cursor that stands for a place in the list of that name."""
    return _signer(of).sign_object(position)


def _signer(name: str) -> signing.Signer:
    """Sign without the time of day: the same list has the same validator whenever it is asked."""
    return signing.Signer(salt=f"{CURSOR_SALT}.{name}")


def unseal(cursor: str, *, of: str) -> list[str]:
    """Give the place that a cursor stands for; raises Wrong unless `seal` made it for this list."""
    try:
        position: list[str] = _signer(of).unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise forged() from error
    return position


def forged() -> Wrong:
    return Wrong({"after": ["This is no cursor of ours. Take the address in `next`."]})


class Nothing(PublicView):
    """Whatever else lies under the API's root."""

    schema = None  # type: ignore[assignment]  # not described

    def get(self, request: Request, **kwargs: Any) -> Response:
        raise Http404
