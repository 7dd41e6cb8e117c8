"""What Stripe refuses about a new Checkout Session beyond the types of its parameters.

Limits: docs.stripe.com/api/checkout/sessions/create and docs.stripe.com/currencies.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from ..errors import ApiError, bad_value

SHORTEST_LIFE = 30 * 60
LONGEST_LIFE = 24 * 3600
_SMALLEST_TOTAL = 50
_LARGEST_TOTAL = 99_999_999
_MOST_LINES = 100
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
# What a Portuguese platform has switched on in its dashboard; Stripe works it out per session.
_SWITCHED_ON = ("card", "link", "mb_way", "multibanco")


def check_new(params: dict[str, Any], now: int) -> None:
    """Raise ApiError for the first thing that is wrong; `now` is in Unix seconds."""
    _check_mode(params)
    _check_lines(params)
    _check_urls(params)
    _check_expiry(params, now)
    if not _EMAIL.match(params.get("customer_email", "a@b.pt")):
        email = params["customer_email"]
        raise bad_value("customer_email", f"Invalid email address: {email}", "email_invalid")
    if len(params.get("client_reference_id", "")) > 200:
        raise bad_value("client_reference_id", "Must be at most 200 characters.")
    check_metadata(params.get("metadata", {}), "metadata")
    data = params.get("payment_intent_data", {})
    check_metadata(data.get("metadata", {}), "payment_intent_data[metadata]")


def check_total(total: int) -> None:
    """Raise ApiError unless Stripe would take this many cents."""
    if total < _SMALLEST_TOTAL:
        raise bad_value(
            "line_items",
            "The Checkout Session's total amount due must add up to at least €0.50 eur",
            "amount_too_small",
        )
    if total > _LARGEST_TOTAL:
        raise bad_value(
            "line_items",
            "The Checkout Session's total amount due must be no more than €999,999.99 eur",
            "amount_too_large",
        )


def methods_offered(params: dict[str, Any]) -> list[str]:
    """Give the payment methods that are switched on, allowed and not excluded."""
    allowed = params.get("allowed_payment_method_types", _SWITCHED_ON)
    excluded = params.get("excluded_payment_method_types", ())
    offered = [each for each in _SWITCHED_ON if each in allowed and each not in excluded]
    if not offered:
        raise ApiError("No valid payment method types for this Checkout Session.")
    return offered


def check_metadata(metadata: Any, param: str) -> None:
    """Raise ApiError beyond 50 keys of 40 characters with values of 500 (docs: metadata)."""
    if metadata == "":
        return
    if len(metadata) > 50:
        raise bad_value(param, "You can only set 50 metadata keys.")
    for key, value in metadata.items():
        if len(key) > 40:
            raise bad_value(param, f"Metadata keys must be at most 40 characters: {key}")
        if len(value) > 500:
            raise bad_value(f"{param}[{key}]", "Metadata values must be at most 500 characters.")


def checked_limit(params: dict[str, Any]) -> int:
    """Give a list's page size, 1 to 100, 10 when not said."""
    limit: int = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise bad_value("limit", "Invalid limit: must be between 1 and 100.")
    return limit


def _missing(param: str) -> ApiError:
    return bad_value(param, f"Missing required param: {param}.", "parameter_missing")


def _check_mode(params: dict[str, Any]) -> None:
    for name in ("mode", "line_items", "success_url"):
        if name not in params:
            raise _missing(name)
    if params["mode"] != "payment":
        raise bad_value("mode", "This stand-in for Stripe supports mode=payment only.")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise bad_value("ui_mode", "This stand-in for Stripe supports the hosted page only.")
    _check_currency(params.get("currency", "eur"), "currency")


def _check_currency(currency: str, param: str) -> None:
    if currency.lower() != "eur":
        raise bad_value(param, f"Invalid currency: {currency}. The stand-in supports eur only.")


def _check_lines(params: dict[str, Any]) -> None:
    if not 1 <= len(params["line_items"]) <= _MOST_LINES:
        raise bad_value("line_items", f"line_items must have 1 to {_MOST_LINES} items.")
    for place, line in enumerate(params["line_items"]):
        _check_line(line, f"line_items[{place}]")


def _check_line(line: dict[str, Any], at: str) -> None:
    if "price" in line:
        raise bad_value(f"{at}[price]", f"No such price: '{line['price']}'", "resource_missing")
    for name in ("price_data", "quantity"):
        if name not in line:
            raise _missing(f"{at}[{name}]")
    price_data = line["price_data"]
    for name in ("unit_amount", "product_data"):
        if name not in price_data:
            raise _missing(f"{at}[price_data][{name}]")
    _check_currency(price_data["currency"], f"{at}[price_data][currency]")
    if price_data["unit_amount"] < 0:
        raise bad_value(f"{at}[price_data][unit_amount]", "Invalid non-negative integer")
    if not 1 <= line["quantity"] <= 999_999:
        raise bad_value(f"{at}[quantity]", "Invalid quantity: must be between 1 and 999999.")
    if len(price_data["product_data"].get("images", [])) > 8:
        raise bad_value(f"{at}[price_data][product_data][images]", "At most 8 images.")
    check_metadata(line.get("metadata", {}), f"{at}[metadata]")


def _check_urls(params: dict[str, Any]) -> None:
    for name in ("success_url", "cancel_url"):
        url = params.get(name, "https://example.com")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > 5000:
            raise bad_value(
                name,
                "Not a valid URL. An explicit scheme (such as https) must be provided.",
                "url_invalid",
            )


def _check_expiry(params: dict[str, Any], now: int) -> None:
    expires_at = params.get("expires_at")
    if expires_at is None:
        return
    if expires_at < now + SHORTEST_LIFE:
        raise bad_value(
            "expires_at",
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session"
            " creation.",
        )
    if expires_at > now + LONGEST_LIFE:
        raise bad_value(
            "expires_at",
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
        )
