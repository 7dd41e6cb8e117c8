"""What the environment says of database, cache, bucket and edge is checked before anything runs."""

import subprocess
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from makers_market.core import env
from tests.files.certificates import Authority
from tests.security.test_boot import start

PLACE = "postgres://market@db.example:5432/market"
CHECKED = "?sslmode=verify-full&sslrootcert={ca}"


def database(monkeypatch: pytest.MonkeyPatch, url: str, auth: str = "password") -> dict[str, Any]:
    monkeypatch.setenv("DATABASE_URL", url)
    return env.database("DATABASE_URL", auth=auth)


def test_options_of_the_address_reach_the_driver(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
):
    url = f"postgres://m%40r:p%2Fw@db.example/mar%20ket{CHECKED}&connect_timeout=7"

    read = database(monkeypatch, url.format(ca=authority.file))

    assert read == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "mar ket",
        "USER": "m@r",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "5432",
        "OPTIONS": {
            "sslmode": "verify-full",
            "sslrootcert": str(authority.file),
            "connect_timeout": "7",
        },
    }


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?sslmod=verify-full", "only sslmode, sslrootcert, connect_timeout"),
        ("?sslmode=verify_full", "sslmode that is none of"),
        ("?sslmode=", "sslmode that is none of"),
        ("?sslmode=disable&sslmode=require", "each once"),
        ("?sslmode=verify-full", "sslrootcert that is no file: none"),
        ("?sslmode=verify-ca&sslrootcert=/nowhere.pem", "no file: /nowhere.pem"),
        ("?connect_timeout=0", "connect_timeout"),
        ("?connect_timeout=soon", "connect_timeout"),
        ("?connect_timeout=61", "connect_timeout"),
        ("?options=-c%20role%3Dpostgres", "only sslmode"),
        ("?service=other", "only sslmode"),
    ],
)
def test_odd_option_of_the_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, query: str, words: str
):
    with pytest.raises(ImproperlyConfigured, match=words) as refused:
        database(monkeypatch, PLACE.replace("market@", "market:canary@") + query)

    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("password", ["can[ary", "canary]", "canary\u2100"])
@pytest.mark.parametrize("read", [env.database, env.cache])
def test_address_that_cannot_be_taken_apart_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, read: Any, password: str
):
    monkeypatch.setenv("ADDRESS", f"postgres://market:{password}@db.example:5432/market")

    with pytest.raises(ImproperlyConfigured, match="ADDRESS is no address") as refused:
        read("ADDRESS")

    assert "can" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (PLACE, "sslmode=verify-full when DATABASE_AUTH is iam"),
        (PLACE + "?sslmode=require", "sslmode=verify-full when DATABASE_AUTH is iam"),
        (PLACE.replace("market@", "market:pw@") + CHECKED, "no password"),
        (PLACE.replace("market@", "") + CHECKED, "a user and a host"),
        ("postgres:///market" + CHECKED, "a user and a host"),
    ],
)
def test_tokens_are_sent_over_checked_tls_only(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, url: str, words: str
):
    with pytest.raises(ImproperlyConfigured, match=words):
        database(monkeypatch, url.format(ca=authority.file), auth="iam")


@pytest.mark.parametrize(
    "value",
    ["http://h:1/0", "redis://", "rediss:///0", "valkey://h:6379/0", "redis://u:canary@h:99999/0"],
)
def test_odd_cache_address_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, value: str
):
    monkeypatch.setenv("CACHE_URL", value)

    with pytest.raises(ImproperlyConfigured, match="CACHE_URL") as refused:
        env.cache("CACHE_URL")

    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "value", ["A", "ab", "has.dots", "-x-y", "x" * 64, "under_score", "s3://b"]
)
def test_odd_bucket_is_refused(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("MEDIA_BUCKET", value)

    with pytest.raises(ImproperlyConfigured, match="MEDIA_BUCKET must be a bucket's name"):
        env.bucket("MEDIA_BUCKET")


def test_edge_alone_needs_a_secret_of_the_edge():
    ended: subprocess.CompletedProcess[str] = start(EDGE_ONLY="1", EDGE_SECRETS="")

    assert ended.returncode == 1
    assert "EDGE_SECRETS is empty" in ended.stderr


@pytest.mark.parametrize(
    ("site", "hosts", "words"),
    [
        ("https://shop.example", "other.example", "ALLOWED_HOSTS must hold the host of SITE_URL"),
        ("https://shop.example", "www.shop.example", "must hold the host of SITE_URL, shop.exam"),
        ("https://shop.example/shop", "shop.example", "SITE_URL must be no more than scheme"),
        ("https://Shop.example", "shop.example", "SITE_URL must be no more than scheme"),
        ("https://shop.example:443", "shop.example", "SITE_URL must be no more than scheme"),
        ("https://me:canary@shop.example", "shop.example", "SITE_URL must be no more than scheme"),
        ("me:canary@shop.example", "shop.example", "SITE_URL must look like https://some.host"),
    ],
)
def test_site_that_health_checks_and_browsers_would_miss_is_refused(
    monkeypatch: pytest.MonkeyPatch, site: str, hosts: str, words: str
):
    monkeypatch.setenv("SITE_URL", site)

    with pytest.raises(ImproperlyConfigured, match=words) as refused:
        env.site("SITE_URL", listed=[hosts])

    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("hosts", ["shop.example", ".example", "*"])
@pytest.mark.parametrize("port", ["", ":8000"])
def test_site_whose_host_is_listed_is_taken(monkeypatch: pytest.MonkeyPatch, hosts: str, port: str):
    monkeypatch.setenv("SITE_URL", f"https://shop.example{port}/")

    assert env.site("SITE_URL", listed=[hosts]) == f"https://shop.example{port}"


@pytest.mark.parametrize("read", [env.address, env.web_address, env.origins])
def test_login_in_a_wrong_address_is_not_told(monkeypatch: pytest.MonkeyPatch, read: Any):
    monkeypatch.setenv("ADDRESS", "postgres://me:can@ary@db.example/shop")
    words = {"wanted": True} if read is env.web_address else {"default": ""}

    with pytest.raises(ImproperlyConfigured, match=r"ADDRESS .*db\.example") as refused:
        read("ADDRESS", **words)

    assert not any(part in str(refused.value) for part in ("can", "ary"))


def test_secret_in_the_place_of_a_file_s_name_is_not_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("A_SECRET_FILE", "canary")

    with pytest.raises(ImproperlyConfigured, match="A_SECRET_FILE names no file") as refused:
        env.secret("A_SECRET")

    assert "canary" not in str(refused.value)
