"""One key, one effect; faults; and a memory that outlives `kill -9`."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.stripe_stand_in import KEY, StandIn, order, plain

pytestmark = pytest.mark.slow

pytest_plugins = ["tests.sandbox.stripe_plugin"]

SESSIONS = "/v1/checkout/sessions"


def sessions(bank: StandIn) -> int:
    """Give how many sessions there are."""
    return int(bank.state()["objects"].get("checkout.session", 0))


def create(bank: StandIn, key: str, **changes: Any) -> stripe.checkout.Session:
    """Create a session under a key."""
    return bank.client().v1.checkout.sessions.create(
        params=order(**changes), options={"idempotency_key": key}
    )


def test_same_key_gives_first_answer(bank: StandIn) -> None:
    first = create(bank, "k1")

    second = create(bank, "k1")

    assert str(second) == str(first)
    assert sessions(bank) == 1
    assert first.last_response is not None
    assert second.last_response is not None
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.headers["Idempotent-Replayed"] == "true"


def test_same_key_keeps_answer_when_object_moved_on(bank: StandIn) -> None:
    first = create(bank, "k1")
    bank.outcome(first.id, "pay")

    assert create(bank, "k1").status == "open"


def test_same_key_with_other_parameters_is_refused(bank: StandIn) -> None:
    create(bank, "k1")

    with pytest.raises(stripe.IdempotencyError) as refused:
        create(bank, "k1", client_reference_id="order-2")

    assert refused.value.http_status == 400
    assert sessions(bank) == 1


def test_same_key_with_other_path_is_refused(bank: StandIn, sdk: stripe.StripeClient) -> None:
    session = create(bank, "k1")

    with pytest.raises(stripe.IdempotencyError):
        sdk.v1.checkout.sessions.expire(session.id, options={"idempotency_key": "k1"})

    assert sdk.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_key_lives_24_hours(bank: StandIn) -> None:
    first = create(bank, "k1")
    bank.knob("clock", advance=24 * 3600 - 5)
    same = create(bank, "k1")

    bank.knob("clock", advance=10)
    other = create(bank, "k1")

    assert same.id == first.id
    assert other.id != first.id


def test_refused_parameters_leave_key_free(bank: StandIn) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        create(bank, "k1", mode="pay")

    assert create(bank, "k1").status == "open"


def test_refused_state_is_remembered(bank: StandIn, sdk: stripe.StripeClient) -> None:
    session = create(bank, "k1")
    bank.outcome(session.id, "pay")

    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.v1.checkout.sessions.expire(session.id, options={"idempotency_key": "k2"})

    assert refused.value.headers is not None
    assert refused.value.headers["Idempotent-Replayed"] == "true"


def test_long_key_is_refused(bank: StandIn) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        create(bank, "k" * 256)


def test_parallel_same_key_makes_one_object(bank: StandIn) -> None:
    bank.knob("knobs", fault={"path": SESSIONS, "kind": "delay", "seconds": 0.3})

    def attempt(_: int) -> str:
        try:
            return create(bank, "k1").id
        except stripe.APIError as error:
            return f"{error.http_status} {error.json_body['error']['code']}"

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(attempt, range(20)))

    made = {answer for answer in answers if answer.startswith("cs_")}
    assert len(made) == 1
    assert set(answers) - made == {"409 idempotency_key_in_use"}
    assert sessions(bank) == 1
    assert create(bank, "k1").id in made


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("429", stripe.RateLimitError),
        ("500", stripe.APIError),
        ("reset", stripe.APIConnectionError),
    ],
)
def test_fault_before_effect_changes_nothing(
    bank: StandIn, kind: str, error: type[stripe.StripeError]
) -> None:
    bank.knob("knobs", fault={"path": SESSIONS, "method": "POST", "kind": kind, "times": 2})

    for _ in range(2):
        with pytest.raises(error):
            create(bank, "k1")

    assert sessions(bank) == 0
    assert create(bank, "k1").status == "open"
    assert bank.state()["faults"] == []


def test_reset_after_effect_is_healed_by_same_key(bank: StandIn) -> None:
    bank.knob("knobs", fault={"path": SESSIONS, "method": "POST", "kind": "reset_after"})

    with pytest.raises(stripe.APIConnectionError):
        create(bank, "k1")
    assert sessions(bank) == 1
    healed = create(bank, "k1")

    assert sessions(bank) == 1
    assert healed.last_response is not None
    assert healed.last_response.headers["Idempotent-Replayed"] == "true"


def test_500_after_effect_is_remembered_like_stripe(
    bank: StandIn, sdk: stripe.StripeClient
) -> None:
    bank.knob("knobs", fault={"path": SESSIONS, "method": "POST", "kind": "500_after"})

    for _ in range(2):
        with pytest.raises(stripe.APIError) as broken:
            create(bank, "k1")
        assert broken.value.http_status == 500

    found = sdk.v1.checkout.sessions.list().data
    assert [plain(each.metadata) for each in found] == [{"order": "order-1", "attempt": "1"}]


def test_delay_lets_client_time_out_while_effect_happens(bank: StandIn) -> None:
    bank.knob("knobs", fault={"path": SESSIONS, "kind": "delay", "seconds": 0.4})
    hasty = stripe.StripeClient(
        KEY,
        base_addresses={"api": bank.url},
        http_client=stripe.RequestsClient(timeout=0.1),
    )

    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.checkout.sessions.create(params=order(), options={"idempotency_key": "k1"})
    time.sleep(0.5)

    assert sessions(bank) == 1
    assert create(bank, "k1").last_response.headers["Idempotent-Replayed"] == "true"


def test_fault_hits_only_its_path_and_method(bank: StandIn, sdk: stripe.StripeClient) -> None:
    bank.knob("knobs", fault={"path": "/v1/checkout/sessions/*/expire", "kind": "500", "times": 9})

    session = create(bank, "k1")

    with pytest.raises(stripe.APIError):
        sdk.v1.checkout.sessions.expire(session.id)
    assert sdk.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert bank.knob("knobs", fault=None)["faults"] == []
    assert sdk.v1.checkout.sessions.expire(session.id).status == "expired"


@pytest.mark.parametrize(
    "asked",
    [
        {"refunds": "maybe"},
        {"hold_events": 1},
        {"duplicate_events": -1},
        {"fault": {"kind": "x"}},
        {"x": 1},
    ],
)
def test_knobs_refuse_nonsense(bank: StandIn, asked: dict[str, Any]) -> None:
    before = bank.state()["knobs"]

    answer = bank.http.post(f"{bank.url}/_sandbox/knobs", json=asked, timeout=10)

    assert answer.status_code == 400
    assert (bank.state()["knobs"], bank.state()["faults"]) == (before, [])


def test_kill_9_loses_nothing(mortal_bank: StandIn) -> None:
    sdk = mortal_bank.client()
    kept = create(mortal_bank, "k1")
    paid = create(mortal_bank, "k2", client_reference_id="order-2")
    mortal_bank.outcome(paid.id, "pay")
    mortal_bank.knob("webhook", url="http://127.0.0.1:9/", secret="whsec_1")
    mortal_bank.knob("knobs", hold_events=True)
    intent = str(sdk.v1.checkout.sessions.retrieve(paid.id).payment_intent)
    sdk.v1.refunds.create(params={"payment_intent": intent, "amount": 100})
    mortal_bank.knob("clock", advance=100)
    before = mortal_bank.state()
    events = mortal_bank.types()

    mortal_bank.kill()
    with pytest.raises(requests.ConnectionError):
        mortal_bank.state()
    seconds = mortal_bank.start()

    after = mortal_bank.state()
    assert {**after, "now": 0} == {**before, "now": 0}
    assert before["now"] <= after["now"] <= before["now"] + 10
    assert mortal_bank.types() == events
    assert create(mortal_bank, "k1").id == kept.id
    assert seconds < 5
