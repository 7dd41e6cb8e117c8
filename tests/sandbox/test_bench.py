"""The bench: a round with an error gives no figures, and a million pieces fit."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from accounts.models import Craft
from catalog.models import Listing, Variant
from sandbox.bench import report
from sandbox.bench.filling import FIRST_KEY, _fill
from sandbox.bench.rounds import ALONE, STATIC, RoundFailed, Work, run_rounds
from tests import factories


class Pages(BaseHTTPRequestHandler):
    """Answers 200, but 500 for what breaks; keeps what it was asked for."""

    protocol_version = "HTTP/1.1"
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(500 if "broken" in self.path else 200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"page")

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def pages() -> Iterator[str]:
    Pages.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def spending() -> float:
    """Give a clock of CPU that goes on by a second whenever it is read."""
    spending.seconds += 1  # type: ignore[attr-defined]
    return float(spending.seconds)  # type: ignore[attr-defined]


spending.seconds = 0  # type: ignore[attr-defined]


def test_round_sets_each_work_beside_its_static_page(pages: str):
    works = [Work(STATIC, ["/static"]), Work("new", ["/new"], is_new=True)]

    found = run_rounds(pages, works, spending, rounds=2, requests=8)

    assert found["new"].ratios == [1, 1]
    assert len(found["new"].latencies_ms) == 16
    assert len(found["new"].alone_ms) == 2 * ALONE
    new = [path for path in Pages.asked if path.startswith("/new")]
    assert len(new) == len(set(new))


def test_round_with_an_error_gives_no_figures(pages: str):
    works = [Work(STATIC, ["/static"]), Work("listing", ["/fine", "/broken"])]

    with pytest.raises(RoundFailed, match=r"listing: /broken answered 500"):
        run_rounds(pages, works, spending, rounds=1, requests=8)


@pytest.mark.parametrize(
    ("name", "ratio", "alone", "words"),
    [("listing", 15.5, 99, "× ≤ 15.5 met"), ("listing", 15.6, 1, "× ≤ 15.5 NOT met"),
     ("search, two words", 99, 50, "alone p95 ≤ 50 met"),
     ("search, word in 1 %", 19.1, 51, "× ≤ 19.0 NOT met, alone p95 ≤ 50 NOT met")],
)  # fmt: skip
def test_table_says_whether_goals_are_met(name: str, ratio: float, alone: float, words: str):
    figures = dict.fromkeys(report.COLUMNS, 1.0) | {"ratio": ratio, "alone_p95_ms": alone}

    assert report.table({name: figures}).endswith(words)


@pytest.mark.django_db
def test_millionth_piece_fits():
    for craft in Craft.values:
        factories.category(f"{craft}-kind", parent=factories.category(craft, craft=craft))

    _fill(999_998, 999_999)

    assert Variant.objects.filter(product_id=FIRST_KEY + 999_999).exists()
    assert Listing.objects.filter(pk__gte=FIRST_KEY, is_shown=True).count() == 2
