"""The pool's addresses, at the paths Cognito has them at.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
"""

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from sandbox.world.signin.people import PEOPLE, Person
from sandbox.world.signin.tokens import Pool

_ASKED = ("client_id", "redirect_uri", "response_type", "state", "nonce", "scope")
_PROOF = ("code_challenge", "code_challenge_method")


def pages(pool: Pool) -> Blueprint:
    """Return what people see: whom to be, and the way back to the shop."""
    desk = Blueprint("desk", __name__)

    @desk.get("/")
    def _home() -> str:
        return render_template("signin.html", people=PEOPLE, asked=None)

    @desk.get("/oauth2/authorize")
    def _choose() -> Response:
        _check(pool)
        through = request.args.get("identity_provider", "")
        people = [person for person in PEOPLE if through in ("", person.through)]
        asked = {name: request.args[name] for name in _ASKED + _PROOF if name in request.args}
        shown = render_template("signin.html", people=people, asked=asked)
        return _with_way_back(make_response(shown), pool)

    @desk.post("/oauth2/authorize")
    def _chosen() -> AnyResponse:
        _check(pool)
        person = _person(request.values.get("person", ""))
        if person is None:
            return _back(pool, error="access_denied")
        code = pool.code_for(
            person,
            nonce=request.values.get("nonce", ""),
            challenge=request.values["code_challenge"],
        )
        return _back(pool, code=code)

    @desk.get("/logout")
    def _logout() -> AnyResponse:
        target = request.args.get("logout_uri", "")
        if _origin(target) != _origin(pool.client.redirect_uri):
            raise BadRequest("logout_uri is not on the client's list.")
        return redirect(target)

    return desk


def machine(pool: Pool) -> Blueprint:
    """Return what the shop's server asks."""
    api = Blueprint("machine", __name__)

    @api.get("/.well-known/openid-configuration")
    def _configuration() -> Response:
        return jsonify(
            {
                "issuer": pool.issuer,
                "authorization_endpoint": f"{pool.issuer}/oauth2/authorize",
                "token_endpoint": f"{pool.issuer}/oauth2/token",
                "jwks_uri": f"{pool.issuer}/.well-known/jwks.json",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        )

    @api.get("/.well-known/jwks.json")
    def _keys() -> Response:
        return jsonify(pool.keys())

    @api.post("/oauth2/token")
    def _token() -> tuple[Response, int]:
        form = request.form
        if not pool.is_client(form.get("client_id", ""), form.get("client_secret", "")):
            return jsonify({"error": "invalid_client"}), 401
        tokens = pool.trade(
            form.get("code", ""),
            redirect_uri=form.get("redirect_uri", ""),
            verifier=form.get("code_verifier", ""),
        )
        if tokens is None:
            return jsonify({"error": "invalid_grant"}), 400
        return jsonify(tokens), 200

    return api


def _check(pool: Pool) -> None:
    """Refuse, with a page and not a redirect, what is not the shop's own wish."""
    wanted = {
        "client_id": pool.client.id,
        "redirect_uri": pool.client.redirect_uri,
        "response_type": "code",
        "code_challenge_method": "S256",
    }
    for name, value in wanted.items():
        if request.values.get(name) != value:
            raise BadRequest(f"{name} must be {value}.")
    if not request.values.get("code_challenge"):
        raise BadRequest("code_challenge is missing.")


def _person(sub: str) -> Person | None:
    return next((person for person in PEOPLE if person.sub == sub), None)


def _back(pool: Pool, **answer: str) -> AnyResponse:
    told = answer | {"state": request.values.get("state", ""), "iss": pool.issuer}
    return redirect(f"{pool.client.redirect_uri}?{urlencode(told)}", 303)


def _with_way_back(response: Response, pool: Pool) -> Response:
    """Let the form's answer lead to the shop: browsers hold redirects to the policy too."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none';"
        f" form-action 'self' {_origin(pool.client.redirect_uri)}"
    )
    return response


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
