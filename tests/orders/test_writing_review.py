"""Who bought writes: what arrived, once, by the account or the order's signed link."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import Maker, User
from catalog import services as catalog
from catalog.models import Listing, Review, ReviewPicture, Upload
from makers_market.core.storage import originals
from notifications.models import Mail
from notifications.reviews import queue_review_mails
from orders import services
from orders.models import Order, OrderLine, Shipment
from tests import factories
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
SAID = {
    "stars": "5", "maker_stars": "4", "title": "Lovely", "words": "I use it each day.",
    "name": "Ada M.",
}  # fmt: skip


@pytest.fixture
def order(ada: User, mo: Maker) -> Order:
    """Ada's order of one of Mo's mugs, which has arrived."""
    return arrived(factories.order(
        (factories.variant("mug", maker=mo), 1), buyer=factories.buyer(user=ada)
    ))  # fmt: skip


def arrived(made: Order, status: str = Shipment.DELIVERED) -> Order:
    services.mark_paid(made.pk, at=timezone.now())
    made.shipments.update(status=status)
    made.refresh_from_db()
    return made


def door(made: Order) -> str:
    return f"/order/{made.token}/review/{made.lines.get().pk}/"


def picture(colour: str = "red") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (900, 600), colour).save(file, "JPEG")
    return SimpleUploadedFile("x.jpg", file.getvalue())


def test_write_through_the_link_is_the_account_s(order: Order, ada: User, shopper: Client):
    answer = shopper.post(door(order), SAID)

    assert answer.headers["Location"] == f"{door(order)}?thanks=1"
    (review,) = Review.objects.all()
    assert (review.purchase, review.author, review.stars) == (
        f"line:{order.lines.get().pk}", ada, 5,
    )  # fmt: skip
    assert (review.maker_stars, review.author_name, review.language) == (4, "Ada M.", "en")
    assert Listing.objects.get(pk=review.product_id).rating_count == 1
    page = shopper.get("/p/mug/").text
    assert "I use it each day." in page
    assert "bought this piece" in page


def test_write_as_a_guest_has_no_author(mo: Maker, shopper: Client):
    made = arrived(factories.order((factories.variant("mug", maker=mo), 1)))

    shopper.post(door(made), SAID)

    assert Review.objects.get().author is None


@pytest.mark.parametrize("status", [Shipment.COLLECTED, Shipment.SETTLED])
def test_write_of_what_was_collected_or_settled(mo: Maker, shopper: Client, status: str):
    made = arrived(factories.order((factories.variant(maker=mo), 1)), status)

    assert shopper.post(door(made), SAID).status_code == 302


@pytest.mark.parametrize(
    "status",
    [Shipment.NEW, Shipment.SHIPPED, Shipment.IN_TRANSIT, Shipment.CANCELLED, Shipment.LOST,
     Shipment.RETURNED],
)  # fmt: skip
def test_write_of_what_is_not_there_is_refused(mo: Maker, shopper: Client, status: str):
    made = arrived(factories.order((factories.variant(maker=mo), 1)), status)

    page, sent = shopper.get(door(made)), shopper.post(door(made), SAID)

    assert "once it has arrived" in page.text
    assert "<textarea" not in page.text
    assert sent.status_code == 409
    assert not Review.objects.exists()


def test_write_of_a_cancelled_order_is_refused(order: Order, shopper: Client):
    Order.objects.update(status=Order.CANCELLED)

    assert shopper.post(door(order), SAID).status_code == 409
    assert not Review.objects.exists()


def test_write_of_another_s_line_is_404(order: Order, shopper: Client):
    other = arrived(factories.order())
    line = OrderLine.objects.get(order=other)

    assert shopper.post(f"/order/{order.token}/review/{line.pk}/", SAID).status_code == 404
    assert shopper.post(f"/order/forged/review/{line.pk}/", SAID).status_code == 404
    assert shopper.post(f"/order/{order.token}/review/{2**70}/", SAID).status_code == 404
    assert not Review.objects.exists()


def test_second_click_writes_no_second_review(order: Order, shopper: Client):
    answers = [shopper.post(door(order), SAID).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert Review.objects.count() == 1
    assert Listing.objects.get(pk=Review.objects.get().product_id).rating_count == 1


def test_change_is_open_for_14_days(order: Order, shopper: Client):
    shopper.post(door(order), SAID)
    shopper.post(door(order), SAID | {"stars": "2", "words": "It broke."})
    changed = Review.objects.get()
    Review.objects.update(written_at=timezone.now() - catalog.writing_reviews.CHANGED_WITHIN)

    late = shopper.post(door(order), SAID)

    assert (changed.stars, changed.words) == (2, "It broke.")
    assert late.status_code == 409
    assert Review.objects.get().words == "It broke."


def test_write_of_the_own_workshop_s_piece_is_refused(mo: Maker, shopper: Client):
    own = factories.buyer(user=mo.members.get())
    made = arrived(factories.order((factories.variant(maker=mo), 1), buyer=own))

    answer = shopper.post(door(made), SAID)

    assert answer.status_code == 422
    assert "You work in this workshop" in answer.text
    assert not Review.objects.exists()


def test_write_of_a_guest_with_an_address_of_the_workshop_is_refused(mo: Maker, shopper: Client):
    guest = factories.buyer(email=mo.members.get().email.title())
    made = arrived(factories.order((factories.variant(maker=mo), 1), buyer=guest))

    answer = shopper.post(door(made), SAID)

    assert answer.status_code == 422
    assert "You work in this workshop" in answer.text
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"stars": ""}, "Choose one to five stars for the piece."),
     ({"maker_stars": "6"}, "valid choice"), ({"stars": "٣"}, "valid choice"),
     ({"name": ""}, "Say how you want to sign."), ({"name": "\u202eAda"}, "can be seen"),
     ({"name": "x" * 61}, "at most 60"), ({"words": "x" * 10_240}, "at most 2000"),
     ({"words": "a\0b"}, "Null characters")],
)  # fmt: skip
def test_write_nonsense_is_refused_and_kept_in_the_form(
    order: Order, shopper: Client, fields: dict[str, str], error: str
):
    answer = shopper.post(door(order), SAID | {"title": "Kept title"} | fields)

    assert answer.status_code == 422
    assert error in answer.text
    assert "There is a problem" in answer.text
    assert 'value="Kept title"' in answer.text
    assert not Review.objects.exists()


def test_form_from_elsewhere_is_403(order: Order):
    answer = Client(headers={"Sec-Fetch-Site": "cross-site"}).post(door(order), SAID)

    assert answer.status_code == 403
    assert not Review.objects.exists()


def test_picture_is_shown_once_it_is_prepared(order: Order, shopper: Client):
    answer = shopper.post(door(order), SAID | {"pictures": [picture("red"), picture("blue")]})
    waiting = shopper.get(door(order)).text

    for row in ReviewPicture.objects.all():
        catalog.prepare_review_picture(row.pk)

    assert answer.status_code == 302
    assert waiting.count("Being prepared") == 2
    assert set(ReviewPicture.objects.values_list("state", flat=True)) == {Upload.READY}
    page = shopper.get("/p/mug/").text
    assert all(row.digest in page for row in ReviewPicture.objects.all())


def test_picture_that_is_none_is_refused(order: Order, shopper: Client):
    before = names()
    svg = SimpleUploadedFile("x.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")

    answer = shopper.post(door(order), SAID | {"pictures": [picture(), svg]})

    assert answer.status_code == 422
    assert "not a picture we can read" in answer.text
    assert "Choose your pictures again" in answer.text
    assert not Review.objects.exists()
    assert names() == before


def test_fifth_picture_is_refused_and_leaves_no_file(order: Order, shopper: Client):
    before = names()
    five = [picture(colour) for colour in ("red", "blue", "green", "black", "white")]

    answer = shopper.post(door(order), SAID | {"pictures": five})

    assert answer.status_code == 422
    assert "at most four pictures" in answer.text
    assert not Review.objects.exists()
    assert names() == before


def names() -> set[str]:
    try:
        return set(originals().listdir("originals")[1])
    except FileNotFoundError:
        return set()


def test_form_with_files_elsewhere_stays_small(order: Order, shopper: Client):
    big = SimpleUploadedFile("x.jpg", b"x" * 400_000)

    assert shopper.post("/basket/add/", {"variant": "x", "file": big}).status_code == 400


def test_order_page_leads_to_the_review(order: Order, ada: User, shopper: Client):
    before = shopper.get(f"/order/{order.token}/").text
    listed = signed_in(ada).get("/account/orders/").text
    shopper.post(door(order), SAID)
    after = shopper.get(f"/order/{order.token}/").text

    assert f'href="{door(order)}"' in before
    assert "Write a review" in before
    assert "Review its pieces" in listed
    assert "Your review" in after
    assert "Write a review" not in after


def test_order_page_of_what_is_underway_has_no_link(mo: Maker, shopper: Client):
    made = arrived(factories.order((factories.variant(maker=mo), 1)), Shipment.SHIPPED)

    assert "Write a review" not in shopper.get(f"/order/{made.token}/").text


def test_hidden_review_says_why(order: Order, shopper: Client):
    shopper.post(door(order), SAID)
    Review.objects.update(state=Review.HIDDEN, hidden_why="It names a neighbour.")

    page = shopper.get(door(order)).text

    assert "It names a neighbour." in page
    assert "<textarea" not in page
    assert shopper.post(door(order), SAID).status_code == 409


def mails(kind: str) -> list[tuple[str, str]]:
    queue_review_mails(kind, Review.objects.get().pk, at=timezone.now())
    queue_review_mails(kind, Review.objects.get().pk, at=timezone.now())
    rows = Mail.objects.filter(kind=kind).order_by("pk")
    return [(row.recipient, row.content["subject"]) for row in rows]


def test_mails_tell_workshop_and_author_once(order: Order, shopper: Client, mo: Maker):
    shopper.post(door(order), SAID)
    review = Review.objects.get()
    catalog.reply_to_review(mo.pk, review.uuid, "Thank you", by="user:1", at=timezone.now())
    Review.objects.update(hidden_why="It names a neighbour.")

    assert mails("review_written") == [("mo@example.com", "New review: Mug")]
    assert mails("review_replied") == [("ada@example.com", "Mo answered your review")]
    assert mails("review_hidden") == [("ada@example.com", "Not shown any more: your review of Mug")]
    hidden = Mail.objects.get(kind="review_hidden").content
    assert "It names a neighbour." in hidden["text"]
    assert "It names a neighbour." in hidden["html"]


def test_mail_about_a_demo_s_review_is_none(mo: Maker):
    factories.review(factories.product(maker=mo), purchase="demo:1")

    assert mails("review_written") == []
