"""The audit log is read by administrators; each thing's history by who may see the thing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Maker, User
from makers_market.core import audit_log
from makers_market.core.models import AuditEntry
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
LOG = "/admin/core/auditentry/"
WHY = "Copies of another maker's work."


@pytest.fixture
def olga(db: None) -> User:
    return factories.operator(name="Olga")


@pytest.fixture
def admin(olga: User) -> Client:
    return signed_in(olga)


@pytest.fixture
def suspended(mo: Maker, olga: User) -> Maker:
    accounts.suspend_maker(mo.pk, by=f"user:{olga.pk}", at=timezone.now(), why=WHY)
    return mo


def listed(client: Client, question: str = "") -> list[tuple[str, str]]:
    rows = client.get(LOG + question).context["cl"].result_list
    return [(entry.action, entry.subject) for entry in rows]


def written(action: str, subject: str, *, by: str = "user:1", **more: object) -> AuditEntry:
    return audit_log.record(action, subject, by=by, at=timezone.now(), **more)


def test_log_shows_who_what_before_and_after_and_why(admin: Client, suspended: Maker, olga: User):
    page = admin.get(LOG).text

    for words in (olga.email, "maker.suspended", f"maker:{suspended.pk}", "approved → suspended"):
        assert words in page
    assert "Copies of another maker" in page


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", {"maker.suspended", "product.approved", "user.role_given"}),
        ("?area=product", {"product.approved"}),
        ("?q=product:7", {"product.approved"}),
        ("?q=maker.suspended", {"maker.suspended"}),
        ("?q=user:999", {"product.approved"}),
        ("?q=user:9", set()),
        ("?area=nothing", {"maker.suspended", "product.approved", "user.role_given"}),
    ],
)  # fmt: skip
def test_log_is_filtered(admin: Client, suspended: Maker, question: str, expected: set[str]):
    written("product.approved", "product:7", by="user:999")
    written("user.role_given", "user:8", by="command")

    assert {action for action, _subject in listed(admin, question)} == expected


def test_log_is_filtered_by_operator(admin: Client, suspended: Maker, olga: User):
    written("product.approved", "product:7", by="user:999")

    assert listed(admin, f"?who=user:{olga.pk}") == [("maker.suspended", f"maker:{suspended.pk}")]


def test_log_costs_the_same_with_more_rows(admin: Client, olga: User):
    counts = []
    for rows in (1, 30):
        for number in range(rows):
            written("product.approved", f"product:{number}", by=f"user:{olga.pk}")
        admin.get(LOG)
        with CaptureQueriesContext(connection) as asked:
            admin.get(LOG)
        counts.append(len(asked))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("actor", ["user:", "user:x", "user:" + "9" * 30, "USER:1", "worker"])
def test_odd_actor_is_shown_as_it_is(admin: Client, actor: str):
    entry = written("product.approved", "product:7", by=actor)

    assert f">{actor}</a>" in admin.get(LOG).text
    assert admin.get(f"{LOG}{entry.pk}/change/").status_code == 200


def test_log_s_words_are_text(admin: Client):
    changes = {"<b>field": ("<script>alert(1)</script>", None)}
    entry = written("product.approved", "product:7", changes=changes, why="<i>why</i>")

    for path in (LOG, f"{LOG}{entry.pk}/change/"):
        page = admin.get(path).text
        assert "<script>alert(1)" not in page
        assert "<i>why" not in page


def test_log_is_changed_by_nobody(admin: Client, suspended: Maker):
    entry = AuditEntry.objects.get()

    assert admin.post(f"{LOG}{entry.pk}/change/", {"why": "x"}).status_code == 403
    assert admin.post(f"{LOG}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.post(f"{LOG}add/", {}).status_code == 403
    assert AuditEntry.objects.get().why == WHY


# The history of one thing.


def test_history_shows_the_acts_on_a_thing(admin: Client, suspended: Maker):
    other = factories.maker("zed")
    accounts.suspend_maker(other.pk, by="user:0", at=timezone.now(), why="Another reason here.")

    page = admin.get(f"/admin/accounts/maker/{suspended.pk}/history/")

    assert [(act.who, act.what, act.why) for act in page.context["acts"]] == [
        ("Olga", "maker.suspended", WHY)
    ]
    assert "Another reason" not in page.text


def test_history_without_acts_says_so(admin: Client, ada: User):
    assert "Nothing is recorded" in admin.get(f"/admin/accounts/user/{ada.pk}/history/").text


@pytest.mark.parametrize("role", ["moderator", "finance"])
def test_history_is_for_who_may_see_the_thing(role: str, ada: User):
    client = signed_in(factories.operator(role))

    assert client.get(f"/admin/accounts/user/{ada.pk}/history/").status_code == 403


def test_history_in_the_workshop_is_one_s_own(mo: Maker, olga: User):
    piece = factories.variant("mug", maker=mo).product
    subject = f"product:{piece.pk}"
    written("product.approved", subject, by=f"user:{olga.pk}", maker=mo.pk, why="For Mo to read.")
    written("product.noted", subject, by=f"user:{olga.pk}", why="For the desk alone.")
    written("product.approved", subject, maker=factories.maker("zed").pk, why="Of somebody else.")

    page = signed_in(mo.members.get()).get(f"/workshop/catalog/product/{piece.pk}/history/")

    assert [act.why for act in page.context["acts"]] == ["For Mo to read."]
    # People outside the team stay unnamed.
    assert page.context["acts"][0].who == f"user:{olga.pk}"
    assert "For the desk" not in page.text


def test_history_of_another_maker_s_thing_is_404(mo: Maker):
    theirs = factories.variant("bowl", maker=factories.maker("zed")).product
    client = signed_in(mo.members.get())

    assert client.get(f"/workshop/catalog/product/{theirs.pk}/history/").status_code == 404
    assert client.get("/workshop/catalog/product/x/history/").status_code == 404
