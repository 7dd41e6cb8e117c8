"""The inbox: every mail that was sent, for people to read and for tests to ask."""

import re
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import BadRequest, NotFound

from sandbox.world.resend.store import Store
from sandbox.world.serving import Fault, Faults

_HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)
_MOST_SHOWN = 200


def pages(store: Store, faults: Faults) -> Blueprint:
    """Return the pages and the controls over `store`."""
    inbox = Blueprint("inbox", __name__)

    @inbox.get("/")
    def _list() -> str:
        to, subject = request.args.get("to", ""), request.args.get("subject", "")
        mails = store.find(to=to, subject=subject, limit=_MOST_SHOWN)
        return render_template("inbox.html", mails=mails, to=to, subject=subject)

    @inbox.get("/mail/<mail_id>")
    def _mail(mail_id: str) -> str:
        mail = store.get(mail_id)
        if mail is None:
            raise NotFound("There is no such mail.")
        return render_template("mail.html", mail=mail, page=framed(mail["html"] or ""))

    @inbox.get("/_sandbox/mails")
    def _mails() -> Response:
        to, subject = request.args.get("to", ""), request.args.get("subject", "")
        return jsonify({"mails": store.find(to=to, subject=subject)})

    @inbox.post("/_sandbox/knobs")
    def _knobs() -> Response:
        order: Any = request.get_json(force=True)
        fault = order.get("fault") if isinstance(order, dict) else None
        try:
            faults.order(Fault.parse(fault)) if fault else faults.clear()
        except (ValueError, TypeError) as error:
            raise BadRequest(str(error)) from error
        return jsonify({"ok": True})

    @inbox.post("/_sandbox/reset")
    def _reset() -> Response:
        store.clear()
        faults.clear()
        return jsonify({"ok": True})

    return inbox


def framed(html: str) -> str:
    """Return the mail's HTML with its links leading out of the frame it is shown in."""
    base = '<base target="_top">'
    if _HEAD.search(html):
        return _HEAD.sub(lambda found: found.group(0) + base, html, count=1)
    return base + html
