"""Shelves in a real browser: ticks apply at once, coming back finds the place, a phone's sheet."""

import re

import pytest
from playwright.sync_api import Route, expect

from catalog import services
from catalog.models import Product, Term
from tests import factories
from tests.browser.conftest import OpenPage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
PIECES = 30


@pytest.fixture
def shelf() -> list[Product]:
    """Thirty pieces of one craft, every second of them blue."""
    blue = Term.objects.create(kind="colour", slug="blue", name_en="Blue", swatch="cobalt")
    green = Term.objects.create(kind="colour", slug="green", name_en="Green", swatch="sage")
    maker = factories.maker("mo")
    made = [factories.variant(f"piece-{n}", maker=maker).product for n in range(PIECES)]
    for number, piece in enumerate(made):
        piece.terms.add(blue if number % 2 else green)
    services.index_pieces(piece.pk for piece in made)
    return made


@pytest.mark.usefixtures("shelf")
def test_tick_filters_and_back_restores(open_page: OpenPage):
    page = open_page()
    page.goto("/c/ceramics/")

    page.get_by_label("Blue").check()
    expect(page.locator("#count")).to_have_text("15 pieces")
    expect(page).to_have_url(re.compile(r"/c/ceramics/\?colour=blue$"))
    page.get_by_label("Green").check()
    expect(page.locator("#count")).to_have_text("30 pieces")
    page.go_back()

    expect(page).to_have_url(re.compile(r"\?colour=blue$"))
    expect(page.locator("#count")).to_have_text("15 pieces")
    expect(page.get_by_label("Green")).not_to_be_checked()
    page.get_by_role("link", name="Remove filter: Blue").click()
    expect(page.locator("#count")).to_have_text("30 pieces")
    expect(page).to_have_url(re.compile(r"/c/ceramics/\??$"))


@pytest.mark.usefixtures("shelf")
def test_tick_before_htmx_is_there_holds_as_soon_as_it_is(open_page: OpenPage):
    page = open_page()
    held: list[Route] = []
    page.route("**/htmx-*.js", lambda route: held.append(route))
    page.goto("/c/ceramics/", wait_until="domcontentloaded")

    page.get_by_label("Blue").check()
    page.route("**/htmx-*.js", lambda route: route.continue_())
    for each in held:
        each.continue_()

    expect(page.locator("#count")).to_have_text("15 pieces")
    expect(page).to_have_url(re.compile(r"/c/ceramics/\?colour=blue$"))


@pytest.mark.usefixtures("shelf")
def test_htmx_comes_to_browsers_that_tell_nobody_what_they_paint(open_page: OpenPage):
    page = open_page()
    page.add_init_script("PerformanceObserver.prototype.observe = () => {}")
    page.goto("/c/ceramics/")

    # The header's own part has come.
    expect(page.locator("nav.acts[hx-trigger^=load]")).to_have_count(0)
    expect(page.locator("script[src*=htmx]")).to_have_count(1)


@pytest.mark.usefixtures("shelf")
def test_back_from_a_piece_finds_the_place(open_page: OpenPage):
    page = open_page()
    page.goto("/c/ceramics/?colour=blue&colour=green")
    page.get_by_role("link", name="Show 6 more").click()
    expect(page.locator("#shelf > .card")).to_have_count(PIECES)
    expect(page).to_have_url(re.compile("pages=2"))
    last = page.locator("#shelf .card a").last
    last.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")

    last.click()
    expect(page).to_have_url(re.compile("/p/piece-"))
    page.go_back()

    expect(page.locator("#shelf > .card")).to_have_count(PIECES)
    expect(page.get_by_label("Blue")).to_be_checked()
    page.wait_for_function("before => Math.abs(scrollY - before) < 200", arg=before)


@pytest.mark.usefixtures("shelf")
def test_sheet_of_a_phone_opens_applies_and_closes(open_page: OpenPage):
    page = open_page(width=390)
    page.goto("/c/ceramics/")

    page.get_by_role("button", name="Filter and sort").click()
    page.get_by_label("Blue").check()
    show = page.get_by_role("button", name="Show 15 pieces")
    expect(show).to_be_in_viewport()
    show.click()

    expect(page.locator("#filters")).to_be_hidden()
    expect(page.get_by_role("button", name="Filter and sort (1)")).to_be_visible()
    expect(page.locator("#shelf > .card")).to_have_count(15)


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("width", [390, 1280])
def test_filters_apply_without_javascript(open_page: OpenPage, width: int):
    page = open_page(width=width, javascript=False)
    page.goto("/c/ceramics/")

    if width < 960:
        page.get_by_role("button", name="Filter and sort").click()
    page.get_by_label("Blue").check()
    name = "Show 30 pieces" if width < 960 else "Apply filters"
    page.get_by_role("button", name=name).click()

    expect(page.locator("#count")).to_have_text("15 pieces")
    expect(page).to_have_url(re.compile("colour=blue"))
    page.goto("/c/ceramics/")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#shelf > .card")).to_have_count(PIECES - 24)


@pytest.mark.usefixtures("shelf")
def test_suggestions_by_keyboard(open_page: OpenPage):
    page = open_page()
    page.goto("/")
    box = page.get_by_role("combobox", name="Search")

    box.press_sequentially("pie")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    box.press_sequentially("c")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-1")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/p/piece-"))
