"""Knobs for tests and the curious, under /_sandbox/; not a part of Stripe."""

import random
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, render_template, request

from . import charging, faults, payments, refunding
from .errors import ApiError, bad_value, no_such
from .platform import API_VERSION, Platform
from .reading import fetch

_KNOBS: dict[str, Callable[[Any], bool]] = {
    "hold_events": lambda value: isinstance(value, bool),
    "shuffle_events": lambda value: isinstance(value, bool),
    "duplicate_events": lambda value: type(value) is int and 0 <= value <= 100,
    "refunds": lambda value: value in ("succeed", "pending", "fail"),
}
_OUTCOMES: dict[str, Callable[[Platform, str], object]] = {
    "pay": payments.pay,
    "decline": payments.decline,
    "insufficient": lambda platform, id_: payments.decline(platform, id_, charging.POOR_CARD),
    "challenge": payments.challenge,
    "later": payments.promise,
    "confirm": payments.confirm,
    "fail": payments.fail,
    "expire": payments.expire,
}


def controls(platform: Platform) -> Blueprint:
    """Give everything under /_sandbox/."""
    blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")
    panel = Panel(platform)
    blueprint.add_url_rule("/", view_func=panel.page, methods=["GET"])
    blueprint.add_url_rule("/state", view_func=panel.state, methods=["GET"])
    for path, view in (
        ("/knobs", panel.knobs),
        ("/clock", panel.clock),
        ("/deliver", panel.deliver),
        ("/release", panel.release),
        ("/webhook", panel.webhook),
        ("/reset", panel.reset),
        ("/sessions/<session_id>/outcome", panel.outcome),
        ("/refunds/<refund_id>", panel.refund),
    ):
        blueprint.add_url_rule(path, view_func=view, methods=["POST"])
    return blueprint


def _asked() -> dict[str, Any]:
    asked = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(asked, dict):
        raise ApiError("The body must be a JSON object.")
    return asked


class Panel:
    """The controls of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store

    def page(self) -> Response:
        """Show what is here, for people."""
        deliveries = self._store.run(
            "select d.*, json_extract(o.body, '$.type') as type from deliveries d"
            " left join objects o on o.id = d.event order by d.seq desc limit 50"
        )
        html = render_template(
            "control.html",
            version=API_VERSION,
            state=self._state(),
            sessions=self._store.find("checkout.session", limit=30),
            events=self._store.find("event", limit=50),
            deliveries=deliveries,
            public_url=self._platform.public_url,
        )
        return Response(html, mimetype="text/html")

    def state(self) -> Response:
        """Give clock, knobs, faults, and counts of objects and deliveries, for tests to poll."""
        return jsonify(self._state())

    def _state(self) -> dict[str, Any]:
        deliveries = dict.fromkeys(("held", "due", "done", "dead"), 0)
        for row in self._store.run("select state, count(*) as n from deliveries group by state"):
            deliveries[row["state"]] = row["n"]
        kinds = self._store.run("select kind, count(*) as n from objects group by kind")
        return {
            "now": self._platform.now(),
            "clock_offset": self._store.setting("clock_offset", 0),
            "knobs": self._store.setting("knobs", {}),
            "faults": self._store.setting("faults", []),
            "webhook_url": (self._store.setting("webhook") or {}).get("url"),
            "deliveries": deliveries,
            "objects": {row["kind"]: row["n"] for row in kinds},
        }

    def knobs(self) -> Response:
        """Turn some knobs and leave the others; `fault` null takes all faults back."""
        asked = _asked()
        fault = asked.pop("fault", faults.NONE)
        for name, value in asked.items():
            if name not in _KNOBS or not _KNOBS[name](value):
                raise bad_value(name, f"No such knob, or not a value for it: {name}={value!r}")
        with self._store.transaction():
            if fault is not faults.NONE:
                faults.order(self._store, fault)
            self._store.set("knobs", {**self._store.setting("knobs", {}), **asked})
        return self.state()

    def clock(self) -> Response:
        """Move the clock by `advance` seconds, or to `offset` seconds from the machine's."""
        asked = _asked()
        if not asked or not all(type(asked.get(name, 0)) in (int, float) for name in asked):
            raise bad_value("advance", "Give advance or offset, in seconds.")
        with self._store.transaction():
            offset = asked.get("offset", self._store.setting("clock_offset", 0))
            self._store.set("clock_offset", offset + asked.get("advance", 0))
        expired = payments.expire_due(self._platform)
        return jsonify({**self._state(), "expired": expired})

    def deliver(self) -> Response:
        """Deliver one event again, `times` times, held back or not."""
        asked = _asked()
        event = fetch(self._platform, "event", str(asked.get("event")), param="event")
        with self._store.transaction():
            self._platform.queue(event["id"], copies=int(asked.get("times", 1)))
        return self.state()

    def release(self) -> Response:
        """Let the held deliveries go, in order of events, or `shuffle`d."""
        asked = _asked()
        with self._store.transaction():
            rows = self._store.run("select seq from deliveries where state = 'held' order by seq")
            released = [row["seq"] for row in rows]
            if asked.get("shuffle", self._platform.knob("shuffle_events")):
                random.shuffle(released)
            start = time.time() - 1
            for place, seq in enumerate(released):
                self._store.change(
                    "update deliveries set state = 'due', next_at = ? where seq = ?",
                    (start + place / 1_000_000, seq),
                )
        return jsonify({**self._state(), "released": len(released)})

    def webhook(self) -> Response:
        """Change where events go; `url` null switches deliveries off."""
        asked = _asked()
        set_webhook(self._platform, asked.get("url"), asked.get("secret"))
        return self.state()

    def reset(self) -> Response:
        """Forget everything but the webhook endpoint."""
        with self._store.transaction():
            endpoint = self._store.setting("webhook")
            self._store.clear()
            self._store.set("webhook", endpoint)
        return self.state()

    def outcome(self, session_id: str) -> Response:
        """Do to a session what a shopper or a bank would; any method, offered or not."""
        name = str(_asked().get("outcome"))
        if name not in _OUTCOMES:
            raise bad_value("outcome", f"Invalid outcome: must be one of {', '.join(_OUTCOMES)}")
        payments.expire_due(self._platform)
        _OUTCOMES[name](self._platform, session_id)
        return jsonify(fetch(self._platform, "checkout.session", session_id))

    def refund(self, refund_id: str) -> Response:
        """Let the bank finish a refund, or reject it late."""
        return jsonify(refunding.settle(self._platform, refund_id, str(_asked().get("status"))))


def set_webhook(platform: Platform, url: str | None, secret: str | None) -> None:
    """Keep the webhook endpoint. Raises ApiError for a URL or a secret that cannot be meant."""
    if url is None:
        platform.store.set("webhook", None)
        return
    parts = urlsplit(str(url))
    known = (platform.store.setting("webhook") or {}).get("secret")
    secret = secret or known
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_value("url", f"Not a valid URL: {url}")
    if not secret:
        raise no_such("webhook secret", "", param="secret", status=400)
    platform.store.set("webhook", {"url": url, "secret": secret})
