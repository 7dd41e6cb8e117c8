"""The page of addresses says what runs and what does not."""

import argparse
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.world.codes import code_at
from sandbox.world.index import App, Link, create_app
from tests.sandbox.small_stand_ins import Running


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("index") / "data"
    process = Running("resend", folder, ["--api-key", "re_index"]).start()
    yield process
    process.kill()


def test_list_links_with_their_health(mailbox: Running) -> None:
    links = [
        Link("Inbox", f"{mailbox.url}/", "Every mail"),
        Link("Shop", "http://127.0.0.1:9/", "Away"),
    ]

    page = create_app(links).test_client().get("/").text

    assert page.count('class="dot up"') == 1
    assert page.index("dot up") < page.index("not answering")
    assert "Every mail" in page


def test_serve_from_the_command_line(mailbox: Running, tmp_path: Path) -> None:
    words = ["--link", f"In & out={mailbox.url}/?a=b=<mails>"]
    index = Running("index", tmp_path / "data", words).start()

    page = requests.get(index.url, timeout=5).text

    index.kill()
    assert "In &amp; out" in page
    assert "<mails>" not in page


@pytest.mark.parametrize("written", ["", "Shop", "Shop=there=x", "Shop=javascript:alert(1)=x"])
def test_parse_link_refuses_what_is_no_address(written: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        Link.parse(written)


def test_show_the_codes_of_now_and_load_the_next_in_time() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    before = time.time()

    page = create_app([], [App("Mo, maker", secret)]).test_client().get("/").text

    codes = {code_at(secret, at) for at in (before, time.time())}
    assert set(re.findall(r"<code>(\d{6})</code>", page)) <= codes
    assert 1 <= int(re.search(r'http-equiv="refresh" content="(\d+)"', page)[1]) <= 30


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
     (2000000000, "279037"), (20000000000, "353130")],
)  # fmt: skip
def test_code_is_that_of_rfc_6238(seconds: int, code: str) -> None:
    """The appendix lists eight digits, of which an app shows the last six."""
    assert code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", seconds) == code


@pytest.mark.parametrize(
    "written", ["", "Mo", "=JBSWY3DPEHPK3PXP", "Mo=", "Mo=not base32", "Mo=JBSWY3D"]
)
def test_parse_app_refuses_what_is_no_secret(written: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        App.parse(written)
