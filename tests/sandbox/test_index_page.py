"""The page of addresses says what runs and what does not."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.world.index import Link, create_app
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
