"""Whatever people, Stripe and time do, in whatever order: the invariants of money hold.

A Hypothesis state machine drives the real services against the Stripe stand-in, whose clock it
moves; after every step `audit_money` must find nothing, at the end Stripe's own lists included.
"""

import random
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from catalog import services as catalog
from makers_market.core import audit
from makers_market.core.errors import Refusal
from orders import services as orders
from orders.models import Order, Shipment
from payments import services as payments
from payments.models import Payment
from tests import factories
from tests.worker import run_jobs

OUTCOMES = ["pay", "decline", "later", "confirm", "fail"]


class Money(RuleBasedStateMachine):
    """A shop of scarce pieces, one personal, one made to order; its people, and Stripe."""

    provider: Any

    def __init__(self) -> None:
        super().__init__()
        self.provider.reset()
        self.around = transaction.atomic()
        # Durable blocks of the services may stand inside: this is the test's own frame.
        self.around._from_testcase = True  # type: ignore[attr-defined]
        self.around.__enter__()
        self.pieces = [factories.variant(stock=3, price_cents=cents) for cents in (2400, 5800)]
        self.ring = factories.variant(stock=2, price_cents=3300)
        self.asked = factories.personal(self.ring, extra_cents=700)
        self.vase = factories.made_to_order(per_week=3, price_cents=9900)
        self.told = 0

    def teardown(self) -> None:
        try:
            self._hand_over()
            run_jobs()
            found = audit.breaches(with_provider=True)
            assert found == {}, found
        finally:
            transaction.set_rollback(True)
            self.around.__exit__(None, None, None)

    def _one(self, model: Any, number: int) -> Any:
        rows = list(model.objects.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    def _hand_over(self, shuffle: int = 0) -> None:
        """Deliver Stripe's events, those already delivered too, in some order."""
        events = self.provider.events()
        random.Random(shuffle).shuffle(events)  # noqa: S311
        for event in events:
            payments.receive_event(event, at=timezone.now())

    @rule(first=st.integers(0, 2), second=st.integers(0, 2))
    def place(self, first: int, second: int) -> None:
        wishes = [(p, n) for p, n in zip(self.pieces, (first, second), strict=True) if n]
        if wishes:
            try:
                factories.order(*wishes)
            except catalog.SoldOut:
                return

    @rule(
        names=st.lists(st.sampled_from(["Ada", "Eve"]), min_size=1, max_size=2), made=st.booleans()
    )
    def place_personal(self, names: list[str], made: bool) -> None:
        """Order engraved rings, perhaps with a vase that is made for the shopper."""
        basket = None
        try:
            for name in names:
                raw = {self.asked.input_name: name}
                basket = orders.add_to_basket(basket, sku=self.ring.sku, quantity=1, raw=raw)
            if made:
                basket = orders.add_to_basket(basket, sku=self.vase.sku, quantity=1)
            factories.place(basket)
        except Refusal:
            return

    @rule(quantity=st.integers(1, 2))
    def place_made(self, quantity: int) -> None:
        try:
            factories.order((self.vase, quantity))
        except catalog.SoldOut:
            return

    @rule(is_made=st.booleans(), per_week=st.sampled_from([None, 1, 3]))
    def change_making(self, is_made: bool, per_week: int | None) -> None:
        """The maker changes their mind while orders are on their way."""
        at = timezone.now()
        maker = self.vase.product.maker_id
        catalog.set_capacity(maker, per_week, by="mo", at=at)
        catalog.set_making(
            self.vase.product_id, is_made_to_order=is_made, days_min=3, days_max=5, by="mo", at=at
        )

    @rule(number=st.integers(0, 9))
    def start(self, number: int) -> None:
        if order := self._one(Order, number):
            self._unless_refused(payments.start_payment, order.pk, at=timezone.now())

    @rule(number=st.integers(0, 9), outcome=st.sampled_from(OUTCOMES))
    def at_stripe(self, number: int, outcome: str) -> None:
        payment = self._one(Payment, number)
        if payment and payment.session_id:
            answer = self.provider.http.post(
                f"{self.provider.url}/_sandbox/sessions/{payment.session_id}/outcome",
                json={"outcome": outcome},
                timeout=10,
            )
            assert answer.status_code < 500

    @rule(number=st.integers(0, 9))
    def cancel(self, number: int) -> None:
        if order := self._one(Order, number):
            self._unless_refused(payments.cancel_order, order.pk, by="buyer", at=timezone.now())

    @rule()
    def wait(self) -> None:
        """Let every open session expire at Stripe; then its clock agrees with ours again."""
        self.provider.tell("clock", advance=41 * 60)
        self.provider.tell("clock", offset=0)

    @rule(shuffle=st.integers(0, 99))
    def deliver_events(self, shuffle: int) -> None:
        self._hand_over(shuffle)

    @rule()
    def work(self) -> None:
        run_jobs()

    @rule(number=st.integers(0, 9), verb=st.sampled_from(["accept", "ship", "cancel"]))
    def maker(self, number: int, verb: str) -> None:
        if parcel := self._one(Shipment, number):
            call = getattr(orders, f"{verb}_shipment")
            self._unless_refused(call, parcel.pk, by="mo", at=timezone.now())

    @rule(kind=st.sampled_from(["500", "reset_after", "429"]))
    def stumble(self, kind: str) -> None:
        """Stripe stumbles once at the next session; the job or the shopper tries again."""
        self.provider.fault("/v1/checkout/sessions", kind)
        if order := self._one(Order, 0):
            self._unless_refused(payments.start_payment, order.pk, at=timezone.now())
        self.provider.tell("knobs", fault=None)

    @invariant()
    def nothing_is_broken(self) -> None:
        found = audit.breaches()
        assert found == {}, found

    def _unless_refused(self, call: Any, *args: Any, **named: Any) -> None:
        try:
            call(*args, **named)
        except Refusal:
            return


def run(provider: Any, *, examples: int, steps: int) -> None:
    machine = type("Machine", (Money,), {"provider": provider})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            phases=[Phase.generate],  # a failing run is told whole: shrinking it takes minutes
        ),
    )


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("inbox")
def test_money_holds_under_any_steps(provider):
    run(provider, examples=5, steps=15)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.django_db
@pytest.mark.usefixtures("inbox")
def test_money_holds_under_many_steps(provider):
    run(provider, examples=60, steps=30)
