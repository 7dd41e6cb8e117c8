"""The fixed cast and what every test may ask for. Ada buys, Mo makes, Eve has no right."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import translation

from accounts.models import Maker, User
from makers_market.core.models import Edition
from tests import factories, stand_ins, world
from tests.shop import Shop


@pytest.fixture(scope="session")
def built() -> None:
    """Compile translations and collect static files, as a deployment does."""
    call_command("compile_translations", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def unlisted_static_files() -> None:
    """Look for static files when they are asked for: to list them takes 0.1 s for each Client."""
    django_settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session", autouse=True)
def pages_made_anew() -> None:
    """Keep no page: tests change rows in transactions that nobody commits."""
    django_settings.PAGE_CACHE = False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        call_command("createcachetable", verbosity=0)


@pytest.fixture(scope="session")
def stripe_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stand_ins.Stripe]:
    """The Stripe stand-in, empty of webhook endpoints: tests hand events over themselves."""
    running = stand_ins.Stripe(tmp_path_factory.mktemp("stripe-world"))
    running.start()
    yield running
    running.kill()


@pytest.fixture
def provider(stripe_world: stand_ins.Stripe) -> stand_ins.Stripe:
    """Give the shop's Stripe stand-in, empty."""
    stripe_world.reset()
    return stripe_world


@pytest.fixture(scope="session")
def resend_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stand_ins.Resend]:
    running = stand_ins.Resend(tmp_path_factory.mktemp("resend-world"))
    running.start()
    yield running
    running.kill()


@pytest.fixture
def inbox(resend_world: stand_ins.Resend) -> stand_ins.Resend:
    """Give the shop's Resend stand-in, empty."""
    resend_world.reset()
    return resend_world


@pytest.fixture(autouse=True)
def in_english() -> None:
    """Begin in English: a request's language outlives it in the test's own thread."""
    translation.activate("en")


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest) -> None:
    """Hash passwords quickly, except where the running shop must be able to check them."""
    if "running_shop" not in request.fixturenames:
        quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        request.getfixturevalue("settings").PASSWORD_HASHERS = quick


@pytest.fixture(autouse=True)
def left_clean(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no test that commits leave limits or jobs behind: Django's own sweep misses both."""
    marked = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames
    if not (commits or (marked and marked.kwargs.get("transaction"))):
        yield
        return
    request.getfixturevalue("transactional_db")
    cache.clear()
    # Django's sweep took the edition along: begin with one that no running web has seen.
    Edition.objects.create(number=time.time_ns() // 1000)
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


@pytest.fixture
def ada(db: None) -> User:
    return factories.user("ada@example.com", name="Ada Martins")


@pytest.fixture
def eve(db: None) -> User:
    return factories.user("eve@example.com", name="Eve")


@pytest.fixture
def mo(db: None) -> Maker:
    """Mo's workshop; he is its only member."""
    return factories.maker("mo", members=[factories.user("mo@example.com", name="Mo Fonte")])


@pytest.fixture
def shopper(built: None) -> Client:
    """A browser that says its forms come from our own pages."""
    return Client(headers={"Sec-Fetch-Site": "same-origin"})


@pytest.fixture(scope="session")
def root() -> Path:
    return world.ROOT


@pytest.fixture(scope="session")
def running_shop(
    django_db_setup: None,
    built: None,
    stripe_world: stand_ins.Stripe,
    resend_world: stand_ins.Resend,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    running = Shop(tmp_path_factory.mktemp("shop"), stripe_world, resend_world)
    yield running
    running.close()


@pytest.fixture
def shop(running_shop: Shop, transactional_db: None) -> Iterator[Shop]:
    """Give the shop, open and empty; what a test breaks is mended before the next."""
    running_shop.open()
    yield running_shop
    running_shop.kill("worker")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
