"""The door Stripe's events come through: signed, fresh, once."""

import json
import time

import pytest
import stripe
from django.test import Client

from payments.models import StripeEvent
from tests import world
from tests.worker import waiting

pytestmark = pytest.mark.django_db
PATH = "/webhooks/stripe/"


def event(event_id: str = "evt_1", **more) -> dict:
    return {
        "id": event_id, "object": "event", "type": "charge.succeeded", "created": 1_700_000_000,
        "livemode": False, "data": {"object": {"id": "ch_1", "metadata": {}}},
    } | more  # fmt: skip


def post(told, *, at: float | None = None, secret: str = world.STRIPE_SECRET):
    body = told if isinstance(told, str) else json.dumps(told)
    header = stripe.WebhookSignature.generate_signature_header(
        payload=body, secret=secret, timestamp=int(at or time.time())
    )
    return Client().post(
        PATH, body, content_type="application/json", headers={"Stripe-Signature": header}
    )


def test_event_is_stored_and_a_job_deferred():
    assert post(event()).status_code == 200

    assert StripeEvent.objects.get().state == "received"
    assert waiting() == [("payments.apply_event", {"event_id": "evt_1"})]


def test_same_event_again_is_one():
    answers = [post(event()).status_code for _ in range(10)]

    assert answers == [200] * 10
    assert StripeEvent.objects.count() == 1
    assert len(waiting()) == 1


@pytest.mark.parametrize("seconds", [-301, 302, -(10**6), 10**8])
def test_stale_or_future_signature_is_refused(seconds):
    assert post(event(), at=time.time() + seconds).status_code == 400

    assert not StripeEvent.objects.exists()


def test_other_secret_is_refused():
    assert post(event(), secret="whsec_eve").status_code == 400

    assert not StripeEvent.objects.exists()


def test_second_secret_is_live_while_rotating(settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", world.STRIPE_SECRET]

    assert post(event()).status_code == 200
    assert post(event("evt_2"), secret="whsec_new").status_code == 200


@pytest.mark.parametrize("header", ["", "t=1", "v1=x", "t=x,v1=y", "t=,v1=", "t=1,v1=\u00e9"])
def test_broken_header_is_refused(header):
    answer = Client().post(
        PATH, json.dumps(event()), content_type="application/json",
        headers={"Stripe-Signature": header},
    )  # fmt: skip

    assert answer.status_code == 400
    assert not StripeEvent.objects.exists()


def test_unsigned_event_is_refused():
    answer = Client().post(PATH, json.dumps(event()), content_type="application/json")

    assert answer.status_code == 400
    assert not StripeEvent.objects.exists()


def test_live_event_is_refused_in_test_mode():
    assert post(event(livemode=True)).status_code == 400

    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    ["", "{}", "[]", "null", "{", '"x"', '{"object":"event"}', json.dumps(event(id=7)),
     json.dumps(event(id="x")), json.dumps(event(created="x")), json.dumps(event(data=[])),
     json.dumps(event(type=None)), json.dumps(event(data={"object": "x"})),
     json.dumps(event(data={"object": {"id": "ch_\0"}}))],
)  # fmt: skip
def test_signed_nonsense_is_refused(body):
    assert post(body).status_code == 400

    assert not StripeEvent.objects.exists()


def test_huge_event_is_refused():
    assert post(" " * (256 * 1024 + 1)).status_code == 400


def test_get_is_not_allowed():
    assert Client().get(PATH).status_code == 405
