"""How templates write amounts, dates, drawings and pictures."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
from django.utils.translation import override

from makers_market.core import drawings
from makers_market.core.templatetags import shop

DRAWINGS = {
    **{f"icon {name}": drawings.icon(name) for name in drawings.ICONS},
    **{f"craft {name}": shop.craft_tile(name) for name in drawings.CRAFTS},
    **{f"art {name}": shop.art(name) for name in drawings.ART},
    **{f"tile {n}": drawings.maker_tile(f"maker-{n}", css="") for n in range(12)},
    "logo": drawings.logo(),
}


@dataclass
class Drawn:
    """A picture of the catalogue, as the tag sees it."""

    alt: str = "A cream mug & its saucer"
    dominant: int = 7
    width: int = 768
    height: int = 960
    widths: list[int] = field(default_factory=lambda: [320, 480, 640, 768])

    def url(self, width: int, kind: str) -> str:
        return f"/media/x/{width}.{kind}"


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 25), date(2026, 11, 27), "25 to 27 November"),
        (date(2026, 11, 30), date(2026, 12, 2), "30 November to 2 December"),
        (date(2026, 11, 25), date(2026, 11, 25), "25 November"),
    ],
)
def test_write_a_window_of_days_without_repeating_the_month(
    first: date, last: date, words: str
) -> None:
    with override("en"):
        assert shop.date_window(first, last) == words


def test_write_a_moment_as_the_day_it_is_in_lisbon() -> None:
    late = datetime(2026, 7, 14, 23, 30, tzinfo=UTC)

    with override("en"):
        assert shop.day(late) == "Wed 15 July"


def test_write_amounts_as_the_language_does() -> None:
    with override("en"):
        assert shop.euros(123456) == "€1,234.56"
    with override("pt"):
        assert shop.euros(3400) == "34,00 €"


@pytest.mark.parametrize("name", DRAWINGS)
def test_draw_something_that_screen_readers_skip(name: str) -> None:
    drawn = ET.fromstring(str(DRAWINGS[name]))  # noqa: S314  # our own constants

    assert drawn.get("aria-hidden") == "true"
    assert "style" not in str(DRAWINGS[name])
    assert len(drawn) > 0


def test_draw_a_maker_the_same_tile_for_ever() -> None:
    tiles = {drawings.maker_tile(f"maker-{n}", css="") for n in range(60)}

    assert drawings.maker_tile("maker-1", css="") in tiles
    assert len(tiles) > 30


def test_offer_a_card_no_wider_file_than_it_can_show() -> None:
    shown = Drawn(widths=[320, 640, 960, 1280])

    html = shop.picture(shown, sizes="card")

    assert "960.avif 960w" in html
    assert "1280" not in html
    assert 'src="/media/x/640.webp" alt="" width="768" height="960" loading="lazy"' in html
    assert 'class="dom-07"' in html


def test_describe_a_picture_in_the_gallery_and_wait_for_it() -> None:
    html = shop.picture(Drawn(), sizes="gallery", priority=True)

    assert 'alt="A cream mug &amp; its saucer"' in html
    assert 'fetchpriority="high"' in html
    assert "lazy" not in html


def test_show_a_picture_that_is_smaller_than_every_place() -> None:
    html = shop.picture(Drawn(widths=[500]), sizes="thumb")

    assert 'src="/media/x/500.webp"' in html
