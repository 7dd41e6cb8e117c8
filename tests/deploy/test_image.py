"""The container image: what the Dockerfile promises, and (long) what the built image keeps."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import requires
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sandbox.env import read_env
from tests import world
from tests.deploy.containers import Container, Image, build
from tests.stand_ins import wait_until

DOCKERFILE = (world.ROOT / "Dockerfile").read_text()
NAME = "makers-market-tests"
PATH = ("usr/bin", "usr/local/bin", "opt/venv/bin", "bin", "usr/sbin")
COMPILERS = ("cc", "gcc", "g++", "make", "ld", "as", "pip", "pip3", "git", "curl", "wget")
HOST = "makersmarket.example"
# What CloudFront says of a visitor who came by TLS.
EDGE = {"X-Origin-Secret": world.EDGE_SECRET, "X-Forwarded-Proto": "https", "Host": HOST}
SECRET = f"our-own-secret-{'k' * 40}"


def stages() -> dict[str, list[tuple[str, str]]]:
    """Give the Dockerfile's stages in order: each a list of (INSTRUCTION, its words)."""
    found: dict[str, list[tuple[str, str]]] = {}
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    current: list[tuple[str, str]] = []
    for line in filter(None, joined.splitlines()):
        word, rest = line.split(" ", 1)
        if word == "FROM":
            source, _as, name = rest.split(" ")
            current = found[name] = [("FROM", source)]
        else:
            current.append((word, rest))
    return found


def lineage(name: str) -> list[tuple[str, str]]:
    """Give every instruction that shapes a stage, its ancestors' first."""
    own = stages()[name]
    source = own[0][1]
    return (lineage(source) if source in stages() else []) + own


def words_of(name: str, instruction: str) -> list[str]:
    return [rest for word, rest in lineage(name) if word == instruction]


def test_shipped_target_is_the_last_and_holds_no_sandbox() -> None:
    copied = " ".join(words_of("app", "COPY"))

    assert list(stages())[-1] == "app"
    assert "demo" in stages()
    assert "sandbox" not in copied
    assert "demo" not in copied
    assert any("sandbox" in words for words in words_of("demo", "COPY"))
    assert "SANDBOX=0" in " ".join(words_of("app", "ENV"))


@pytest.mark.parametrize("target", ["app", "demo"])
def test_target_ends_as_an_ordinary_user_with_a_check_and_a_signal(target: str) -> None:
    assert words_of(target, "USER")[-1] == "10001:10001"
    assert words_of(target, "STOPSIGNAL") == ["SIGTERM"]
    assert words_of(target, "ENTRYPOINT") == ['["python", "-m", "makers_market"]']
    assert words_of(target, "CMD") == ['["web"]']
    (check,) = words_of(target, "HEALTHCHECK")
    assert "'/healthz'" in check


def test_base_is_a_slim_python_of_one_version() -> None:
    (base,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE, re.MULTILINE)

    assert re.fullmatch(
        r"docker\.io/library/python:3\.13\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", base
    )
    assert [own[0][1] for own in stages().values()].count("${PYTHON_IMAGE}") == 1


def test_packages_are_wheels_with_hashes() -> None:
    installed = [
        rest for name in stages() for word, rest in stages()[name] if "pip install" in rest
    ]

    assert "PIP_REQUIRE_HASHES=1" in " ".join(words_of("packages", "ENV"))
    assert "PIP_ONLY_BINARY=:all:" in " ".join(words_of("packages", "ENV"))
    assert all(" -r " in words for words in installed)
    assert [name for name in ("app", "demo") if "pip install" in str(words_of(name, "RUN"))] == []


def test_demo_gets_what_its_stand_ins_import_and_all_that_needs() -> None:
    """Two packages are not the shop's: flask, and pydantic, which stripe's checks ask for late."""
    (picking,) = [rest for rest in words_of("demo-packages", "RUN") if "pick.py" in rest]
    named = picking.partition(" > ")[0].split("requirements-dev.txt")[1].split()

    wanted, waiting = set(), ["flask", "pydantic"]
    while waiting:
        name = waiting.pop()
        needs = map(Requirement, requires(name) or [])
        wanted.add(canonicalize_name(name))
        waiting += [
            one.name for one in needs if not one.marker or one.marker.evaluate({"extra": ""})
        ]
    assert set(named) == wanted


