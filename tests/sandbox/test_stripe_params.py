"""What the API refuses about a request: who asks, and parameters the SDK's types do not know."""

from typing import Any

import pytest
import stripe

from sandbox.world.stripe.errors import ApiError
from sandbox.world.stripe.params import decode
from tests.sandbox.stripe_stand_in import KEY, StandIn, line, order

pytest_plugins = ["tests.sandbox.stripe_plugin"]

NAMELESS = {"price_data": {"currency": "eur", "unit_amount": 100}, "quantity": 1}
NO_CURRENCY = {"price_data": {"unit_amount": 100, "product_data": {"name": "Mug"}}, "quantity": 1}


def changed(**changes: Any) -> dict[str, Any]:
    """Give the line of a mug with some of its fields changed."""
    return {**line("Mug", 1250), **changes}


def priced(**changes: Any) -> dict[str, Any]:
    """Give the line of a mug with some of its price fields changed."""
    mug = line("Mug", 1250)
    return {**mug, "price_data": {**mug["price_data"], **changes}}


REFUSED: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "typo": ({"sucess_url": "x"}, "parameter_unknown", "sucess_url"),
    "nested typo": (
        {"payment_intent_data": {"transfer_grp": "x"}},
        "parameter_unknown",
        "payment_intent_data[transfer_grp]",
    ),
    "removed from this API version": (
        {"payment_method_types": ["card"]},
        "parameter_unknown",
        "payment_method_types",
    ),
    "client option on the wire": ({"api_key": "x"}, "parameter_unknown", "api_key"),
    "word for integer": ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
    "python integer": ({"expires_at": "1_000"}, "parameter_invalid_integer", "expires_at"),
    "fraction": (
        {"line_items": [changed(quantity=1.5)]},
        "parameter_invalid_integer",
        "line_items[0][quantity]",
    ),
    "value for list": ({"line_items": "mug"}, None, "line_items"),
    "value for object": ({"metadata": "mug"}, None, "metadata"),
    "list for value": ({"mode": ["payment"]}, "parameter_invalid_type", "mode"),
    "bad mode": ({"mode": "pay"}, None, "mode"),
    "bad locale": ({"locale": "pt-XX"}, None, "locale"),
    "bad payment method": (
        {"allowed_payment_method_types": ["cash"]},
        None,
        "allowed_payment_method_types[0]",
    ),
    "bad currency": (
        {"line_items": [priced(currency="xyz")]},
        None,
        "line_items[0][price_data][currency]",
    ),
    "missing currency": (
        {"line_items": [NO_CURRENCY]},
        "parameter_missing",
        "line_items[0][price_data][currency]",
    ),
    "missing product": (
        {"line_items": [NAMELESS]},
        "parameter_missing",
        "line_items[0][price_data][product_data]",
    ),
    "quantity 0": ({"line_items": [changed(quantity=0)]}, None, "line_items[0][quantity]"),
    "negative price": (
        {"line_items": [priced(unit_amount=-1)]},
        None,
        "line_items[0][price_data][unit_amount]",
    ),
    "unknown price": (
        {"line_items": [{"price": "price_1", "quantity": 1}]},
        "resource_missing",
        "line_items[0][price]",
    ),
    "101 lines": ({"line_items": [line("Mug", 100)] * 101}, None, "line_items"),
    "49 cents": ({"line_items": [line("Pin", 49)]}, "amount_too_small", "line_items"),
    "a million euros": (
        {"line_items": [line("Gold", 100_000_000)]},
        "amount_too_large",
        "line_items",
    ),
    "empty text": ({"client_reference_id": ""}, "parameter_invalid_empty", "client_reference_id"),
    "address without scheme": ({"success_url": "shop.test/done"}, "url_invalid", "success_url"),
    "script address": ({"cancel_url": "javascript:alert(1)"}, "url_invalid", "cancel_url"),
    "bad e-mail": ({"customer_email": "ada"}, "email_invalid", "customer_email"),
    "51 notes": ({"metadata": {f"k{n}": "v" for n in range(51)}}, None, "metadata"),
    "long note": ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
    "not supported here": (
        {"allow_promotion_codes": True},
        "sandbox_unsupported",
        "allow_promotion_codes",
    ),
    "bad boolean": ({"allow_promotion_codes": "yes"}, None, "allow_promotion_codes"),
    "bad expansion": ({"expand": ["payment_intnt"]}, None, "expand"),
}


