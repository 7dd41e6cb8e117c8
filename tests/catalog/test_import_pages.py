"""The workshop's pages of sheets: who may, what they say, and what is refused at the door."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Maker
from catalog.models import Import, Product
from tests.catalog.sheets import brought_in, checked, exported, new, rows_of, run_sheets, sheet
from tests.catalog.writing import drafted
from tests.factories import maker, signed_in, user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
PAGE = "/workshop/imports/"


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def at_mo_s(mo: Maker) -> Client:
    return signed_in(mo.members.get())


@pytest.fixture
def zed(db: None) -> Maker:
    return maker("zed", members=[user("zed@example.com")])


def send(client: Client, content: bytes, name: str = "pieces.csv") -> Any:
    return client.post(f"{PAGE}send/", {"sheet": SimpleUploadedFile(name, content)})


def download(client: Client, query: str = "") -> bytes:
    answer = client.get(f"{PAGE}pieces.csv{query}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_export_gives_every_version_once_with_formulas_made_harmless(
    at_mo_s: Client, mo: Maker, zed: Maker
):
    drafted(mo, title_en="=HYPERLINK(1)", material="@x", description_en="-1\n+2")
    drafted(mo, title_en="'quoted'", title_pt="\tTab")
    drafted(zed, title_en="Secret of Zed")

    content = download(at_mo_s)

    assert content.startswith(b"\xef\xbb\xbfhandle,status,title_en")
    assert b"Secret of Zed" not in content
    rows = rows_of(content.decode())
    assert [row["title_en"] for row in rows] == ["'=HYPERLINK(1)", "''quoted'"]
    assert (rows[0]["material"], rows[0]["description_en"]) == ("'@x", "'-1\n'+2")
    assert (rows[0]["price"], rows[0]["stock"], rows[0]["stock_seen"]) == ("24.00", "5", "5")
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}]
    assert download(at_mo_s, "?mark=0").startswith(b"handle")


def test_export_asks_the_same_queries_for_one_piece_and_for_many(at_mo_s: Client, mo: Maker):
    drafted(mo)
    with CaptureQueriesContext(connection) as one:
        exported(mo)
    for number in range(5):
        drafted(mo, title_en=f"Piece {number}")

    with CaptureQueriesContext(connection) as many:
        exported(mo)

    assert len(many) == len(one) <= 9


def test_export_under_the_wall_is_what_the_app_sees(at_mo_s: Client, mo: Maker):
    drafted(mo, material="Clay")

    assert download(at_mo_s).decode() == exported(mo)


def test_sheet_goes_its_way_page_by_page(at_mo_s: Client, mo: Maker):
    piece = drafted(mo)
    (row,) = rows_of(exported(mo))
    text = sheet(row | {"price": "29.00"}, new("jug"), new("cup", price="free"))

    answer = send(at_mo_s, text.encode())
    found = Import.objects.get()
    assert answer["Location"] == f"{PAGE}{found.uuid}/"
    page = at_mo_s.get(answer["Location"]).text
    assert "Being checked" in page
    assert f'hx-get="{PAGE}{found.uuid}/progress/"' in page
    assert piece.variants.get().price_cents == 2400

    run_sheets()
    page = at_mo_s.get(answer["Location"]).text
    assert "Bring in 2 rows" in page
    assert "1 thing to mend" in page
    assert "free" in page
    assert "hx-get" not in page.partition('<div class="import"')[2]
    assert piece.variants.get().price_cents == 2400

    at_mo_s.post(f"{PAGE}{found.uuid}/start/")
    assert "0 of 3 rows" in at_mo_s.get(f"{PAGE}{found.uuid}/progress/").text
    run_sheets()
    assert "2 rows were brought in" in at_mo_s.get(answer["Location"]).text
    assert piece.variants.get().price_cents == 2900
    assert "Brought in" in at_mo_s.get(PAGE).text


def test_import_that_would_change_nothing_says_so(at_mo_s: Client, mo: Maker):
    drafted(mo)
    found = checked(mo, exported(mo))

    page = at_mo_s.get(f"{PAGE}{found.uuid}/").text

    assert "Nothing would change" in page
    assert "Bring in" not in page.partition('id="state-heading"')[2]


@pytest.mark.parametrize("name", ["", "progress/", "start/", "drop/"])
def test_import_of_another_maker_is_404(at_mo_s: Client, zed: Maker, name: str):
    found = checked(zed, sheet(new("jug")))
    address = f"{PAGE}{found.uuid}/{name}"

    answer = at_mo_s.post(address) if name in {"start/", "drop/"} else at_mo_s.get(address)

    assert answer.status_code == 404
    found.refresh_from_db()
    assert (found.state, Product.objects.count()) == ("checked", 0)


def test_nothing_changes_by_looking(at_mo_s: Client, mo: Maker):
    found = checked(mo, sheet(new("jug")))

    for name in ("start/", "drop/"):
        assert at_mo_s.get(f"{PAGE}{found.uuid}/{name}").status_code == 405
    assert at_mo_s.get(f"{PAGE}send/").status_code == 405

    found.refresh_from_db()
    assert found.state == "checked"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "This file is empty"), (b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MB")],
    ids=["empty", "large"],
)
def test_file_that_is_too_large_or_empty_is_refused_at_the_door(
    at_mo_s: Client, own_media: Path, content: bytes, words: str
):
    answer = send(at_mo_s, content)

    assert answer.status_code == 422
    assert words in answer.text
    assert (Import.objects.count(), list(own_media.rglob("*.*"))) == (0, [])


class Torrent(io.RawIOBase):
    """The body of a form with one long file, made while it is read: nobody holds it whole."""

    HEAD = (
        b'--edge\r\nContent-Disposition: form-data; name="sheet"; filename="pieces.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\nhandle,title\r\n"
    )
    TAIL = b"\r\n--edge--\r\n"

    def __init__(self, size: int) -> None:
        self.length = len(self.HEAD) + size + len(self.TAIL)
        self.place = 0

    def read(self, size: int = -1) -> bytes:
        end = self.length if size < 0 else min(self.place + size, self.length)
        begin, self.place = self.place, end
        tail_at = self.length - len(self.TAIL)
        middle = min(end, tail_at) - max(begin, len(self.HEAD))
        return (
            self.HEAD[begin:end]
            + b"x" * max(middle, 0)
            + (self.TAIL[max(begin - tail_at, 0) : end - tail_at] if end > tail_at else b"")
        )


def test_fifty_megabytes_are_refused_and_never_in_memory(at_mo_s: Client):
    peak = Path("/proc/self/status")
    body = Torrent(50 * 1024 * 1024)
    at_mo_s.get(PAGE)
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak(peak)

    answer = at_mo_s.generic("POST", f"{PAGE}send/", **{
        "wsgi.input": body, "CONTENT_LENGTH": str(body.length),
        "CONTENT_TYPE": "multipart/form-data; boundary=edge",
    })  # fmt: skip

    assert answer.status_code == 422
    assert "larger than 5 MB" in answer.text
    assert body.place == body.length
    assert _peak(peak) - before < 16 * 1024 * 1024


def _peak(status: Path) -> int:
    (line,) = (line for line in status.read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) * 1024


def test_second_file_waits_for_the_first(at_mo_s: Client, mo: Maker, own_media: Path):
    send(at_mo_s, sheet(new("jug")).encode())

    answer = send(at_mo_s, sheet(new("cup")).encode())

    assert answer.status_code == 422
    assert "Another file is being worked on" in answer.text
    assert Import.objects.count() == 1
    assert len(list((own_media / "imports").iterdir())) == 1


def test_hostile_cells_are_shown_as_text(at_mo_s: Client, mo: Maker):
    found = checked(mo, sheet(new("<script>alert(1)</script>", price="<img src=x onerror=1>")))

    page = at_mo_s.get(f"{PAGE}{found.uuid}/").text

    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_list_of_files_asks_the_same_queries_for_one_and_three(at_mo_s: Client, mo: Maker):
    brought_in(mo, sheet(new("jug")))
    at_mo_s.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        at_mo_s.get(PAGE)
    for name in ("cup", "pot"):
        brought_in(mo, sheet(new(name)))

    with CaptureQueriesContext(connection) as three:
        at_mo_s.get(PAGE)

    assert len(three) == len(one)


def test_packer_may_neither_take_along_nor_bring_in(mo: Maker):
    packer = user("packer@example.com")
    mo.memberships.create(user=packer, role="packer")
    client = signed_in(packer)

    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}pieces.csv").status_code == 403
    assert send(client, sheet(new("jug")).encode()).status_code == 403
    assert Import.objects.count() == 0


def test_files_are_limited_by_the_hour(at_mo_s: Client, settings: Any):
    settings.LIMITS = settings.LIMITS | {"sheets": (1, 3600)}
    download(at_mo_s)

    answer = send(at_mo_s, sheet(new("jug")).encode())

    assert answer.status_code == 422
    assert "too often" in answer.text
    assert Import.objects.count() == 0
