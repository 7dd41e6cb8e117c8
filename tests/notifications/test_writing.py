"""What mails say: each kind, in both languages, as HTML and as plain text."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone, translation
from django.utils.html import escape

from accounts.models import Maker
from catalog.models import Picture
from makers_market.core.money import in_euros
from notifications import markup
from notifications.look import CRAFTS, DARK_BANDS
from notifications.writing import WRITERS, write
from orders import services as orders
from orders.models import Order, OrderLine, Shipment
from orders.models.basket import LINES_MAX
from payments.models import Payment, Refund
from tests import factories

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "pt")
HOSTILE = "<script>alert(1)</script> & Sons"
MARKUP = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
WEIGHT_MAX = 60 * 1024


@pytest.fixture
def makers(mo: Maker) -> list[Maker]:
    return [mo, factories.maker("rui", craft="soap", legal_name="Rui, Unipessoal Lda.")]


@pytest.fixture
def order(makers: list[Maker]) -> Order:
    """Two mugs of Mo and a soap of Rui, paid."""
    mo, rui = makers
    mug = factories.variant(
        "mug", maker=mo, price_cents=2400, options={"glaze": "Sage"},
        of=factories.product(
            "mug", maker=mo, title_en="Speckled mug", title_pt="Caneca salpicada",
            options=[{"name": "glaze", "values": ["Sage"]}],
        ),
    )  # fmt: skip
    Picture.objects.create(
        product=mug.product, digest="d" * 32, width=768, height=960, widths=[320], dominant=0
    )
    soap = factories.variant("soap", maker=rui, price_cents=900)
    made = factories.order((mug, 2), (soap, 1))
    orders.mark_paid(made.pk, at=timezone.now())
    return made


@pytest.fixture
def refund(order: Order) -> Refund:
    shipment = order.shipments.get(position=1)
    at = timezone.now()
    payment = Payment.objects.create(
        order=order, attempt=1, amount_cents=order.total_cents, expires_at=at, created_at=at
    )
    return Refund.objects.create(
        payment=payment, shipment=shipment, amount_cents=shipment.total_cents,
        reason="cancelled", token="once", requested_at=at,
    )  # fmt: skip


@pytest.fixture
def about(order: Order, refund: Refund) -> Callable[[str], UUID]:
    """Give the thing that a kind of mail is about."""
    shipment = order.shipments.get(position=1)
    subjects = {"shipment": shipment.uuid, "refund": refund.uuid}
    return lambda kind: subjects.get(kind.split("_")[0], order.uuid)


def marked_up(html: str) -> dict[str, Any]:
    """Read the mail's structured data; fails unless there is exactly one block of it."""
    (found,) = MARKUP.findall(html)
    return json.loads(found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", WRITERS)
def test_write_every_kind(kind: str, language: str, about: Callable, order: Order) -> None:
    mail = write(kind, about(kind), language=language)

    assert order.number in mail.subject
    assert "\n" not in mail.subject
    assert f'<html lang="{language}">' in mail.html
    assert mail.html.count("<h1") == 1
    assert mail.html.count("<a ") == 1
    assert len(mail.html.encode()) + len(mail.text.encode()) < WEIGHT_MAX
    for body in (mail.html, mail.text):
        assert "Makers Market, Lda." in body
        assert "PT500000000" in body
        assert order.number in body
        assert not re.search(r"\{[{%#]|%\(|None", body)


@pytest.mark.parametrize("kind", WRITERS)
def test_say_the_same_in_both_bodies(kind: str, about: Callable) -> None:
    mail = write(kind, about(kind), language="en")

    (link,) = re.findall(r'<a [^>]*href="([^"]+)"', mail.html)
    (heading,) = re.findall(r"<h1[^>]*>([^<]+)</h1>", mail.html)
    assert f": {link}\n" in mail.text
    assert heading in mail.text
    amounts = set(re.findall(r"€[\d.,]+\d", mail.html))
    assert amounts == set(re.findall(r"€[\d.,]+\d", mail.text))


@pytest.mark.parametrize("kind", WRITERS)
def test_load_nothing_from_elsewhere(kind: str, about: Callable, settings: Any) -> None:
    mail = write(kind, about(kind), language="en")

    sources = re.findall(r'src="([^"]+)"', mail.html)
    assert all(source.startswith(f"{settings.SITE_URL}/media/") for source in sources)
    assert "<link" not in mail.html
    assert "<svg" not in mail.html
    assert "javascript" not in mail.html


def test_thank_with_pieces_parcels_and_totals(order: Order, settings: Any) -> None:
    mail = write("order_paid", order.uuid, language="en")

    assert mail.subject == f"Paid: order {order.number}, 2 parcels on the way soon"
    picture = f"{settings.SITE_URL}/media/pictures/{'d' * 32}/320.jpg"
    assert f'src="{picture}" width="64" height="80" alt="Speckled mug"' in mail.html
    for body in (mail.html, mail.text):
        assert "Thank you, Ada. Mo and Rui are on it." in body
        assert "Sold by mo, Lda., tax number 500000001" in body
        assert "Sold by Rui, Unipessoal Lda., tax number 500000001" in body
        for fact in ("Speckled mug", "Sage", "2 × €24.00", "€48.00", "3 pieces", "€57.00"):
            assert fact in body
        assert in_euros(order.total_cents) in body
        assert in_euros(order.vat_cents) in body
        assert settings.SITE_URL + order.get_absolute_url() in body
        assert body.count("Arrives ") == 2


def test_write_amounts_titles_and_links_in_language(order: Order, settings: Any) -> None:
    mail = write("order_paid", order.uuid, language="pt")

    with translation.override("pt"):
        total, link = in_euros(order.total_cents), order.get_absolute_url()
    assert link.startswith("/pt/")
    for body in (mail.html, mail.text):
        assert "Caneca salpicada" in body
        assert "48,00 €" in body
        assert total in body
        assert settings.SITE_URL + link in body


def test_name_single_maker(mo: Maker) -> None:
    order = factories.order((factories.variant(maker=mo), 1))

    mail = write("order_paid", order.uuid, language="en")

    assert mail.subject == f"Paid: order {order.number}, one parcel on the way soon"
    assert "Thank you, Ada. Mo is on it." in mail.text
    assert "Track your parcel:" in mail.text


def test_count_many_makers() -> None:
    order = factories.order(*[(factories.variant(), 1) for _ in range(4)])

    mail = write("order_paid", order.uuid, language="en")

    assert "Thank you, Ada. 4 makers are on it." in mail.text


def test_mark_up_order_without_buyer(order: Order) -> None:
    facts = marked_up(write("order_paid", order.uuid, language="en").html)

    assert facts["@type"] == "Order"
    assert facts["orderNumber"] == order.number
    assert facts["orderStatus"] == markup.PROCESSING
    assert facts["price"] == f"{order.total_cents / 100:.2f}"
    assert [offer["price"] for offer in facts["acceptedOffer"]] == ["24.00", "9.00"]
    assert [offer["eligibleQuantity"]["value"] for offer in facts["acceptedOffer"]] == [2, 1]
    words = json.dumps(facts, ensure_ascii=False)
    for personal in (order.name, order.email, order.street, order.city):
        assert personal not in words


def test_mark_up_parcel_with_tracking_number(order: Order) -> None:
    shipment = order.shipments.get(position=1)
    Shipment.objects.filter(pk=shipment.pk).update(tracking_number="RU 482 PT")

    mail = write("shipment_shipped", shipment.uuid, language="en")

    facts = marked_up(mail.html)
    assert facts["@type"] == "ParcelDelivery"
    assert facts["trackingNumber"] == "RU 482 PT"
    assert facts["expectedArrivalUntil"] == shipment.arrives_to_date.isoformat()
    assert facts["partOfOrder"]["orderStatus"] == markup.IN_TRANSIT
    assert "Tracking number: RU 482 PT" in mail.text


def test_leave_tracking_number_out_until_known(order: Order) -> None:
    shipment = order.shipments.get(position=1)

    mail = write("shipment_shipped", shipment.uuid, language="en")

    assert "racking number" not in mail.html + mail.text
    assert "trackingNumber" not in mail.html


def test_escape_hostile_names(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(name=f"{HOSTILE} Ada")
    Maker.objects.update(name=HOSTILE, first_name=HOSTILE[:60], legal_name=HOSTILE, place=HOSTILE)
    OrderLine.objects.update(title_en=HOSTILE, variant_title=HOSTILE)
    shipment = order.shipments.get(position=1)

    mails = [
        write(kind, order.uuid if kind.startswith("order") else shipment.uuid, language="en")
        for kind in ("order_paid", "shipment_new", "shipment_shipped", "shipment_delivered")
    ]

    for mail in mails:
        assert "<script>alert" not in mail.html
        assert escape(HOSTILE) in mail.html
        assert HOSTILE in mail.text
        assert len(re.findall("<script", mail.html)) == len(MARKUP.findall(mail.html))
    assert marked_up(mails[0].html)["acceptedOffer"][0]["itemOffered"]["name"] == HOSTILE


def test_tell_maker_only_what_packing_needs(order: Order, settings: Any) -> None:
    Order.objects.filter(pk=order.pk).update(phone="+351 912 000 111")
    shipment = order.shipments.get(position=1)
    Shipment.objects.filter(pk=shipment.pk).update(post_by_date=date(2026, 11, 25))

    mail = write("shipment_new", shipment.uuid, language="en")

    assert mail.subject == f"To pack: parcel {order.number}/1"
    for body in (mail.html, mail.text):
        assert "A parcel to pack for Ada Martins" in body
        assert "Lisboa" in body
        assert "Speckled mug" in body
        assert "Wed 25 November" in body
        assert f"{settings.SITE_URL}/workshop/orders/shipment/{shipment.pk}/change/" in body
        for private in (order.email, "+351 912", order.street, order.postcode, order.token):
            assert private not in body
        assert "Rui" not in body
        assert in_euros(order.total_cents) not in body


def test_speak_of_collection_where_nothing_is_posted(order: Order) -> None:
    order.shipments.filter(position=1).update(method=Shipment.COLLECTION)
    shipment = order.shipments.get(position=1)

    thanks = write("order_paid", order.uuid, language="en")
    to_pack = write("shipment_new", shipment.uuid, language="en")
    collected = write("shipment_delivered", shipment.uuid, language="en")

    assert "Ready to collect in Mértola, Portugal from " in thanks.text
    assert "Collected from the workshop: " in thanks.text
    assert "collects it from your workshop" in to_pack.text
    assert "Ready by: " in to_pack.text
    assert collected.subject.startswith("Collected: your pieces from Mo")


def test_promise_no_dates_for_what_has_arrived(order: Order) -> None:
    order.shipments.filter(position=1).update(status=Shipment.DELIVERED)

    mail = write("shipment_shipped", order.shipments.get(position=1).uuid, language="en")

    assert "Arrives " not in mail.html + mail.text


def test_say_what_came_back(order: Order, refund: Refund) -> None:
    mail = write("refund_succeeded", refund.uuid, language="en")

    amount = in_euros(refund.amount_cents)
    assert mail.subject == f"Refunded: order {order.number}"
    for body in (mail.html, mail.text):
        assert f"We sent {amount} back to you" in body
        assert f"{amount} for your parcel from Mo, order {order.number}" in body
        assert in_euros(order.total_cents) not in body
        assert "cancelled" not in body


def test_say_that_whole_order_came_back(order: Order, refund: Refund) -> None:
    Refund.objects.filter(pk=refund.pk).update(shipment=None)

    mail = write("refund_succeeded", refund.uuid, language="en")

    assert f"for order {order.number} went back the way you paid" in mail.text
    assert "Parcel from" not in mail.text


def test_keep_largest_order_light() -> None:
    maker = factories.maker("m" * 40, name="M" * 120, legal_name="L" * 160)
    order = factories.order(*[(factories.variant(maker=maker), 1) for _ in range(LINES_MAX)])
    OrderLine.objects.update(title_en="T" * 140, variant_title="V" * 100, picture_digest="d" * 32)

    mail = write("order_paid", order.uuid, language="en")

    assert mail.html.count("<img") == LINES_MAX
    assert len(marked_up(mail.html)["acceptedOffer"]) == markup.OFFERS_MAX
    assert len(mail.html.encode()) < WEIGHT_MAX, len(mail.html)


def test_colour_every_craft() -> None:
    crafts = {craft for craft, _name in Maker._meta.get_field("craft").choices}

    assert set(CRAFTS) == set(DARK_BANDS) == crafts
