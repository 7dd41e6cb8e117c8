"""docker-compose.yml: well formed, hardened, the same world as bin/run; and (long) it runs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import yaml

from sandbox import alone, plan
from sandbox.env import read_env, shop_environment
from sandbox.world.postgres import Postgres
from sandbox.world.valkey import Valkey
from tests import world
from tests.deploy.containers import Container, Image, build, network_of
from tests.shop import Buyer
from tests.stand_ins import wait_until

EXAMPLE = read_env(world.ROOT / ".env.example")
COMPOSE = yaml.safe_load((world.ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, one in SERVICES.items() if one["image"] == "makers-market-demo"]
STAND_INS = ("stripe", "resend", "carrier", "signin", "index")
HEART = "here"
VARIANT = re.compile(r'name="variant"[^>]*value="([^"]+)"')
# What differs on purpose from bin/run: the servers, and where the image keeps its files.
OWN_WAY = {
    *("DATABASE_URL", "CACHE_URL", "STATIC_ROOT", "MEDIA_ROOT", "MAIL_FROM"),
    # The image's, and what a shell needs that has a proxy.
    *("DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED", "NO_PROXY", "no_proxy"),
}


def environment(name: str) -> dict[str, str]:
    """Give what a service's variables come to."""
    one = SERVICES[name]
    return read_env(world.ROOT / one["env_file"]) | one["environment"]


def test_compose_is_strictly_well_formed() -> None:
    if not shutil.which("docker-compose"):
        pytest.skip("not installed: docker-compose (Debian's 1.29 is strict)")

    ended = subprocess.run(
        ["docker-compose", "config", "--quiet"], cwd=world.ROOT, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip

    assert (ended.returncode, ended.stderr) == (0, "")


def test_compose_holds_shop_servers_and_every_stand_in() -> None:
    assert set(SERVICES) == {
        *STAND_INS, HEART, "postgres", "valkey", "migrate", "fill", "web", "worker",
    }  # fmt: skip
    assert set(STAND_INS) == set(alone.stand_ins())


@pytest.mark.parametrize("name", list(SERVICES))
def test_service_has_no_right_it_does_not_need(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("privileged") is None
    assert service.get("user", "10001") not in {"root", "0"}


def test_only_this_machine_reaches_the_ports() -> None:
    published = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}

    assert published == {
        HEART: [f"127.0.0.1:{port}:{port}" for port in (8000, 8600, 8601, 8602, 8603, 8604)]
    }
    assert {SERVICES[name]["network_mode"] for name in OURS if name != HEART} == {
        f"service:{HEART}"
    }


@pytest.mark.parametrize("name", ["web", "worker", "migrate", "fill", *STAND_INS])
def test_service_lives_in_the_world_of_bin_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {})

    at_home = shop_environment(plan.LOCAL, alone.USUAL, {})

    here = environment(name)
    shared = set(at_home) - OWN_WAY
    assert {key: here[key] for key in shared} == {key: at_home[key] for key in shared}


def test_secrets_are_the_example_s() -> None:
    text = (world.ROOT / "docker-compose.yml").read_text()
    secrets = {name for name in EXAMPLE if re.search("SECRET|API_KEY", name)}

    named = {name for name in OURS for name in SERVICES[name].get("environment", {})}
    assert named & secrets == {"COGNITO_CLIENT_SECRET"}  # the sandbox's own, open to everybody
    assert re.findall(r"sk_\w+|whsec_\w+|re_[a-z0-9]{8,}", text) == []


def test_shop_opens_after_what_it_needs() -> None:
    waits = {name: SERVICES[name].get("depends_on", {}) for name in SERVICES}
    wanted = {
        name: {on: how["condition"] for on, how in each.items()} for name, each in waits.items()
    }

    assert wanted["migrate"]["postgres"] == "service_healthy"
    assert wanted["fill"]["migrate"] == "service_completed_successfully"
    for name in ("web", "worker"):
        assert wanted[name]["fill"] == "service_completed_successfully"
        assert wanted[name]["valkey"] == "service_healthy"
    assert "test" in SERVICES["postgres"]["healthcheck"]


