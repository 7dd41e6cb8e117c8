"""What is said of pieces: written once, counted at once, answered, found helpful, reported."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import Maker, User
from catalog import services
from catalog.models import Listing, MakerRating, Review, ReviewPicture, ReviewReport
from catalog.review_figures import rating
from catalog.review_pages import SHOWN, own_pictures, reviews_of
from makers_market.core.models import AuditEntry
from makers_market.core.storage import originals
from tests import factories
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


def numbers(review: Review) -> tuple[list[int], int, list[int], list[int]]:
    listing = Listing.objects.get(pk=review.product_id)
    of_maker = MakerRating.objects.get(pk=review.maker_id)
    return listing.stars, listing.rating_count, of_maker.stars, of_maker.piece_stars


def picture(colour: str = "red") -> bytes:
    file = BytesIO()
    Image.new("RGB", (900, 600), colour).save(file, "JPEG")
    return file.getvalue()


def test_write_counts_for_piece_and_maker_at_once(mo: Maker):
    mug, bowl = factories.product(maker=mo), factories.product(maker=mo)

    factories.review(bowl, stars=2, maker_stars=1)
    written = factories.review(mug, stars=4, maker_stars=5)

    assert numbers(written) == ([0, 0, 0, 1, 0], 1, [1, 0, 0, 0, 1], [0, 1, 0, 1, 0])


def test_write_damps_the_mean_with_the_shop_s(mo: Maker):
    mug = factories.product(maker=mo)

    factories.review(mug, stars=5)
    first = Listing.objects.get(pk=mug.pk).rating_damped
    factories.review(mug, stars=5)

    # No review before the first: C = 10 of m = 4; before the second, m is 5.
    assert first == pytest.approx((10 * 4 + 5) / 11)
    assert Listing.objects.get(pk=mug.pk).rating_damped == pytest.approx(5)


def test_write_twice_of_one_purchase_is_refused(mo: Maker):
    mug = factories.product(maker=mo)
    written = factories.review(mug, stars=5, purchase="line:1")

    with pytest.raises(services.AlreadyWritten):
        factories.review(mug, stars=1, purchase="line:1")

    assert numbers(written) == ([0, 0, 0, 0, 1], 1, [0, 0, 0, 0, 1], [0, 0, 0, 0, 1])


def test_write_of_the_own_workshop_s_piece_is_refused(mo: Maker):
    mug = factories.product(maker=mo)

    with pytest.raises(services.OwnPiece):
        factories.review(mug, buyer_id=mo.members.get().pk)

    assert not Review.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_write_of_twenty_at_once_is_counted_exactly():
    mug = factories.product()

    def write(number: int) -> None:
        try:
            factories.review(mug, stars=1 + number % 5, maker_stars=5 - number % 5)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(write, range(20)))

    assert numbers(Review.objects.all()[0]) == ([4] * 5, 20, [4] * 5, [4] * 5)


@pytest.mark.django_db(transaction=True)
def test_write_of_a_double_click_is_one_review():
    mug = factories.product()

    def write(_number: int) -> bool:
        try:
            factories.review(mug, purchase="line:7")
        except services.AlreadyWritten:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, range(2))) == [False, True]

    assert numbers(Review.objects.get()) == ([0, 0, 0, 0, 1], 1, [0, 0, 0, 0, 1], [0, 0, 0, 0, 1])


def test_change_counts_anew_within_14_days(mo: Maker):
    at = timezone.now()
    written = factories.review(factories.product(maker=mo), stars=5, purchase="line:1", at=at)
    opinion = services.Opinion(2, 3, "Ada", "", "It broke.", "en")

    services.change_review("line:1", opinion, by="guest", at=at + timedelta(days=13))

    assert numbers(written) == ([0, 1, 0, 0, 0], 1, [0, 0, 1, 0, 0], [0, 1, 0, 0, 0])
    with pytest.raises(services.TooLate):
        services.change_review("line:1", opinion, by="guest", at=at + timedelta(days=14))


def test_add_five_pictures_is_refused(mo: Maker):
    mug = factories.product(maker=mo)
    sent = [services.Original(uuid4(), f"{n}" * 32) for n in range(5)]
    opinion = services.Opinion(5, 5, "Ada", "", "", "en")

    with pytest.raises(services.TooManyReviewPictures):
        services.write_review(
            services.Bought("line:1", mug.pk, "", None), opinion, originals=sent, at=timezone.now()
        )

    assert not Review.objects.exists()
    assert Listing.objects.get(pk=mug.pk).rating_count == 0


def test_prepare_shows_a_picture_and_refuses_a_damaged_one(mo: Maker):
    mug = factories.product(maker=mo)
    kept = [services.store_original(picture()), services.store_original(picture()[:300])]
    said = services.write_review(
        services.Bought("line:1", mug.pk, "", None),
        services.Opinion(5, 5, "Ada", "", "", "en"), originals=kept, at=timezone.now(),
    )  # fmt: skip

    assert [each.picture for each in own_pictures(said)] == [None, None]
    for row in ReviewPicture.objects.all():
        services.prepare_review_picture(row.pk)

    states = ReviewPicture.objects.values_list("state", "refusal")
    assert list(states) == [("ready", ""), ("refused", "unreadable")]
    (shown,) = reviews_of(mug).rows[0].pictures
    assert shown.largest.endswith(f"/{kept[0].digest}/900.webp")


def test_sweep_leaves_originals_of_reviews(mo: Maker):
    said = factories.review(factories.product(maker=mo))
    kept, nobodys = (services.store_original(picture(c)) for c in ("blue", "green"))
    ReviewPicture.objects.create(review=said, uuid=kept.uuid, digest=kept.digest, position=0)

    services.sweep_originals(at=timezone.now() + timedelta(days=8))

    assert originals().exists(f"originals/{kept.uuid.hex}")
    assert not originals().exists(f"originals/{nobodys.uuid.hex}")


def test_reply_is_shown_and_may_be_changed(mo: Maker):
    said = factories.review(factories.product(maker=mo))
    at = timezone.now()

    services.reply_to_review(mo.pk, said.uuid, " Thank you. ", by="user:1", at=at)
    services.reply_to_review(mo.pk, said.uuid, "Thanks.", by="user:1", at=at + timedelta(hours=1))

    said.refresh_from_db()
    assert (said.reply, said.replied_at) == ("Thanks.", at)
    acts = AuditEntry.objects.filter(action="review.replied").order_by("id")
    assert [act.changes["reply"] for act in acts] == [
        ["", "Thank you."], ["Thank you.", "Thanks."],
    ]  # fmt: skip


@pytest.mark.parametrize("words", ["", "  \n", "x" * 2001, "a\0b"])
def test_reply_of_no_words_is_refused(mo: Maker, words: str):
    said = factories.review(factories.product(maker=mo))

    with pytest.raises(services.EmptyReply):
        services.reply_to_review(mo.pk, said.uuid, words, by="user:1", at=timezone.now())

    assert not Review.objects.exclude(reply="").exists()


def test_reply_of_another_maker_finds_nothing(mo: Maker):
    said = factories.review(factories.product(maker=mo))

    with pytest.raises(Review.DoesNotExist):
        services.reply_to_review(
            factories.maker().pk, said.uuid, "Mine", by="user:1", at=timezone.now()
        )

    assert not Review.objects.exclude(reply="").exists()


def test_vote_is_taken_back_by_a_second_one(ada: User, eve: User):
    said = factories.review(factories.product(), buyer_id=ada.pk)
    at = timezone.now()

    voted = [services.toggle_vote(said.uuid, user_id=eve.pk, at=at) for _ in range(3)]

    said.refresh_from_db()
    assert (voted, said.helpful_count) == ([True, False, True], 1)


def test_vote_of_the_author_is_refused(ada: User):
    said = factories.review(factories.product(), buyer_id=ada.pk)

    with pytest.raises(services.NotOwnVote):
        services.toggle_vote(said.uuid, user_id=ada.pk, at=timezone.now())

    assert Review.objects.get().helpful_count == 0


def test_vote_goes_with_its_account(ada: User):
    said = factories.review(factories.product())
    services.toggle_vote(said.uuid, user_id=ada.pk, at=timezone.now())

    ada.delete()

    said.refresh_from_db()
    assert said.helpful_count == 0


def test_hide_takes_the_stars_out_at_once(mo: Maker):
    mug = factories.product(maker=mo)
    kept = factories.review(mug, stars=5)
    bad = factories.review(mug, stars=1, maker_stars=1)
    services.report_review(bad.uuid, reporter="user:9", reason="rude", at=timezone.now())

    services.hide_review(
        bad.uuid, seen=seen(bad), by="user:3", at=timezone.now(), why="It insults a person."
    )

    assert numbers(kept) == ([0, 0, 0, 0, 1], 1, [0, 0, 0, 0, 1], [0, 0, 0, 0, 1])
    assert [row.uuid for row in reviews_of(fresh(mug)).rows] == [kept.uuid]


def seen(review: Review) -> str:
    return services.judging_reviews.seen_of(Review.objects.get(pk=review.pk))


def fresh(product):
    return type(product).objects.get(pk=product.pk)


def test_decide_on_words_that_were_not_read_is_refused(mo: Maker):
    said = factories.review(factories.product(maker=mo), purchase="line:1")
    services.report_review(said.uuid, reporter="user:9", reason="rude", at=timezone.now())
    before = seen(said)
    changed = services.Opinion(1, 1, "Ada", "", "Other words", "en")
    services.change_review("line:1", changed, by="guest", at=timezone.now())

    with pytest.raises(services.ChangedMeanwhile):
        services.hide_review(said.uuid, seen=before, by="user:3", at=timezone.now(), why="x" * 20)

    assert Review.objects.get().state == Review.SHOWN
    assert ReviewReport.objects.filter(decided_at=None).count() == 1


def test_report_twice_is_one_report():
    said = factories.review(factories.product())

    told = [
        services.report_review(said.uuid, reporter="user:9", reason="rude", at=timezone.now())
        for _ in range(2)
    ]

    assert (told, ReviewReport.objects.count()) == ([True, False], 1)


# Pages.


def test_piece_shows_reviews_the_most_useful_first(shopper: Client, mo: Maker):
    mug = factories.variant("mug", maker=mo).product
    at = timezone.now()
    for number, votes in enumerate([0, 2, 0]):
        said = factories.review(mug, title=f"Number {number}", at=at + timedelta(minutes=number))
        for _ in range(votes):
            services.toggle_vote(said.uuid, user_id=factories.user().pk, at=at)

    page = shopper.get("/p/mug/").text

    assert re.findall(r"<bdi lang=.en.>(Number \d)<", page) == ["Number 1", "Number 2", "Number 0"]
    assert "Helpful (2)" in page
    assert "3 reviews" in page


def test_piece_filters_by_stars_and_pages_by_links(shopper: Client, mo: Maker):
    mug = factories.variant("mug", maker=mo).product
    for number in range(SHOWN + 3):
        factories.review(mug, stars=5 if number else 1, title=f"Number {number}.")

    fives = shopper.get("/p/mug/?stars=5").text
    following = re.search(r'rel="next nofollow" href="(\?[^"#]+)#reviews"', fives)
    rest = shopper.get(f"/p/mug/{following[1].replace('&amp;', '&')}").text

    both = [title for page in (fives, rest) for title in re.findall(r"<bdi lang=.en.>(.*?)<", page)]
    assert sorted(both) == sorted(f"Number {n}." for n in range(1, SHOWN + 3))
    assert "10 with 5 stars" in " ".join(fives.split())


@pytest.mark.parametrize("query", ["stars=6", "stars=x", "stars=٣", "after=forged", "after=1:2:3"])
def test_piece_with_a_forged_filter_is_404(shopper: Client, query: str):
    piece = factories.variant("mug").product
    factories.review(piece)

    assert shopper.get(f"/p/mug/?{query}").status_code == 404


def test_numbers_change_at_once_on_piece_card_and_maker(shopper: Client, mo: Maker):
    mug = factories.variant("mug", maker=mo).product
    pages = ("/p/mug/", "/new/", "/m/mo/")
    before = [shopper.get(path).text for path in pages]

    factories.review(mug, stars=4, maker_stars=3)
    after = [" ".join(shopper.get(path).text.split()) for path in pages]

    assert all('class="stars"' not in page for page in before)
    assert ["4.0" in page for page in after] == [True, True, True]
    assert "3.0" in after[2]


def test_maker_page_shows_both_ratings(shopper: Client, mo: Maker):
    mug = factories.variant("mug", maker=mo).product
    factories.review(mug, stars=5, maker_stars=2, title="Slow post")

    page = shopper.get("/m/mo/").text

    assert [float(each) for each in re.findall(r'class="mean">([\d.]+)<', page)] == [2.0, 5.0]
    assert "Slow post" in page


@pytest.mark.parametrize("count", [1, 3])
def test_reviews_cost_one_query(mo: Maker, count: int, django_assert_num_queries):
    mug = factories.product(maker=mo)
    for number in range(count):
        said = factories.review(mug)
        ReviewPicture.objects.create(review=said, digest=f"{number}" * 32, position=0)
    piece = type(mug).objects.select_related("listing").get(pk=mug.pk)

    with django_assert_num_queries(1):
        assert len(reviews_of(piece).rows) == count


def test_only_a_sale_counts_as_bought(shopper: Client):
    mug = factories.variant("mug").product
    factories.review(mug, purchase="import:1")
    assert "bought this piece" not in shopper.get("/p/mug/").text

    factories.review(mug, purchase="line:1", variant_title="Cobalt")

    assert shopper.get("/p/mug/").text.count("bought this piece in") == 1


HOSTILE = [
    "<script>alert(1)</script>", "\u202eevil\u202c", "👩‍🎨" * 50, "مرحبا بالعالم", "x" * 2000,
    "{{ settings.SECRET_KEY }}", "' OR 1=1 --",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_words(shopper: Client, words: str):
    mug = factories.variant("mug").product
    factories.review(mug, words=words, title=words[:80], name="سوفيا")

    page = shopper.get("/p/mug/")

    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert 'dir="auto"' in page.text


def test_helpful_button_counts_for_who_is_signed_in(ada: User, built: None):
    said = factories.review(factories.variant("mug").product)
    door = f"/reviews/{said.uuid}/helpful/"

    part = signed_in(ada).post(door, headers={"HX-Request": "true"})
    guest = Client(headers={"Sec-Fetch-Site": "same-origin"}).post(door)

    assert "Helpful (1)" in part.text
    assert guest.status_code == 302
    assert guest.headers["Location"].startswith("/accounts/login/?next=/p/mug/")
    assert Review.objects.get().helpful_count == 1


def test_vote_by_the_author_says_why_not(ada: User, built: None):
    said = factories.review(factories.variant("mug").product, buyer_id=ada.pk)

    part = signed_in(ada).post(f"/reviews/{said.uuid}/helpful/", headers={"HX-Request": "true"})

    assert "your own review" in part.text
    assert Review.objects.get().helpful_count == 0


def test_report_by_a_guest_waits_for_a_moderator(shopper: Client):
    said = factories.review(factories.variant("mug").product)
    door = f"/reviews/{said.uuid}/report/"

    empty = shopper.post(door, {"note": "I know them"})
    sent = shopper.post(door, {"reason": "private", "note": "It names my street"})

    assert (empty.status_code, sent.status_code) == (422, 200)
    assert "I know them" in empty.text
    (report,) = ReviewReport.objects.all()
    assert (report.reason, report.note) == ("private", "It names my street")
    assert re.fullmatch(r"#[0-9a-f]{16}", report.reporter)


def test_flood_of_reports_is_429(shopper: Client):
    piece = factories.variant("mug").product
    doors = [f"/reviews/{factories.review(piece).uuid}/report/" for _ in range(6)]

    answers = [shopper.post(door, {"reason": "rude"}).status_code for door in doors]

    assert answers == [200] * 5 + [429]
    assert ReviewReport.objects.count() == 5


def test_hidden_review_has_no_doors(shopper: Client, ada: User):
    said = factories.review(factories.variant("mug").product)
    Review.objects.update(state=Review.HIDDEN)

    assert shopper.get(f"/reviews/{said.uuid}/report/").status_code == 404
    assert signed_in(ada).post(f"/reviews/{said.uuid}/helpful/").status_code == 404


# The workshop.


def test_workshop_lists_own_reviews_and_what_waits(mo: Maker, built: None):
    mug = factories.variant("mug", maker=mo).product
    answered = factories.review(mug, title="Answered one")
    factories.review(mug, title="Open one")
    factories.review(factories.variant("zed").product, title="Another's")
    services.reply_to_review(mo.pk, answered.uuid, "Thanks", by="user:1", at=timezone.now())
    browser = signed_in(mo.members.get())

    everything = browser.get("/workshop/reviews/").text
    waiting = browser.get("/workshop/reviews/?show=unanswered").text
    today = browser.get("/workshop/").text

    assert [title in everything for title in ("Answered one", "Open one", "Another's")] == [
        True, True, False,
    ]  # fmt: skip
    assert ["Answered one" in waiting, "Open one" in waiting] == [False, True]
    assert "1 review without a reply." in today


def test_workshop_replies(mo: Maker, built: None):
    said = factories.review(factories.variant("mug", maker=mo).product)
    others = factories.review(factories.variant("zed").product)
    browser = signed_in(mo.members.get())

    done = browser.post(f"/workshop/reviews/{said.uuid}/reply/", {"reply": "Thank you"})
    empty = browser.post(f"/workshop/reviews/{said.uuid}/reply/", {"reply": " "})
    foreign = browser.post(f"/workshop/reviews/{others.uuid}/reply/", {"reply": "Mine"})

    assert [done.status_code, empty.status_code, foreign.status_code] == [302, 422, 404]
    assert dict(Review.objects.values_list("uuid", "reply")) == {
        said.uuid: "Thank you", others.uuid: "",
    }  # fmt: skip


def test_figures_of_nothing_are_none():
    nothing = rating([])

    assert (nothing.count, nothing.average) == (0, 0.0)
    assert [bar.percent for bar in nothing.bars] == [0] * 5


def test_money_audit_finds_a_wrong_count(capsys: pytest.CaptureFixture[str]):
    said = factories.review(factories.product())
    Listing.objects.filter(pk=said.product_id).update(rating_count=9)

    with pytest.raises(SystemExit):
        call_command("audit_money")

    assert f"piece {said.product_id}: counts 9 reviews, has 1" in capsys.readouterr().out
