"""A gallery in a real browser: pictures are sent, prepared and put in order, also without JS."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Maker
from catalog.models import Product
from tests import factories
from tests.browser.conftest import PATIENCE_MS, OpenPage
from tests.catalog.writing import PIECES, drafted, image
from tests.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def piece(shop: Shop, mo: Maker) -> Product:
    return drafted(mo)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Give two photos that differ."""
    made = [tmp_path / f"photo-{n}.jpg" for n in range(2)]
    for number, path in enumerate(made):
        path.write_bytes(image("JPEG", (400 + number, 500)))
    return made


def at_work(page: Page, shop: Shop, piece: Product) -> Page:
    """Sign Mo in and open the page of his piece."""
    client = factories.signed_in(piece.maker.members.get())
    cookie = {"name": "session", "value": client.session.session_key, "url": shop.url}
    page.context.add_cookies([cookie])
    page.goto(f"{PIECES}{piece.pk}/change/")
    return page


def send(page: Page, photos: list[Path]) -> Locator:
    """Send photos and give the pictures of the gallery, of which there may be none yet."""
    page.get_by_label("Add pictures").set_input_files(photos)
    page.get_by_role("button", name="Add", exact=True).click()
    return page.locator("[data-shot]")


def widths(piece: Product) -> list[int]:
    return list(piece.pictures.order_by("position").values_list("width", flat=True))


def test_pictures_come_of_themselves_and_are_dragged(
    shop: Shop, open_page: OpenPage, piece: Product, photos: list[Path]
):
    page = at_work(open_page(), shop, piece)
    page.get_by_label("Title", exact=True).fill("Half typed")

    shots = send(page, photos)
    expect(shots).to_have_count(2, timeout=4 * PATIENCE_MS)
    before = widths(piece)
    page.locator("#pictures").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#pictures').scrollIntoView()")
    drag(page, shots.nth(1), shots.nth(0))
    expect(page.get_by_text("Pictures saved.")).to_be_visible()

    assert (before, widths(piece)) == ([400, 401], [401, 400])
    assert page.get_by_label("Title", exact=True).input_value() == "Half typed"


def drag(page: Page, shot: Locator, onto: Locator) -> None:
    start, end = (each.locator(".thumb-4-5").bounding_box() for each in (shot, onto))
    assert start
    assert end
    page.mouse.move(start["x"] + 20, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 20, start["y"] - 20, steps=4)
    page.mouse.move(end["x"] + 20, end["y"] + 5, steps=4)
    page.mouse.up()


def test_pictures_are_put_in_order_without_javascript(
    shop: Shop, open_page: OpenPage, piece: Product, photos: list[Path]
):
    page = at_work(open_page(javascript=False), shop, piece)
    send(page, photos)
    shop.rest()
    before = widths(piece)

    page.reload()
    page.get_by_role("textbox", name="What it shows", exact=True).first.fill("Typed before moving")
    page.get_by_role("button", name="Earlier").nth(1).click()

    assert widths(piece) == before[::-1]
    assert piece.pictures.get(position=1).alt_en == "Typed before moving"