def test_health_check_is_python_that_runs(shop_port: int) -> None:
    (check,) = words_of("app", "HEALTHCHECK")
    argv = json.loads(check.partition("CMD ")[2])
    env = os.environ | {"PORT": str(shop_port)}

    ended = [
        subprocess.run(argv, check=False, stderr=subprocess.DEVNULL, env=env) for _ in range(2)
    ]

    assert [one.returncode for one in ended] == [0, 1]


@pytest.fixture
def shop_port() -> Iterator[int]:
    """A port where somebody answers once that all is well, then that nothing is."""
    script = (
        "import http.server as h\n"
        "class D(h.BaseHTTPRequestHandler):\n"
        "    codes = [200, 503]\n"
        "    def do_GET(self):\n"
        "        self.send_response(self.codes.pop(0)); self.end_headers()\n"
        "s = h.HTTPServer(('127.0.0.1', 0), D); print(s.server_port, flush=True); s.serve_forever()"
    )
    argv = [sys.executable, "-c", script]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    yield int(process.stdout.readline())
    process.kill()
    process.wait()


def test_bundle_holds_the_roots_of_rds() -> None:
    roots = x509.load_pem_x509_certificates((world.ROOT / "deploy/image/rds.pem").read_bytes())
    names = {one.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value for one in roots}

    assert {
        f"Amazon RDS eu-west-1 Root CA {kind} G1" for kind in ("RSA2048", "RSA4096", "ECC384")
    } <= names
    assert len(names) == len(roots)
    for root in roots:
        root.verify_directly_issued_by(root)
        assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert root.not_valid_after_utc > datetime(2030, 1, 1, tzinfo=UTC)
        key = root.public_key()
        assert isinstance(key, EllipticCurvePublicKey) or key.key_size >= 2048  # type: ignore[union-attr]


