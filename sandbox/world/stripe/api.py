"""The way of one API request: who, what, once only, answer."""

import hmac
import json
import time
from dataclasses import dataclass, field

from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException

from . import faults, idempotency, objects, params, payments, reading
from .errors import ApiError, bad_value
from .faults import Fault
from .idempotency import InFlight, Question
from .platform import API_VERSION, Cause, Platform
from .resources import ENDPOINTS
from .routes import Call, Endpoint
from .store import Body

SEVER = "sandbox.sever"


@dataclass(frozen=True)
class Answer:
    """What goes back to the caller."""

    status: int
    body: Body
    replayed: bool = False


@dataclass(frozen=True)
class Door:
    """Serves every registered endpoint of one platform."""

    platform: Platform
    in_flight: InFlight = field(default_factory=InFlight)

    def serve(self, endpoint: Endpoint, ids: dict[str, str]) -> Response:
        """Answer the current request."""
        key = request.headers.get("Idempotency-Key") if endpoint.method == "POST" else None
        cause = Cause(objects.new_id("req_", 14), key)
        try:
            _authenticate(request, self.platform.api_key)
            with self.in_flight.claim(key):
                answer = self._faulty(endpoint, ids, cause)
        except ApiError as error:
            answer = Answer(error.status, error.body())
        return _response(answer, cause)

    def _faulty(self, endpoint: Endpoint, ids: dict[str, str], cause: Cause) -> Answer:
        fault = faults.take(self.platform.store, request.method, request.path)
        if fault.kind in ("reset", "reset_after"):
            request.environ[SEVER] = True
        if fault.kind == "reset":
            return Answer(500, {})
        if fault.kind == "delay":
            time.sleep(fault.seconds)
        if fault.kind == "429":
            raise faults.too_many()
        if fault.kind == "500":
            raise faults.server_error()
        payments.expire_due(self.platform)
        return self._once(endpoint, ids, cause, fault)

    def _once(self, endpoint: Endpoint, ids: dict[str, str], cause: Cause, fault: Fault) -> Answer:
        pairs = _pairs(request)
        store = self.platform.store
        asked = None
        if cause.idempotency_key:
            asked = idempotency.question(cause.idempotency_key, request.path, pairs)
        try:
            with store.transaction():
                known = idempotency.recall(store, asked) if asked else None
                if known:
                    return Answer(*known, replayed=True)
                return self._answer(endpoint, ids, cause, pairs=pairs, asked=asked, fault=fault)
        except ApiError as error:
            if asked and error.kept:
                with store.transaction():
                    idempotency.remember(store, asked, error.status, error.body())
            raise

    def _answer(
        self,
        endpoint: Endpoint,
        ids: dict[str, str],
        cause: Cause,
        *,
        pairs: params.Pairs,
        asked: Question | None,
        fault: Fault,
    ) -> Answer:
        checked = params.check(endpoint.params, pairs, endpoint.accepts)
        call = Call(platform=self.platform, params=checked, ids=ids, cause=cause)
        body = endpoint.handler(call)
        answer = Answer(200, reading.expand(self.platform, body, checked.get("expand", [])))
        if fault.kind == "500_after":
            # The effect stays, and like Stripe the key remembers the 500.
            answer = Answer(500, faults.server_error().body())
        if asked:
            idempotency.remember(self.platform.store, asked, answer.status, answer.body)
        return answer


def register(app: Flask, platform: Platform) -> None:
    """Add every endpoint of the API to the application."""
    door = Door(platform)
    for endpoint in ENDPOINTS:
        app.add_url_rule(
            endpoint.path,
            endpoint=f"{endpoint.method} {endpoint.path}",
            view_func=lambda _endpoint=endpoint, **ids: door.serve(_endpoint, ids),
            methods=[endpoint.method],
            provide_automatic_options=False,
        )


def unknown_url() -> Response:
    """Answer for a path or method the API does not have."""
    error = ApiError(
        f"Unrecognized request URL ({request.method}: {request.path}). Please see"
        " https://stripe.com/docs or we can help at https://support.stripe.com/.",
        status=404,
    )
    return _response(Answer(404, error.body()), Cause(objects.new_id("req_", 14)))


def refused(error: HTTPException) -> Response:
    """Answer for a request that is broken below the level of parameters, such as too large."""
    body = ApiError(error.description or error.name).body()
    return _response(Answer(error.code or 400, body), Cause(objects.new_id("req_", 14)))


def crashed() -> Response:
    """Answer for a mistake of the stand-in itself."""
    body = ApiError("The stand-in for Stripe failed.", status=500, type_="api_error").body()
    return _response(Answer(500, body), Cause(objects.new_id("req_", 14)))


def _authenticate(asking: Request, api_key: str) -> None:
    scheme, _, given = asking.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given:
        raise ApiError(
            "You did not provide an API key. You need to provide your API key in the Authorization"
            " header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            status=401,
        )
    if not hmac.compare_digest(given.encode(), api_key.encode()):
        hidden = f"{given[:8]}{'*' * 8}{given[-4:]}" if len(given) > 16 else "*" * 8
        raise ApiError(f"Invalid API Key provided: {hidden}", status=401)
    if asking.headers.get("Stripe-Account"):
        # To ignore it would book a connected account's business on the platform.
        raise ApiError(
            "The provided key does not have access to that account.",
            status=403,
            code="account_invalid",
        )
    version = asking.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise ApiError(
            f"Invalid Stripe API version: {version}. This stand-in speaks {API_VERSION} only."
        )


def _pairs(asking: Request) -> params.Pairs:
    if asking.method == "POST" and asking.args:
        raise ApiError("Parameters of a POST belong in its body.")
    if asking.method == "POST" and asking.get_data() and not asking.form:
        raise bad_value("body", "Invalid request: the body must be form-encoded.")
    source = asking.form if asking.method == "POST" else asking.args
    return list(source.items(multi=True))


def _response(answer: Answer, cause: Cause) -> Response:
    response = Response(
        json.dumps(answer.body, indent=2), answer.status, mimetype="application/json"
    )
    response.headers["Request-Id"] = cause.request_id or ""
    response.headers["Stripe-Version"] = API_VERSION
    response.headers["Cache-Control"] = "no-cache, no-store"
    if cause.idempotency_key:
        response.headers["Idempotency-Key"] = cause.idempotency_key
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if answer.status >= 500 or answer.status == 409:
        response.headers["Stripe-Should-Retry"] = "false" if answer.status >= 500 else "true"
    return response
