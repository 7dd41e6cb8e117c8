"""The page cache over TLS with a user of its own; when it vanishes, shoppers do not notice."""

import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from makers_market.core import page_cache
from makers_market.core.page_cache import PageCache
from tests import world
from tests.files.certificates import Authority
from tests.files.doors import TlsDoor

OPTIONS = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}


@pytest.fixture
def user() -> Iterator[redis.Redis]:
    """Valkey with a user who may touch keys of pages and nothing else."""
    if world.valkey is None:
        pytest.skip("no Valkey here")
    admin = redis.Redis.from_url(world.valkey.url(database=5))
    admin.acl_setuser(
        "shop", enabled=True, passwords=["+s3cret"], keys=["*"], categories=["+@all", "-@dangerous"]
    )
    yield admin
    admin.acl_deluser("shop")
    admin.flushdb()
    admin.close()


@pytest.fixture
def door(user: redis.Redis, localhost: tuple[Path, Path]) -> Iterator[TlsDoor]:
    running = TlsDoor(world.valkey.port, *localhost)
    yield running
    running.close()


def cache_at(address: str) -> PageCache:
    return PageCache(address, {"OPTIONS": dict(OPTIONS)})


def test_cache_over_tls_with_its_user_keeps_pages(door: TlsDoor, authority: Authority):
    cache = cache_at(f"rediss://shop:s3cret@localhost:{door.port}/5?ssl_ca_certs={authority.file}")

    cache.set("page", "words", 60)
    cache.set_many({"a": 1, "b": 2}, 60)

    assert cache.get("page") == "words"
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    assert (cache.has_key("page"), cache.add("page", "x"), cache.touch("page")) == (
        True, False, True,
    )  # fmt: skip
    assert (cache.delete("page"), cache.get("page", "none")) == (True, "none")


@pytest.mark.parametrize(
    "address",
    [
        "rediss://shop:s3cret@localhost:{port}/5",  # nobody known signed its certificate
        "rediss://shop:wrong@localhost:{port}/5?ssl_ca_certs={ca}",
        "redis://shop:s3cret@localhost:{port}/5",
    ],
    ids=["authority", "password", "plain"],
)
def test_cache_that_cannot_be_trusted_or_entered_is_a_miss(
    door: TlsDoor, authority: Authority, user: redis.Redis, address: str
):
    cache = cache_at(address.format(port=door.port, ca=authority.file))

    cache.set("page", "words", 60)

    assert cache.get("page", "none") == "none"
    assert user.dbsize() == 0


def test_absent_cache_costs_next_to_nothing(caplog: pytest.LogCaptureFixture):
    cache = cache_at(f"redis://127.0.0.1:{world.free_port()}/0")
    began = time.monotonic()

    with caplog.at_level(logging.WARNING, logger=page_cache.__name__):
        for _ in range(100):
            answers = (
                cache.get("a", 7), cache.get_many(["a"]), cache.has_key("a"), cache.add("a", 1),
                cache.set("a", 1), cache.set_many({"a": 1}), cache.touch("a"), cache.delete("a"),
                cache.delete_many(["a"]), cache.clear(),
            )  # fmt: skip

    assert answers == (7, {}, False, False, None, ["a"], False, False, None, None)
    assert time.monotonic() - began < 1
    assert [record.getMessage() for record in caplog.records] == ["cache_away"]


def test_silent_cache_is_waited_for_once_a_pause():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cache = cache_at(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = time.monotonic()

        for _ in range(50):
            assert cache.get("page") is None

        assert time.monotonic() - began < 1


def test_cache_that_came_back_is_used_again(user: redis.Redis, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page_cache, "PAUSE_SECONDS", 0.05)
    cache = cache_at(world.valkey.url(database=5))
    user.client_kill_filter(skipme=True)
    cache._away_until = time.monotonic() + 0.05

    assert cache.get("page") is None
    time.sleep(0.06)
    cache.set("page", "words", 60)

    assert cache.get("page") == "words"


@pytest.mark.parametrize("kept", [b"words", b"\x80\x04garbage", b"cgone.module\nGone\n."])
def test_what_another_release_kept_is_a_miss(user: redis.Redis, kept: bytes):
    cache = cache_at(world.valkey.url(database=5))
    user.set(cache.make_key("page"), kept)

    assert cache.get("page", "none") == "none"
    assert cache.get_many(["page"]) == {}
    cache.set("page", "ours", 60)
    assert cache.get("page") == "ours"
