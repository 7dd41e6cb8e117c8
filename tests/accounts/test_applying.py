"""Becoming a maker: applying, the checklist, the operator's decision."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import Maker, MakerMove, Membership, User
from accounts.queries import checklist_of
from accounts.services import applying
from accounts.signals import maker_decided
from makers_market.core.lifecycle import IllegalMove, broken_histories
from makers_market.core.models import AuditEntry
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
SENTENCE = {
    "name": "Olaria Çedilha", "first_name": "Mo", "craft": "ceramics",
    "place": "Mértola, Alentejo", "sentence": "I throw mugs.",
}  # fmt: skip
WHY = "The pictures show pieces from a factory."
STORY = "I throw mugs from clay that I dig myself, and fire them with wood twice a month. " * 2


@pytest.fixture
def moderator(db: None) -> User:
    return factories.operator("moderator")


@pytest.fixture
def told() -> Any:
    """Collect what was told of decisions, as (from, to, reason)."""
    heard: list[tuple[str, str, str]] = []

    def hear(move_id: int, **kwargs: Any) -> None:
        move = MakerMove.objects.get(pk=move_id)
        heard.append((move.from_status, move.to_status, move.why))

    maker_decided.connect(hear)
    yield heard
    maker_decided.disconnect(hear)


def applicant(**fields: Any) -> Maker:
    """Give a workshop whose application is complete, but for what `fields` say."""
    owner = factories.user(name="Mo Fonte")
    factories.totp(owner)
    plain = {
        "status": Maker.APPLYING, "is_open": False, "story": STORY, "legal_address": "Rua 1",
    }  # fmt: skip
    made = factories.maker(members=[owner], **(plain | fields))
    made.starting_move(by=f"user:{owner.pk}", at=timezone.now()).save()
    factories.product(maker=made, status="draft")
    return made


def owner_of(maker: Maker) -> User:
    return maker.members.get()


def submitted() -> Maker:
    maker = applicant()
    services.submit_application(maker.pk, by="user:1", at=timezone.now())
    maker.refresh_from_db()
    return maker


def state(maker: Maker) -> tuple[str, bool, int, int]:
    """Give what a refusal must leave alone: status, open, moves, log entries."""
    maker.refresh_from_db()
    entries = AuditEntry.objects.filter(maker=maker.pk).count()
    return maker.status, maker.is_open, maker.moves.count(), entries


def test_apply_makes_a_workshop_nobody_sees(ada: User, shopper: Client):
    answer = signed_in(ada).post("/sell/apply/", SENTENCE)

    maker = Maker.objects.get()
    assert answer.headers["Location"] == "/workshop/"
    assert (maker.slug, maker.status, maker.is_open) == ("olaria-cedilha", "applying", False)
    assert maker.story == "I throw mugs."
    assert list(maker.memberships.values_list("user", "role")) == [(ada.pk, "owner")]
    assert broken_histories(Maker) == []
    assert shopper.get("/m/olaria-cedilha/").status_code == 404
    entry = AuditEntry.objects.get(action="maker.applied")
    assert (entry.actor, entry.maker) == (f"user:{ada.pk}", maker.pk)


def test_apply_twice_makes_one_workshop(ada: User):
    at_ada_s = signed_in(ada)

    for _again in range(2):
        at_ada_s.post("/sell/apply/", SENTENCE)
    other = at_ada_s.post("/sell/apply/", SENTENCE | {"name": "Another"})

    assert other.status_code == 422
    assert "You have an application already" in other.text
    assert Maker.objects.count() == Membership.objects.count() == 1


def test_apply_gives_each_shop_its_own_address(ada: User, eve: User):
    factories.maker("olaria-cedilha")

    signed_in(ada).post("/sell/apply/", SENTENCE)
    signed_in(eve).post("/sell/apply/", SENTENCE | {"name": "陶器"})

    slugs = Maker.objects.filter(status="applying").order_by("pk").values_list("slug", flat=True)
    assert list(slugs) == ["olaria-cedilha-2", "workshop"]


def test_apply_is_refused_to_the_owner_of_three(ada: User):
    for _number in range(3):
        factories.maker(members=[ada])
    factories.maker(members=[ada], status="closed", is_open=False)

    answer = signed_in(ada).post("/sell/apply/", SENTENCE)

    assert answer.status_code == 422
    assert Maker.objects.count() == 4


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 121), ("name", "a\x00b"), ("name", "a\u202eb"), ("craft", "x"),
     ("first_name", " "), ("place", ""), ("sentence", ""), ("sentence", "x" * 301)],
)  # fmt: skip
def test_apply_refuses_odd_words(ada: User, field: str, value: str):
    answer = signed_in(ada).post("/sell/apply/", SENTENCE | {field: value})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert not Maker.objects.exists()


def test_apply_takes_nothing_else_from_the_form(ada: User):
    forged = {"status": "approved", "is_open": "1", "slug": "mine", "id": "7", "maker": "7"}

    signed_in(ada).post("/sell/apply/", SENTENCE | forged)

    maker = Maker.objects.get()
    assert (maker.slug, maker.status, maker.is_open) == ("olaria-cedilha", "applying", False)
    assert maker.pk != 7


def test_apply_asks_to_sign_in(shopper: Client):
    for verb in (shopper.get, shopper.post):
        answer = verb("/sell/apply/")

        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")


def test_sell_page_is_public_and_links_to_the_form(shopper: Client):
    answer = shopper.get("/sell/")

    assert "/sell/apply/" in answer.text
    assert "10% of its price" in answer.text
    assert "public" in answer.headers["Cache-Control"]
    assert not answer.cookies


@pytest.mark.django_db(transaction=True)
def test_apply_at_the_same_time_makes_one_workshop():
    ada = factories.user()
    application = applying.Application("Olaria", "Mo", "ceramics", "Mértola", "Mugs.")

    def apply(number: int) -> int:
        try:
            made = services.apply_to_sell(application, applicant_id=ada.pk, at=timezone.now())
            return made.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(apply, range(4)))

    assert made == {Maker.objects.get().pk}


def test_checklist_counts_what_is_done():
    maker = applicant()

    assert [item.is_done for item in checklist_of(maker).items] == [True] * 5
    assert checklist_of(maker).percent == 100


@pytest.mark.parametrize(
    ("lacks", "name"),
    [({"story": "x" * 79}, "story"), ({"tax_number": ""}, "seller"),
     ({"legal_address": ""}, "seller"),
     ({"delivery_cents": 0, "delivery_abroad_cents": None}, "delivery")],
)  # fmt: skip
def test_checklist_names_what_is_missing(lacks: dict[str, Any], name: str):
    maker = applicant(**lacks)

    checklist = checklist_of(maker)

    assert [item.name for item in checklist.items if not item.is_done] == [name]
    assert checklist.percent == 80


def test_checklist_wants_a_factor_and_a_piece():
    maker = applicant()
    maker.products.all().delete()
    owner_of(maker).authenticator_set.all().delete()

    missing = [item.name for item in checklist_of(maker).items if not item.is_done]

    assert missing == ["factor", "piece"]


def test_checklist_takes_free_delivery_for_an_answer():
    maker = applicant(delivery_cents=0, delivery_abroad_cents=None)
    prices = {"delivery_cents": "0", "posts_within_days": "3"}

    signed_in(owner_of(maker)).post("/workshop/delivery/", prices)

    assert checklist_of(maker).is_complete


def test_submit_is_refused_with_all_that_is_missing():
    maker = applicant(story="", tax_number="")
    before = state(maker)

    with pytest.raises(applying.NotReady) as refusal:
        services.submit_application(maker.pk, by="user:1", at=timezone.now())

    assert refusal.value.missing == ["Tell people about your shop", "Say who sells by law"]
    assert "Tell people about your shop; Say who sells by law" in str(refusal.value)
    assert state(maker) == before


def test_submit_from_the_checklist_works_once(told: list[Any]):
    maker = applicant()
    at_mo_s = signed_in(owner_of(maker))

    page = at_mo_s.get("/workshop/application/")
    for _again in range(2):
        at_mo_s.post("/workshop/application/submit/")

    assert "100% done" in page.text
    assert state(maker) == ("submitted", False, 2, 1)
    assert told == []


def test_submit_tells_what_is_missing_on_the_page():
    maker = applicant(story="")

    answer = signed_in(owner_of(maker)).post("/workshop/application/submit/", follow=True)

    assert "Still missing: Tell people about your shop." in answer.text
    assert state(maker)[0] == "applying"


@pytest.mark.parametrize("role", ["packer", "writer"])
def test_submit_is_the_owner_s(role: str):
    maker, helper = applicant(), factories.user()
    Membership.objects.create(maker=maker, user=helper, role=role)
    before = state(maker)

    for verb in ("submit", "withdraw", "close"):
        answer = signed_in(helper).post(f"/workshop/application/{verb}/", {"name": maker.name})
        assert answer.status_code == 403

    assert state(maker) == before


def test_withdraw_lets_the_maker_change_the_application():
    maker = submitted()

    for _again in range(2):
        signed_in(owner_of(maker)).post("/workshop/application/withdraw/")

    assert state(maker)[0] == "applying"
    assert broken_histories(Maker) == []


def test_submitted_application_stays_as_it_is():
    maker = submitted()
    at_mo_s = signed_in(owner_of(maker))
    before = state(maker)

    at_mo_s.post("/workshop/shop/", {"place": "Elsewhere", "story": "Other"})
    at_mo_s.post("/workshop/delivery/", {"delivery_cents": "1", "posts_within_days": "9"})
    seller = {"legal_name": "X", "legal_address": "Y", "tax_number": "500000000"}
    answer = at_mo_s.post("/workshop/seller/", seller)

    assert "Your application is being read." in answer.text
    assert state(maker) == before
    assert (maker.place, maker.posts_within_days) == ("Mértola, Portugal", 2)


def test_approve_opens_the_shop_once(moderator: User, told: list[Any], shopper: Client):
    maker = submitted()

    for _again in range(2):
        services.approve_maker(maker.pk, by=f"user:{moderator.pk}", at=timezone.now())

    assert state(maker) == ("approved", True, 3, 2)
    assert told == [("submitted", "approved", "")]
    assert shopper.get(f"/m/{maker.slug}/").status_code == 200
    assert broken_histories(Maker) == []


@pytest.mark.parametrize("why", ["", "Too short", " " * 30, "x" * 201])
def test_reject_needs_a_reason(moderator: User, told: list[Any], why: str):
    maker = submitted()
    before = state(maker)

    with pytest.raises(applying.ReasonNeeded):
        services.reject_maker(maker.pk, by=f"user:{moderator.pk}", at=timezone.now(), why=why)

    assert state(maker) == before
    assert told == []


def test_reject_tells_the_reason_and_lets_the_applicant_try_again(moderator: User, told: list[Any]):
    maker = submitted()

    for _again in range(2):
        services.reject_maker(maker.pk, by=f"user:{moderator.pk}", at=timezone.now(), why=WHY)

    page = signed_in(owner_of(maker)).get("/workshop/application/")
    assert WHY in page.text
    assert told == [("submitted", "rejected", WHY)]
    services.submit_application(maker.pk, by="user:1", at=timezone.now())
    assert state(maker)[0] == "submitted"


def test_suspend_closes_at_once_and_reinstate_opens(
    mo: Maker, moderator: User, told: list[Any], shopper: Client
):
    mo.starting_move(by="x", at=timezone.now()).save()
    by = f"user:{moderator.pk}"

    services.suspend_maker(mo.pk, by=by, at=timezone.now(), why=WHY)

    assert state(mo)[:2] == ("suspended", False)
    assert shopper.get("/m/mo/").status_code == 404
    services.reinstate_maker(mo.pk, by=by, at=timezone.now())
    assert state(mo)[:2] == ("approved", True)
    assert told == [("approved", "suspended", WHY), ("suspended", "approved", "")]


@pytest.mark.parametrize(
    ("status", "verb"),
    [("applying", "approve"), ("applying", "reject"), ("applying", "suspend"),
     ("applying", "reinstate"), ("rejected", "approve"), ("suspended", "approve_first"),
     ("closed", "approve"), ("closed", "suspend"), ("closed", "reinstate"),
     ("approved", "reject"), ("submitted", "suspend"), ("submitted", "reinstate")],
)  # fmt: skip
def test_decide_out_of_turn_is_refused(status: str, verb: str, moderator: User, told: list[Any]):
    maker = factories.maker(status=status, is_open=status == "approved")
    verbs: dict[str, Any] = {
        "approve": services.approve_maker, "reject": services.reject_maker,
        "suspend": services.suspend_maker, "reinstate": services.reinstate_maker,
        "approve_first": services.approve_maker,
    }  # fmt: skip
    before = state(maker)

    with pytest.raises(IllegalMove):
        verbs[verb](maker.pk, by=f"user:{moderator.pk}", at=timezone.now(), why=WHY)

    assert state(maker) == before
    assert told == []


def test_decide_about_one_s_own_workshop_is_refused(told: list[Any]):
    maker = submitted()
    judge = factories.operator("admin")
    Membership.objects.create(maker=maker, user=judge, role="packer")
    before = state(maker)

    with pytest.raises(applying.OwnWorkshop):
        services.approve_maker(maker.pk, by=f"user:{judge.pk}", at=timezone.now())

    assert state(maker) == before


def test_approve_is_refused_when_the_application_was_sent_again(moderator: User):
    maker = submitted()
    seen = maker.moves.order_by("-pk")[0].pk
    services.withdraw_application(maker.pk, by="user:1", at=timezone.now())
    services.submit_application(maker.pk, by="user:1", at=timezone.now())
    before = state(maker)

    with pytest.raises(applying.SeenAnother):
        services.approve_maker(
            maker.pk, by=f"user:{moderator.pk}", at=timezone.now(), seen_move=seen
        )

    assert state(maker) == before


def test_close_asks_for_the_name_first(mo: Maker, shopper: Client):
    mo.starting_move(by="x", at=timezone.now()).save()
    at_mo_s = signed_in(owner_of(mo))

    wrong = at_mo_s.post("/workshop/application/close/", {"name": "Zed"})
    assert (wrong.status_code, state(mo)[0]) == (422, "approved")
    at_mo_s.post("/workshop/application/close/", {"name": mo.name})

    assert state(mo)[:2] == ("closed", False)
    assert shopper.get("/m/mo/").status_code == 404
    assert at_mo_s.get("/workshop/application/").status_code == 200


def test_apply_page_leads_back_to_the_application_there_is(ada: User):
    at_ada_s = signed_in(ada)
    at_ada_s.post("/sell/apply/", SENTENCE)

    assert (
        "Your application for Olaria Çedilha is not finished." in at_ada_s.get("/sell/apply/").text
    )


@pytest.mark.parametrize("role", ["packer", "writer"])
def test_checklist_gives_helpers_no_button(role: str):
    maker, helper = applicant(), factories.user()
    Membership.objects.create(maker=maker, user=helper, role=role)

    page = signed_in(helper).get("/workshop/application/").text

    assert "An owner of the shop sends the application in." in page
    assert "/workshop/application/submit/" not in page