def test_stand_in_listens_everywhere_only_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "RESEND_API_KEY"):
        monkeypatch.setenv(key, EXAMPLE[key])

    programs = alone.stand_ins()

    assert {str(program.address).rpartition(":")[2] for program in programs.values()} == {
        "8600", "8601", "8602", "8603", "8604",
    }  # fmt: skip
    assert [name for name, program in programs.items() if "--host" in program.argv] == []


class Demo:
    """The services of the file as containers in one network, as compose would run them."""

    def __init__(self, image: Image, folder: Path) -> None:
        self.image = image
        self.folder = folder
        self.local = folder / "local"
        self.local.mkdir()
        os.chown(self.local, 10001, 10001)
        self.hosts = folder / "hosts"
        self.hosts.write_text("127.0.0.1 localhost postgres valkey\n")
        self.made: list[Container] = []
        self.heart = self._made(HEART, alone=True)

    def _made(self, name: str, **more: Any) -> Container:
        service, config = SERVICES[name], self.image.config
        words = [*service.get("entrypoint", config["Entrypoint"]), *service.get("command", [])]
        mounts = [(self.hosts, "/etc/hosts"), (self.local, "/srv/market/.local")]
        env = environment(name) if name != HEART else {}
        made = Container(self.image, self.folder, words, env, mounts=mounts, **more)
        self.made.append(made)
        return made

    def service(self, name: str) -> Container:
        return self._made(name, joins=self.heart)

    def close(self) -> None:
        for each in reversed(self.made):
            each.remove()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """The demo, filled and open."""
    build("demo", "makers-market-demo")
    image = Image("makers-market-demo")
    one = Demo(image, tmp_path)
    roles = world.ROOT / "deploy/sql/roles.sql"
    postgres = Postgres(
        tmp_path / "postgres", port=5432, durable=False, binaries=world.LOCAL, roles=roles
    )
    valkey = Valkey(tmp_path / "valkey", port=6379)
    try:
        one.heart.start()
        wait_until(one.heart.is_running, what=HEART)
        with network_of(one.heart):
            postgres.start()
            postgres.create("market")
            valkey.start()
            assert (postgres.port, valkey.port) == (5432, 6379)
        one.service("migrate").run()
        one.service("fill").run(seconds=600)
        for name in ("web", "worker", *STAND_INS):
            one.service(name).start()
        yield one
    finally:
        one.close()
        valkey.stop()
        postgres.stop()
        image.remove()


def page(address: str) -> str:
    """Give what a stand-in's page holds, nothing while it does not answer."""
    try:
        return requests.get(address, timeout=10).text
    except requests.RequestException:
        return ""


@pytest.mark.long
@pytest.mark.timeout(900)
def test_demo_opens_and_sells(demo: Demo) -> None:
    with network_of(demo.heart):
        wait_until(
            lambda: page("http://localhost:8600/").count(">running<") == 6, seconds=60, what="demo"
        )
        buyer = Buyer(SimpleNamespace(url="http://localhost:8000"))  # type: ignore[arg-type]
        shelf = re.findall(r'href="(/p/[^"]+)"', buyer.get("/").text)
        pieces = (buyer.get(path).text for path in shelf)
        piece, sku = next((text, found[1]) for text in pieces if (found := VARIANT.search(text)))
        picture = buyer.get(re.findall(r'"(/media/[^" ]+)', piece)[0])
        added = buyer.add(sku)
        paid = buyer.press(buyer.check_out())
        wait_until(lambda: buyer.email in page("http://localhost:8602/"), seconds=30, what="mail")

    assert picture.status_code == 200
    assert picture.headers["Content-Type"].startswith("image/")
    assert added.ok
    assert (paid.status_code, paid.url.startswith("http://localhost:8000/")) == (200, True)
