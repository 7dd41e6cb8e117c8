"""While a deployment rolls, the serving release works on the schema of this one.

Its own code (deploy/RELEASED names the commit) runs as web and worker on the tests' database,
which today's code has migrated, and does the shop's whole way.
"""

import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from orders import services as orders
from orders.models import Order, Shipment
from payments import services as payments
from tests import factories, stand_ins, world
from tests.data_safety.linting import NoHistory, released_commit
from tests.shop import Buyer, Shop
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class ServingShop(Shop):
    """The shop as the serving release runs it: its own code, templates and static files."""

    code: Path

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(STATIC_ROOT=str(self.folder / "static"), **more)

    def start_web(self, **env: str) -> None:
        if self._has_commands():
            super().start_web(**env)
            return
        argv = [sys.executable, "-m", "gunicorn", "makers_market.wsgi", "--bind"]
        argv += [f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--threads", "8"]
        self.web = self._spawn("web", [*argv, "--no-control-socket"], env)
        wait_until(self.answers, seconds=60, what="the serving release's web")

    def start_worker(self, **env: str) -> None:
        if self._has_commands():
            super().start_worker(**env)
            return
        argv = [sys.executable, "manage.py", "procrastinate", "worker", "--concurrency", "4"]
        self.worker = self._spawn("worker", argv, env)

    def build(self, commit: str) -> None:
        """Unpack the release and make what its image would hold."""
        self.code = self.folder / "code"
        packed = subprocess.run(
            ["git", "-c", f"safe.directory={world.ROOT}", "archive", commit],
            cwd=world.ROOT, capture_output=True, check=True,
        )  # fmt: skip
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
            archive.extractall(self.code, filter="data")
        commands = ("compile_translations", "collectstatic --noinput -v 0")
        made = [
            subprocess.Popen(
                [sys.executable, "manage.py", *words.split()],
                cwd=self.code, env=self.environment(), stdout=subprocess.DEVNULL,
            )
            for words in commands
        ]  # fmt: skip
        assert [process.wait(60) for process in made] == [0, 0]

    def _has_commands(self) -> bool:
        return (self.code / "makers_market" / "__main__.py").exists()

    def _spawn(self, name: str, argv: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
        self.kill(name)
        log = (self.folder / f"{name}.log").open("ab")
        return subprocess.Popen(
            argv, cwd=self.code, env=self.environment(**env), stdout=log, stderr=log,
            process_group=0,
        )  # fmt: skip


@pytest.fixture(scope="module")
def built_release(
    django_db_setup: None,
    django_db_blocker: pytest.FixtureRequest,
    stripe_world: stand_ins.Stripe,
    resend_world: stand_ins.Resend,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ServingShop]:
    try:
        commit = released_commit()
    except NoHistory as why:
        pytest.skip(str(why))
    running = ServingShop(tmp_path_factory.mktemp("serving"), stripe_world, resend_world)
    running.build(commit)
    yield running
    for which in ("web", "worker"):
        running.kill(which)


@pytest.fixture
def serving(built_release: ServingShop, transactional_db: None) -> Iterator[ServingShop]:
    running = built_release
    if not running.provider.answers():
        running.provider.start()
    if not running.inbox.answers():
        running.inbox.start()
    running.provider.reset()
    running.inbox.reset()
    running.listen()
    if running.web is None:
        running.start_web()
    running.start_worker()
    yield running
    running.kill("worker")


def test_serving_release_sells_on_the_new_schema(serving):
    mug = factories.variant("mug", stock=5)
    buyer = Buyer(serving)

    pages = [buyer.get(path) for path in ("/", "/c/ceramics/", mug.product.url, "/pt/", "/readyz")]
    buyer.add(mug.sku)
    paid = buyer.press(buyer.check_out())
    serving.rest()

    assert [page.status_code for page in pages] == [200] * 5
    assert paid.status_code == 200
    assert Order.objects.get().status == "paid"
    assert len(serving.inbox.mails(to="ada@example.com")) == 1
    serving.audit()


def test_serving_release_goes_on_with_what_the_new_code_began(serving):
    mug = factories.variant("mug", stock=5)
    order = factories.order((mug, 1))
    payment = payments.start_payment(order.pk, at=timezone.now())
    buyer = Buyer(serving)

    page = buyer.get(f"/order/{order.token}/")
    serving.provider.outcome(payment.session_id, "pay")
    wait_until(lambda: Order.objects.get().status == "paid", seconds=30, what="paid")
    parcel = Shipment.objects.get()
    orders.accept_shipment(parcel.pk, by="mo", at=timezone.now())
    serving.rest()

    assert page.status_code == 200
    assert mug.product.title_en in page.text
    assert len(serving.inbox.mails(to="ada@example.com")) == 1
    serving.audit()


def test_a_column_that_the_serving_release_does_not_fill_is_caught(serving):
    mug = factories.variant("mug", stock=5)
    buyer = Buyer(serving)
    buyer.add(mug.sku)
    form = buyer.to_pay_page()
    change("ADD COLUMN gift text DEFAULT '' NOT NULL, ALTER COLUMN gift DROP DEFAULT")

    try:
        answer = buyer.order_and_pay(form)
    finally:
        change("DROP COLUMN gift")

    assert answer.status_code == 500
    assert Order.objects.count() == 0


def change(words: str) -> None:
    with connection.cursor() as cursor:
        for each in words.split(", "):
            cursor.execute(f"ALTER TABLE orders_order {each}")
