"""Following makers: only with an account, heard of once a week until it is enough."""

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.models import Maker, User
from catalog import services
from catalog.models import Follow, Product
from catalog.services import following
from catalog.wished import DIGEST_SALT, digest_token
from tests import factories
from tests.catalog.test_saved import titles

pytestmark = pytest.mark.django_db


def follow(client: Client, maker: Maker, **fields: str):
    return client.post("/follow/", {"maker": maker.slug} | fields)


def test_follow_by_a_guest_asks_to_sign_in(shopper: Client, mo: Maker):
    answer = shopper.post(
        "/follow/", {"maker": "mo"}, headers={"Referer": "http://testserver/m/mo/"}
    )

    assert answer.headers["Location"] == "/accounts/login/?next=/m/mo/"
    assert not Follow.objects.exists()


def test_follow_leads_back_to_the_page(ada: User, mo: Maker):
    answer = follow(factories.signed_in(ada), mo)

    assert answer.headers["Location"] == "/m/mo/#followed"
    assert list(Follow.objects.values_list("user", "maker", "wants_mail")) == [
        (ada.pk, mo.pk, True)
    ]


def test_follow_twice_is_one(ada: User, mo: Maker):
    client = factories.signed_in(ada)

    follow(client, mo)
    follow(client, mo)

    assert Follow.objects.count() == 1


def test_follow_asked_by_a_script_answers_in_json(ada: User, mo: Maker):
    client, json = factories.signed_in(ada), {"headers": {"Accept": "application/json"}}

    on = client.post("/follow/", {"maker": "mo", "want": "on"}, **json)
    off = client.post("/follow/", {"maker": "mo", "want": "off"}, **json)

    assert on.json() == {"on": True, "words": "You follow Mo."}
    assert off.json() == {"on": False, "words": "You no longer follow Mo."}
    assert not Follow.objects.exists()


def test_follow_of_a_closed_maker_is_404(ada: User, mo: Maker):
    Maker.objects.update(is_open=False)

    assert follow(factories.signed_in(ada), mo).status_code == 404
    assert not Follow.objects.exists()


def test_follow_above_the_limit_is_refused(ada: User, mo: Maker, monkeypatch):
    monkeypatch.setattr(following, "FOLLOWS_MAX", 1)
    client = factories.signed_in(ada)
    follow(client, factories.maker("first"))

    answer = follow(client, mo)

    assert answer.status_code == 422
    assert Follow.objects.get().maker.slug == "first"


def test_feed_shows_what_followed_makers_have_newest_first(ada: User, mo: Maker):
    at = timezone.now()
    for days, slug in enumerate(("mug", "bowl", "vase")):
        piece = factories.product(slug, maker=mo, at=at - timedelta(days=days))
        factories.variant(of=piece)
    factories.variant("elsewhere")
    Product.objects.filter(slug="bowl").update(status="retired")
    services.index_pieces(Product.objects.values_list("pk", flat=True))
    client = factories.signed_in(ada)
    follow(client, mo)

    page = client.get("/account/following/").text

    assert titles(page) == ["mug/", "vase/"]
    assert "New from makers you follow" in page


def test_feed_goes_on_where_it_ended(ada: User, mo: Maker, monkeypatch):
    monkeypatch.setattr("catalog.wished.SHELF", 2)
    at = timezone.now()
    for slug in ("mug", "bowl", "vase"):
        factories.variant(of=factories.product(slug, maker=mo, at=at))
    client = factories.signed_in(ada)
    follow(client, mo)

    first = client.get("/account/following/").text
    after = first.partition("?after=")[2].partition('"')[0]
    second = client.get(f"/account/following/?after={after}").text

    assert titles(first) + titles(second) == ["vase/", "bowl/", "mug/"]
    assert client.get("/account/following/?after=x").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_feed_costs_the_same_whatever_it_holds(ada: User, django_assert_num_queries, count: int):
    client = factories.signed_in(ada)
    for _number in range(count):
        follow(client, factories.variant().product.maker)

    with django_assert_num_queries(8):
        client.get("/account/following/")


def test_feed_is_one_s_own(ada: User, eve: User, mo: Maker):
    follow(factories.signed_in(ada), mo)

    assert "You follow nobody yet" in factories.signed_in(eve).get("/account/following/").text
    assert "/accounts/login/" in Client().get("/account/following/").headers["Location"]


def test_switches_of_the_page_are_one_s_own(ada: User, eve: User, mo: Maker):
    follow(factories.signed_in(ada), mo)
    client = factories.signed_in(eve)

    answers = [client.post(f"/account/following/mo/{verb}/") for verb in ("end", "mail")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Follow.objects.get().wants_mail


def test_unfollow_ends_it(ada: User, mo: Maker):
    client = factories.signed_in(ada)
    follow(client, mo)

    client.post("/account/following/mo/end/")

    assert not Follow.objects.exists()


def test_mail_is_switched_off_and_on(ada: User, mo: Maker):
    client = factories.signed_in(ada)
    follow(client, mo)
    begun = Follow.objects.get().told_until

    client.post("/account/following/mo/mail/", {"want": "off"})
    off = Follow.objects.get()
    client.post("/account/following/mo/mail/", {"want": "on"})
    on = Follow.objects.get()

    assert (off.wants_mail, off.told_until) == (False, begun)
    assert on.wants_mail
    assert on.told_until > begun


def test_one_click_ends_every_mail_without_a_session(ada: User, mo: Maker):
    services.follow_maker(ada, mo, at=timezone.now())
    services.follow_maker(ada, factories.maker(), at=timezone.now())
    program = Client(enforce_csrf_checks=True)

    answer = program.post(
        f"/follow/stop/{digest_token(ada.pk)}/",
        "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded",
    )  # fmt: skip

    assert answer.status_code == 200
    assert not answer.cookies
    assert set(Follow.objects.values_list("wants_mail", flat=True)) == {False}


def test_looking_at_the_link_ends_nothing(ada: User, mo: Maker):
    services.follow_maker(ada, mo, at=timezone.now())

    page = Client().get(f"/follow/stop/{digest_token(ada.pk)}/")

    assert "End the weekly mail?" in page.text
    assert Follow.objects.get().wants_mail


def test_link_ends_nobody_else_s(ada: User, eve: User, mo: Maker):
    for user in (ada, eve):
        services.follow_maker(user, mo, at=timezone.now())

    Client().post(f"/follow/stop/{digest_token(eve.pk)}/")

    assert Follow.objects.get(wants_mail=True).user == ada


@pytest.mark.parametrize("forge", [lambda pk: str(pk), lambda pk: signing.dumps(pk, salt="other"),
                                   lambda pk: digest_token(pk)[:-1]])  # fmt: skip
def test_forged_link_is_404(ada: User, mo: Maker, forge):
    services.follow_maker(ada, mo, at=timezone.now())

    assert Client().post(f"/follow/stop/{forge(ada.pk)}/").status_code == 404
    assert Follow.objects.get().wants_mail
    assert DIGEST_SALT != "other"


def test_who_ended_the_mail_gets_none_for_a_new_maker(ada: User, mo: Maker):
    services.follow_maker(ada, mo, at=timezone.now())
    services.stop_digests(ada.pk)

    services.follow_maker(ada, factories.maker("new"), at=timezone.now())

    assert set(Follow.objects.values_list("wants_mail", flat=True)) == {False}
