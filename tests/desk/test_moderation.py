"""The moderators' queue: oldest first, each thing decided once, and the maker told why."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Maker, MakerMove, TeamRole
from accounts.services import teaming
from catalog.models import Picture, Product, ProductMove, Revision
from makers_market.core.models import AuditEntry
from makers_market.desk.queue import waiting
from notifications import tasks
from notifications.decisions import KINDS, write_decision
from notifications.models import Mail
from tests import factories
from tests.factories import signed_in
from tests.worker import run_jobs
from tests.worker import waiting as jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
QUEUE = "/admin/moderation/"
WHY = "Please add a picture that shows the size."


def applicant(slug: str = "clara", *, hours: int = 1) -> Maker:
    """Give a workshop whose application waits since some hours."""
    at = timezone.now() - timedelta(hours=hours)
    made = factories.maker(
        slug, members=[factories.user(f"{slug}@example.com")], status="applying", is_open=False
    )
    made.move_to("submitted", by="user:0", at=at)
    return made


def picture(product: Product) -> Picture:
    return Picture.objects.create(
        product=product, digest="0" * 32, alt_en="A mug on a shelf", width=800, height=1000,
        widths=[320], dominant=1,
    )  # fmt: skip


def in_review(slug: str, maker: Maker, *, hours: int = 1) -> Product:
    """Give a piece that waits for review since some hours."""
    piece = factories.variant(slug, maker=maker).product
    picture(piece)
    Product.objects.filter(pk=piece.pk).update(status="draft", published_at=None)
    piece.refresh_from_db()
    piece.move_to("review", by="user:0", at=timezone.now() - timedelta(hours=hours))
    return piece


def changed(slug: str, maker: Maker, *, hours: int = 1, **fields: Any) -> Revision:
    """Give a change, of a live piece, that waits since some hours."""
    piece = factories.variant(slug, maker=maker).product
    picture(piece)
    return Revision.objects.create(
        product=piece,
        fields=fields or {"title_en": "A better title"},
        submitted_at=timezone.now() - timedelta(hours=hours),
        submitted_by="user:0",
    )


@pytest.fixture
def moderator(db: None) -> Client:
    return signed_in(factories.operator("moderator"))


def url_of(thing: Any) -> str:
    kind = {Maker: "maker", Product: "product", Revision: "revision"}[type(thing)]
    return f"{QUEUE}{kind}/{thing.uuid if kind == 'revision' else thing.pk}/"


def seen_on(client: Client, thing: Any) -> str:
    return str(client.get(url_of(thing)).context["seen"])


def decide(client: Client, thing: Any, decision: str, reason: str = "", **more: Any) -> Any:
    sent = {"decision": decision, "reason": reason, "seen": more.pop("seen", None)}
    sent["seen"] = sent["seen"] or seen_on(client, thing)
    return client.post(url_of(thing), sent, follow=more.pop("follow", False))


def state(thing: Any) -> str:
    thing.refresh_from_db()
    return str(thing.state if isinstance(thing, Revision) else thing.status)


@pytest.fixture
def three(mo: Maker) -> list[Any]:
    """One of each kind, the application oldest."""
    return [
        applicant(hours=72), in_review("bowl", mo, hours=48), changed("mug", mo, hours=24),
    ]  # fmt: skip


DONE = {
    "approve": ["approved", "live", "approved"],
    "reject": ["rejected", "draft", "rejected"],
}


def test_queue_lists_all_kinds_oldest_first(moderator: Client, three: list[Any], mo: Maker):
    newer, oldest = applicant("ana", hours=2), in_review("vase", mo, hours=90)
    factories.variant("on-sale", maker=mo)

    page = moderator.get(QUEUE)

    kinds = [(row.kind, row.url) for row in page.context["rows"]]
    expected = [oldest, *three, newer]
    assert [url for _kind, url in kinds] == [url_of(thing) for thing in expected]
    for words in ("Application", "New piece", "Changed piece", "Clara", "Bowl", "Mug", "3\xa0days"):
        assert words in page.text


def test_queue_costs_the_same_with_more_rows(
    moderator: Client, three: list[Any], mo: Maker, django_assert_max_num_queries
):
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(30) as asked:
            moderator.get(QUEUE)
        counts.append(len(asked))
        for number in range(5):
            in_review(f"piece-{number}-x", mo) if len(counts) == 1 else None

    assert counts[0] == counts[1]


def test_badge_counts_what_waits(moderator: Client, three: list[Any]):
    nav = {str(link["title"]): link["badge"] for link in moderator.get(QUEUE).context["nav"]}

    assert nav["To decide"] == 3


def test_empty_queue_says_so(moderator: Client):
    assert "Nothing waits for a decision" in moderator.get(QUEUE).text


@pytest.mark.parametrize("number", [0, 1, 2])
def test_page_shows_what_a_decision_needs(moderator: Client, three: list[Any], number: int):
    page = moderator.get(url_of(three[number]))

    assert page.status_code == 200
    wanted = [
        ("Checklist", "Legal name", "500000001"),
        ("Stoneware", "A mug on a shelf", "€24.00", "A piece."),
        ("Before", "After", "A better title", "Mug"),
    ][number]
    for words in wanted:
        assert words in page.text


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_decision_is_made_logged_and_mailed(
    moderator: Client, three: list[Any], number: int, decision: str
):
    thing = three[number]

    decide(moderator, thing, decision, WHY if decision == "reject" else "")

    assert state(thing) == DONE[decision][number]
    entry = AuditEntry.objects.get()
    assert entry.actor == f"user:{moderator.session['_auth_user_id']}"
    assert entry.maker == {0: three[0].pk}.get(number, three[1].maker_id)
    assert entry.why == (WHY if decision == "reject" else "")
    assert jobs()[0][0] == "notifications.tell_decision"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_rejection_needs_a_reason(moderator: Client, three: list[Any], number: int):
    thing = three[number]
    before = state(thing)

    for reason in ("", "too short", " " * 40, "x" * 201, "no\x00 good reason"):
        answer = decide(moderator, thing, "reject", reason)

        assert answer.status_code == 422
    assert state(thing) == before
    assert not AuditEntry.objects.exists()
    assert jobs() == []


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(("first", "second"), [("approve", "reject"), ("reject", "approve")])
def test_second_moderator_is_told_and_nothing_happens_twice(
    moderator: Client, three: list[Any], number: int, first: str, second: str
):
    other = signed_in(factories.operator("moderator"))
    thing = three[number]
    seen = seen_on(other, thing)
    decide(moderator, thing, first, WHY)

    answer = decide(other, thing, second, WHY, seen=seen, follow=True)

    assert "decided already" in answer.text
    assert state(thing) == DONE[first][number]
    assert AuditEntry.objects.count() == 1
    assert len(jobs()) == 1


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_changed_since_is_not_decided_unseen(moderator: Client, three: list[Any], number: int):
    thing = three[number]
    seen = seen_on(moderator, thing)
    match thing:
        case Maker():
            thing.move_to("applying", by="user:0", at=timezone.now())
            thing.move_to("submitted", by="user:0", at=timezone.now())
        case Product():
            Product.objects.update(title_en="Something else")
        case Revision():
            Revision.objects.update(fields={"title_en": "Something else"})
    before = state(thing)

    answer = decide(moderator, thing, "approve", seen=seen, follow=True)

    assert answer.status_code == 200
    assert state(thing) == before
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("seen", ["x", "-1", "1" * 64, "٣", "0"])
def test_forged_state_decides_nothing(moderator: Client, three: list[Any], number: int, seen: str):
    decide(moderator, three[number], "approve", seen=seen)

    assert [state(thing) for thing in three] == ["submitted", "review", "waiting"]


@pytest.mark.parametrize("decision", ["", "delete", "APPROVE", "approve\x00"])
def test_unknown_decision_decides_nothing(moderator: Client, three: list[Any], decision: str):
    for thing in three:
        assert decide(moderator, thing, decision).status_code == 422
    assert [state(thing) for thing in three] == ["submitted", "review", "waiting"]


def test_next_one_follows(moderator: Client, three: list[Any]):
    first = decide(moderator, three[0], "approve")
    second = decide(moderator, three[1], "approve")
    third = decide(moderator, three[2], "approve")

    assert [answer.headers["Location"] for answer in (first, second, third)] == [
        url_of(three[1]), url_of(three[2]), QUEUE,
    ]  # fmt: skip


def test_piece_of_a_shop_not_approved_stays(moderator: Client):
    piece = in_review("bowl", applicant())

    answer = decide(moderator, piece, "approve", follow=True)

    assert "decide on the workshop first" in answer.text
    assert state(piece) == "review"


@pytest.mark.parametrize(
    "path", ["maker/0/", "maker/99999999999999999999/", "maker/x/", "product/0/",
             "revision/00000000-0000-0000-0000-000000000000/", "revision/1/"],
)  # fmt: skip
def test_nothing_there_is_404(moderator: Client, path: str):
    assert moderator.get(QUEUE + path).status_code == 404
    assert moderator.post(QUEUE + path, {"decision": "approve", "seen": "1"}).status_code == 404


@pytest.mark.parametrize("role", ["support", "finance"])
def test_other_roles_decide_nothing(role: str, three: list[Any]):
    client = signed_in(factories.operator(role))

    assert client.get(QUEUE).status_code == 403
    for thing in three:
        assert client.get(url_of(thing)).status_code == 403
        sent = {"decision": "approve", "seen": "1"}
        assert client.post(url_of(thing), sent).status_code == 403
    assert [state(thing) for thing in three] == ["submitted", "review", "waiting"]


def test_moderator_s_words_are_text(moderator: Client):
    maker = applicant("<script>alert(1)</script>")

    assert "<script>alert(1)" not in moderator.get(url_of(maker)).text
    assert "<script>alert(1)" not in moderator.get(QUEUE).text


def told() -> list[tuple[str, str, str]]:
    return sorted(Mail.objects.values_list("kind", "recipient", "content__subject"))


def test_owners_alone_get_the_reason_by_mail(moderator: Client, mo: Maker, inbox):
    for role in ("packer", "writer"):
        person = factories.user(f"{role}@example.com")
        mo.memberships.create(user=person, role=TeamRole(role))
    piece = in_review("bowl", mo)

    decide(moderator, piece, "reject", WHY)
    run_jobs()

    assert told() == [("product_decided", "mo@example.com", "Sent back: Bowl")]
    mail = Mail.objects.get()
    assert mail.state == "sent"
    assert WHY in mail.content["text"]
    assert WHY in mail.content["html"]
    assert mail.subject == f"productmove:{ProductMove.objects.latest('pk').pk}"


def test_mail_is_queued_once_though_the_job_runs_twice(mo: Maker, inbox):
    from_job = {"kind": "maker_decided", "row_id": _suspended(mo)}
    for _ in range(2):
        run_jobs()
        tasks.tell_decision.defer(**from_job)
    run_jobs()

    assert told() == [("maker_decided", "mo@example.com", "Suspended: Mo is off the market")]


def _suspended(mo: Maker) -> int:
    accounts.suspend_maker(mo.pk, by="user:0", at=timezone.now(), why=WHY)
    return MakerMove.objects.latest("pk").pk


def test_suspending_and_reinstating_is_told(mo: Maker, inbox):
    _suspended(mo)
    accounts.reinstate_maker(mo.pk, by="user:0", at=timezone.now())

    run_jobs()

    assert [subject for _kind, _to, subject in told()] == [
        "Open again: Mo", "Suspended: Mo is off the market",
    ]  # fmt: skip


def test_invited_person_gets_a_link(mo: Maker, inbox):
    teaming.invite_member(
        mo.pk, email="rui@example.com", role="packer", by=f"user:{mo.members.get().pk}",
        at=timezone.now(),
    )  # fmt: skip

    run_jobs()

    assert told() == [("member_invited", "rui@example.com", "Join Mo")]
    text = Mail.objects.get().content["text"]
    assert "Mo Fonte asks you to work in Mo" in text
    assert "Packer" in text


def test_invitation_taken_back_is_not_mailed(mo: Maker, inbox):
    asked = teaming.invite_member(
        mo.pk, email="rui@example.com", role="packer", by="user:0", at=timezone.now()
    )
    teaming.cancel_invitation(mo.pk, asked.pk, by="user:0", at=timezone.now())

    run_jobs()

    assert told() == []


def test_every_kind_has_a_fact(mo: Maker):
    """Each fact of a decision leads to a mail of its own kind."""
    decided = {"maker_decided", "product_decided", "revision_decided", "member_invited"}
    assert set(KINDS) == decided | {"stock_low"}


@pytest.mark.parametrize("title", ['<b>"Bowl" & co</b>', "Line\nbreak", "x" * 140])
def test_mail_carries_hostile_words_as_text(mo: Maker, title: str):
    piece = in_review("bowl", mo)
    Product.objects.update(title_en=title)
    move = ProductMove.objects.get(subject=piece, to_status="review")
    move.why = "<img src=x>"

    mail = write_decision("product_decided", move, language="en")

    assert "<b>" not in mail.html.replace('<b class="ink">', "")[mail.html.index("<h1") :]
    assert "<img" not in mail.html
    assert "\n" not in mail.subject


@pytest.fixture
def no_jobs_left(transactional_db: None) -> Iterator[None]:
    """Leave no job behind: what a test commits there is not flushed after it."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_decide_once(no_jobs_left: None, mo: Maker):
    piece = in_review("bowl", mo)
    clients = [signed_in(factories.operator("moderator")) for _ in range(2)]
    seen = seen_on(clients[0], piece)

    def press(client: Client, decision: str) -> None:
        try:
            decide(client, piece, decision, WHY, seen=seen)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=press, args=(clients[0], "approve")),
        threading.Thread(target=press, args=(clients[1], "reject")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert state(piece) in {"live", "draft"}
    assert piece.moves.exclude(to_status="review").exclude(from_status="").count() == 1
    assert AuditEntry.objects.count() == 1
    assert len(jobs()) == 1
    assert waiting() == []
