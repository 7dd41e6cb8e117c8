"""Asking for one mail when a sold-out variant is back; the same answer for every address."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog import services
from catalog.models import Product, StockAlert, Variant
from catalog.wished import alerts_token
from orders import services as orders
from tests import factories
from tests.worker import waiting

pytestmark = pytest.mark.django_db
TOLD = "notifications.tell_alerts"


@pytest.fixture
def mug() -> Variant:
    return factories.variant("mug", stock=0)


def ask(client: Client, variant: Variant, email: str = "eve@example.com", **headers: str):
    return client.post("/alert/", {"variant": variant.sku, "email": email}, headers=headers)


def told() -> list[object]:
    """Give the variants of which a job will tell."""
    return [ids["variant_id"] for name, ids in waiting() if name == TOLD]


def test_ask_remembers_address_and_language(shopper: Client, mug: Variant):
    page = shopper.post("/pt/alert/", {"variant": mug.sku, "email": "Eve@Example.com"})

    assert page.status_code == 200
    assert list(StockAlert.objects.values_list("email", "language", "user", "told_at")) == [
        ("eve@example.com", "pt", None, None)
    ]


def test_ask_answers_the_same_to_everybody(shopper: Client, ada: User, mug: Variant):
    unknown = ask(shopper, mug, "nobody@example.com").content
    known = ask(shopper, mug, ada.email).content
    again = ask(shopper, mug, ada.email).content

    assert unknown == known == again
    assert b"We write to you once, as soon as it is back." in known
    assert StockAlert.objects.count() == 2


def test_ask_by_htmx_is_answered_in_place(shopper: Client, mug: Variant):
    page = ask(shopper, mug, **{"HX-Request": "true"}).text

    assert page.startswith('<div class="alert')
    assert "We write to you once" in page


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "x@example.com\nBcc: y@example.com",
                                   "a" * 250 + "@example.com"])  # fmt: skip
def test_ask_with_no_address_is_explained(shopper: Client, mug: Variant, email: str):
    page = ask(shopper, mug, email)

    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert not StockAlert.objects.exists()


def test_ask_belongs_to_the_account_only_with_its_own_address(ada: User, mug: Variant):
    client = factories.signed_in(ada)

    ask(client, mug, "friend@example.com")
    ask(client, mug, ada.email)

    assert set(StockAlert.objects.values_list("email", "user")) == {
        ("friend@example.com", None), (ada.email, ada.pk)
    }  # fmt: skip


def test_ask_is_limited(shopper: Client, mug: Variant, settings):
    settings.LIMITS = settings.LIMITS | {"alerts": (2, 3600)}

    answers = [ask(shopper, mug, f"{n}@example.com").status_code for n in range(3)]

    assert answers == [200, 200, 429]
    assert StockAlert.objects.count() == 2


def test_ask_for_what_shoppers_do_not_see_is_404(shopper: Client, mug: Variant):
    Product.objects.update(status="draft")

    assert ask(shopper, mug).status_code == 404
    assert not StockAlert.objects.exists()


def test_form_offers_an_account_s_address_after_load(shopper: Client, ada: User, mug: Variant):
    cached = shopper.get("/p/mug/").text
    guests = shopper.get(f"/alert/?variant={mug.sku}")
    own = factories.signed_in(ada).get(f"/alert/?variant={mug.sku}", headers={"HX-Request": "true"})

    assert "Tell me when it is back" in cached
    assert ada.email not in cached
    assert guests.status_code == 204
    assert 'value="ada@example.com"' in own.text
    assert own.headers["Cache-Control"] == "private, no-store"
    assert "hx-trigger" not in own.text


def test_end_link_forgets_an_address_only_when_pressed(mug: Variant):
    for email in ("eve@example.com", "ada@example.com"):
        services.ask_for_alert(mug, email=email, language="en", user=None, at=timezone.now())
    link = f"/alert/end/{alerts_token('eve@example.com')}/"

    looked = Client().get(link)
    kept = StockAlert.objects.count()
    pressed = Client(enforce_csrf_checks=True).post(link)

    assert "End back-in-stock alerts?" in looked.text
    assert kept == 2
    assert pressed.status_code == 200
    assert StockAlert.objects.get().email == "ada@example.com"
    assert Client().post("/alert/end/forged/").status_code == 404


def wait_for(variant: Variant) -> None:
    services.ask_for_alert(
        variant, email="eve@example.com", language="en", user=None, at=timezone.now()
    )


def test_receiving_stock_tells_nobody_when_nobody_waits(mug: Variant):
    services.receive_stock(mug, 2, reference="a", at=timezone.now())

    assert told() == []


def test_receiving_stock_tells_once(mug: Variant):
    wait_for(mug)

    services.receive_stock(mug, 2, reference="a", at=timezone.now())
    services.receive_stock(mug, 3, reference="b", at=timezone.now())

    assert told() == [mug.pk]


def test_releasing_the_last_one_tells(mo):
    piece = factories.variant("bowl", stock=1)
    services.hold_stock({piece.pk: 1})
    wait_for(piece)

    services.release_stock([services.Holding(piece.pk, 1)])

    assert told() == [piece.pk]


def test_an_order_that_is_not_paid_tells(mo):
    piece = factories.variant("bowl", stock=1)
    order = factories.order((piece, 1))
    wait_for(piece)

    orders.end_unpaid(order.pk, at=timezone.now())

    assert told() == [piece.pk]


def test_counting_more_tells(mug: Variant):
    wait_for(mug)

    services.correct_stock(mug, 4, seen=0, why="found", reference="c", by="test", at=timezone.now())

    assert told() == [mug.pk]


@pytest.mark.parametrize("on_hand", [5, 3])
def test_stock_that_was_never_gone_tells_nothing(on_hand: int):
    piece = factories.variant("bowl", stock=4)
    before = told()

    services.correct_stock(
        piece, on_hand, seen=4, why="counted", reference="c", by="test", at=timezone.now()
    )

    assert told() == before


def test_selling_tells_nothing():
    piece = factories.variant("bowl", stock=1)
    before = told()
    services.hold_stock({piece.pk: 1})

    services.sell_stock([services.Holding(piece.pk, 1)], reference="s", at=timezone.now())

    assert told() == before


def test_stock_that_does_not_come_tells_nothing(mug: Variant):
    with pytest.raises(services.TooMany):
        services.receive_stock(mug, 100_001, reference="a", at=timezone.now())

    assert told() == []


def test_bringing_a_piece_back_tells_of_what_there_is(mug: Variant):
    full = factories.variant(of=mug.product, options={"size": "big"}, stock=2)
    wait_for(mug)
    wait_for(full)
    services.retire_piece(mug.product_id, by="test", at=timezone.now())

    services.bring_back_piece(mug.product_id, by="test", at=timezone.now())

    assert told() == [full.pk]


def test_sweep_forgets_old_and_told_alerts(mug: Variant):
    at = timezone.now()
    ages = {"old": timedelta(days=181), "young": timedelta(days=179), "told": timedelta(days=30)}
    for name, age in ages.items():
        services.ask_for_alert(
            mug, email=f"{name}@example.com", language="en", user=None, at=at - age
        )
    StockAlert.objects.filter(email="told@example.com").update(told_at=at - timedelta(days=8))

    gone = services.sweep_alerts(at=at)

    assert gone == 2
    assert StockAlert.objects.get().email == "young@example.com"


def test_ask_again_lives_as_long_again(mug: Variant):
    at = timezone.now()
    for age in (timedelta(days=170), timedelta(0)):
        services.ask_for_alert(mug, email="eve@example.com", language="en", user=None, at=at - age)

    assert StockAlert.objects.get().asked_at == at