def test_build_context_holds_only_what_is_named() -> None:
    lines = (world.ROOT / ".dockerignore").read_text().splitlines()

    assert next(line for line in lines if not line.startswith("#")) == "*"
    assert {".git", ".venv", ".local", "tests"} & {
        line.removeprefix("!") for line in lines
    } == set()


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The shipped image, built from this checkout."""
    build("app", NAME)
    one = Image(NAME)
    yield one
    one.remove()


@pytest.fixture
def contain(image: Image, tmp_path: Path) -> Iterator[Callable[..., Container]]:
    """Give what makes a container of the image, in the settings of a deployment."""
    made: list[Container] = []
    database = f"image_{os.getpid()}"
    world.postgres.create(database)
    secrets = ("SECRET_KEY", "STRIPE_SECRET_KEY", "RESEND_API_KEY")
    env = world.environment(
        database=world.postgres.url(database), site=f"https://{HOST}", ALLOWED_HOSTS=HOST,
        SANDBOX="0", SECURE_COOKIES="1", PORT=str(world.free_port()), LOG_LEVEL="INFO",
        DRAIN_SECONDS="2", STATIC_ROOT="/srv/static", MEDIA_ROOT="/tmp/media",
        STRIPE_WEBHOOK_SECRETS=f"whsec_{SECRET}",
    ) | dict.fromkeys(secrets, SECRET)  # fmt: skip

    def make(*words: str, **more: str) -> Container:
        made.append(Container(image, tmp_path, words, env | more))
        return made[-1]

    yield make
    for each in made:
        each.remove()
    world.postgres.drop(database)


@pytest.mark.long
def test_image_holds_no_sandbox_no_compiler_no_secret(image: Image) -> None:
    here = image.root
    found = [name for name in COMPILERS for path in PATH if (here / path / name).exists()]

    assert found == []
    assert {path.name for path in (here / "srv/market").iterdir()} == {
        "__pycache__", "accounts", "catalog", "deploy", "gunicorn.conf.py", "locale",
        "makers_market", "manage.py", "notifications", "orders", "payments",
    }  # fmt: skip
    assert [path.name for path in (here / "srv/market/deploy").iterdir()] == ["sql"]
    packages = {path.name for path in here.glob("opt/venv/lib/python3*/site-packages/*")}
    assert "django" in packages
    assert packages & {"flask", "moto", "pytest", "babel", "pip"} == set()
    assert (here / "etc/ssl/certs/rds.pem").read_bytes().count(b"BEGIN CERTIFICATE") > 60
    assert list(here.glob("srv/static/css/shop.*.css.gz"))
    assert list(here.glob("srv/market/locale/pt/LC_MESSAGES/django.mo"))
    published = read_env(world.ROOT / ".env.example")
    assert [pair for pair in image.config["Env"] if published["SECRET_KEY"] in pair] == []
    assert not list(here.glob("tmp/*"))


@pytest.mark.long
def test_container_can_write_only_to_memory(contain: Callable[..., Container]) -> None:
    script = (
        "import os, pathlib\n"
        "print('uid', os.getuid())\n"
        "for place in '/ /srv/market /srv/static /opt/venv /etc /tmp /dev/shm'.split():\n"
        "    try:\n"
        "        pathlib.Path(place, 'mark').write_text('x'); print(place, 'yes')\n"
        "    except OSError as error:\n"
        "        print(place, error.errno)\n"
    )

    told = contain("python", "-c", script).run().splitlines()

    assert told[0] == "uid 10001"
    assert {line for line in told if line.endswith("yes")} == {"/tmp yes", "/dev/shm yes"}
    assert len(told) == 8


@pytest.mark.long
def test_container_serves_and_stops(image: Image, contain: Callable[..., Container]) -> None:
    entry = image.config["Entrypoint"]
    contain(*entry, "migrate").run()
    checked = contain(*entry, "check").run()
    manage = contain("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING").run()
    worker = contain(*entry, "worker").start()
    web = contain(*entry, *image.config["Cmd"]).start()
    url = f"http://127.0.0.1:{web.env['PORT']}"

    wait_until(lambda: answer(f"{url}/readyz") == 200, seconds=40, what="web")
    (owner,) = re.findall(
        r"^Uid:\s+(\d+)", Path(f"/proc/{web.pid()}/status").read_text(), re.MULTILINE
    )
    health = requests.get(f"{url}/healthz", timeout=5)
    home = requests.get(f"{url}/", headers=EDGE, timeout=10)
    sheet = re.findall(r'href="(/static/css/shop\.[0-9a-f]+\.css)"', home.text)
    began = time.monotonic()
    for each in (web, worker):
        each.tell(signal.SIGTERM)
    codes = [each.process.wait(30) for each in (web, worker)]

    assert "ok: settings" in checked
    assert "no issues" in manage
    assert owner == "10001"
    assert health.status_code == 200
    assert home.status_code == 200, home.text[:500]
    assert len(sheet) == 1
    assert codes == [0, 0], web.log.read_text() + worker.log.read_text()
    assert 2 <= time.monotonic() - began <= 25


def answer(url: str) -> int:
    """Give the status of an answer, 0 for none."""
    try:
        return requests.get(url, timeout=2).status_code
    except requests.RequestException:
        return 0


@pytest.mark.long
def test_container_without_secrets_says_which(contain: Callable[..., Container]) -> None:
    container = contain("python", "-m", "makers_market", "web", SECRET_KEY="").start()

    assert container.process.wait(30) == os.EX_CONFIG
    assert "SECRET_KEY" in container.log.read_text()


def test_words_of_the_entry_point_can_be_typed() -> None:
    """docs/image.md and the task definitions write the commands out; these are they."""
    told = (world.ROOT / "docs/image.md").read_text()

    assert shlex.join(["python", "-m", "makers_market"]) in told
    assert [name for name in ("web", "worker", "migrate", "check") if f"`{name}`" not in told] == []