@pytest.mark.parametrize(("changes", "code", "param"), REFUSED.values(), ids=REFUSED)
def test_create_session_refuses_bad_parameter(
    bank: StandIn,
    sdk: stripe.StripeClient,
    changes: dict[str, Any],
    code: str | None,
    param: str,
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.checkout.sessions.create(params=order(**changes))

    assert (refused.value.http_status, refused.value.code, refused.value.param) == (
        400,
        code,
        param,
    )
    assert bank.state()["objects"] == {}


@pytest.mark.parametrize("missing", ["mode", "line_items", "success_url"])
def test_create_session_refuses_missing_parameter(sdk: stripe.StripeClient, missing: str) -> None:
    params = {name: value for name, value in order().items() if name != missing}

    with pytest.raises(stripe.InvalidRequestError, match="Missing required param") as refused:
        sdk.v1.checkout.sessions.create(params=params)

    assert refused.value.param == missing


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"created": {"since": 1}}, "created[since]"),
        ({"created": {"gte": "now"}}, "created[gte]"),
        ({"status": "paid"}, "status"),
        ({"starting_after": "cs_test_none"}, "starting_after"),
        ({"customer": "cus_1"}, "customer"),
    ],
)
def test_list_sessions_refuses_bad_parameter(
    sdk: stripe.StripeClient, params: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.checkout.sessions.list(params=params)

    assert refused.value.param == param


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer sk_test_of_somebody_else"}, 401),
        ({"Authorization": f"Basic {KEY}"}, 401),
        ({"Stripe-Account": "acct_1"}, 403),
        ({"Stripe-Version": "2020-08-27"}, 400),
    ],
)
def test_call_refuses_stranger(bank: StandIn, headers: dict[str, str], status: int) -> None:
    answer = bank.raw("GET", "/v1/balance", headers=headers)

    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert KEY not in answer.text


def test_sdk_raises_authentication_error_for_wrong_key(bank: StandIn) -> None:
    eve = stripe.StripeClient("sk_test_eve", base_addresses={"api": bank.url})

    with pytest.raises(stripe.AuthenticationError):
        eve.v1.balance.retrieve()


@pytest.mark.parametrize(
    "path",
    [
        "checkout/sessions/cs_1",
        "payment_intents/pi_1",
        "charges/ch_1",
        "refunds/re_1",
        "events/e_1",
    ],
)
def test_retrieve_answers_404_for_unknown_id(bank: StandIn, path: str) -> None:
    answer = bank.raw("GET", f"/v1/{path}")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "resource_missing"
    assert answer.headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/cats"), ("DELETE", "/v1/refunds")])
def test_call_answers_404_for_unknown_url(bank: StandIn, method: str, path: str) -> None:
    answer = bank.raw(method, path)

    assert answer.status_code == 404
    assert "Unrecognized request URL" in answer.json()["error"]["message"]


def test_call_answers_413_for_huge_body(bank: StandIn) -> None:
    answer = bank.raw("POST", "/v1/refunds", data={"reason": "x" * 1_100_000})

    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_call_refuses_json_body(bank: StandIn) -> None:
    answer = bank.raw("POST", "/v1/checkout/sessions", json=order())

    assert answer.status_code == 400
    assert "form-encoded" in answer.json()["error"]["message"]


def test_call_names_version_and_request(bank: StandIn) -> None:
    answer = bank.raw("GET", "/v1/balance", headers={"Stripe-Version": stripe.api_version})

    assert answer.status_code == 200
    assert answer.headers["Stripe-Version"] == stripe.api_version
    assert answer.headers["Request-Id"].startswith("req_")


def test_decode_reads_brackets() -> None:
    pairs = [
        ("items[0][name]", "a"),
        ("items[1][name]", "b"),
        ("types[]", "x"),
        ("types[]", "y"),
        ("metadata[0]", "zero"),
        ("plain", "1"),
    ]

    assert decode(pairs) == {
        "items": [{"name": "a"}, {"name": "b"}],
        "types": ["x", "y"],
        "metadata": {"0": "zero"},
        "plain": "1",
    }


@pytest.mark.parametrize(
    "keys",
    [["a[b"], ["[a]"], ["a]"], ["a[][b]"], ["a" + "[b]" * 20], ["a", "a"], ["a", "a[b]"]],
)
def test_decode_refuses_malformed_keys(keys: list[str]) -> None:
    with pytest.raises(ApiError):
        decode([(key, "x") for key in keys])
