"""The page of the jobs: it shows what failed, and gives each another try exactly once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from makers_market.core import job_list
from makers_market.core.job_list import NotFailed, WaitsAlready
from makers_market.core.models import AuditEntry
from notifications import tasks
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
PAGE = "/admin/jobs/"


def job(status: str = "failed", *, lock: str | None = None, attempts: int = 600) -> int:
    """Queue a job as the shop does, and leave it as a worker would."""
    tasks.send_mail.defer(mail_id=48213)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM procrastinate_jobs")
        (number,) = cursor.fetchone()
        for step in ("doing", status) if status != "todo" else ():
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s, attempts = %s, queueing_lock = %s"
                " WHERE id = %s",
                [step, attempts, lock, number],
            )
        if status == "todo" and lock:
            cursor.execute(
                "UPDATE procrastinate_jobs SET queueing_lock = %s WHERE id = %s", [lock, number]
            )
    return int(number)


def statuses() -> dict[int, tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, status::text, attempts FROM procrastinate_jobs ORDER BY id")
        return {number: (status, attempts) for number, status, attempts in cursor.fetchall()}


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in(factories.operator())


def test_page_shows_failed_and_waiting_jobs(admin: Client):
    job("failed")
    job("todo")

    page = admin.get(PAGE)

    assert page.status_code == 200
    assert page.text.count("notifications.send_mail") >= 2
    assert "mail_id 48213" in page.text
    assert "cause" not in page.text
    assert "No worker is running" in page.text
    assert page.context["queue"].counts == {"failed": 1, "todo": 1}
    assert timezone.now() - page.context["queue"].waits_since < timedelta(minutes=1)


def test_page_shows_workers_alive_and_silent(admin: Client):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now()), (now() - interval '1 minute')"
        )

    page = admin.get(PAGE)

    assert [worker.is_alive for worker in page.context["workers"]] == [False, True]


def test_page_costs_the_same_with_more_jobs(admin: Client, django_assert_num_queries):
    job("failed")
    admin.get(PAGE)
    with connection.execute_wrapper(_count := _Counter()):
        admin.get(PAGE)
    for _ in range(19):
        job("failed")

    with connection.execute_wrapper(again := _Counter()):
        admin.get(PAGE)

    assert again.asked == _count.asked


class _Counter:
    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, execute, sql, params, many, context):
        self.asked += 1
        return execute(sql, params, many, context)


def test_badge_counts_failed_jobs(admin: Client):
    job("failed")
    job("failed")
    job("todo")

    nav = {str(link["title"]): link["badge"] for link in admin.get(PAGE).context["nav"]}

    assert nav["Jobs"] == 2


def test_retry_puts_the_job_back_once(admin: Client):
    number = job("failed", attempts=600)

    first = admin.post(f"{PAGE}{number}/retry/", follow=True)
    second = admin.post(f"{PAGE}{number}/retry/", follow=True)

    assert "in the queue again" in first.text
    assert "no longer among the failed" in second.text
    assert statuses() == {number: ("todo", 601)}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject) == ("job.retried", f"job:{number}")
    assert entry.changes == {"status": ["failed", "todo"], "attempts": [600, 601]}


@pytest.mark.parametrize("status", ["todo", "doing", "succeeded", "cancelled"])
def test_retry_of_a_job_that_did_not_fail_does_nothing(status: str):
    number = job(status)
    before = statuses()

    with pytest.raises(NotFailed):
        job_list.retry_job(number, by="user:1", at=timezone.now())

    assert statuses() == before
    assert not AuditEntry.objects.exists()


def test_retry_of_a_lonely_job_that_waits_already_does_nothing():
    failed, waiting = job("failed", lock="once"), job("todo", lock="once")
    before = statuses()

    with pytest.raises(WaitsAlready):
        job_list.retry_job(failed, by="user:1", at=timezone.now())

    assert statuses() == before
    assert set(before) == {failed, waiting}
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("number", ["0", "999999999", "9223372036854775808", "-1", "x"])
def test_retry_of_no_job_is_no_error(admin: Client, number: str):
    answer = admin.post(f"{PAGE}{number}/retry/")

    assert answer.status_code in {302, 404}
    assert not AuditEntry.objects.exists()


def test_retry_by_get_is_refused(admin: Client):
    number = job("failed")

    assert admin.get(f"{PAGE}{number}/retry/").status_code == 405
    assert statuses() == {number: ("failed", 600)}


@pytest.mark.parametrize("role", ["support", "moderator", "finance"])
def test_only_administrators_see_and_retry_jobs(role: str):
    number = job("failed")
    client = signed_in(factories.operator(role))

    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}{number}/retry/").status_code == 403
    assert statuses() == {number: ("failed", 600)}


@pytest.mark.django_db(transaction=True)
def test_two_operators_retry_one_job_once():
    number = job("failed")
    refused: list[NotFailed] = []

    def press() -> None:
        try:
            job_list.retry_job(number, by="user:1", at=timezone.now())
        except NotFailed as refusal:
            refused.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    after, entries = statuses()[number], AuditEntry.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    assert (after, entries, len(refused)) == (("todo", 601), 1, 3)
