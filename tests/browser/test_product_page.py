"""The pages of a piece, of a workshop, and home: by keyboard, on any width, either way round."""

import io
import re

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Maker
from catalog import services as catalog
from catalog.models import Picture, Product, Stock, Variant, Workload, week_of
from tests import factories
from tests.browser.conftest import HEIGHT, OpenPage
from tests.browser.test_axe import violations
from tests.browser.weighing import weigh
from tests.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.django_db,
]
MUG = "/p/speckled-mug/"
STATES = {
    "home": "/",
    "maker": "/m/olaria-fonte-caiada/",
    "product": MUG,
    "sold only one": "/p/vase/",
    "made to order": "/p/stool/",
    "full week": "/p/bench/",
    "reduced": "/p/bowl/",
    "sold-out choice": "/p/plate/",
}
WEIGHED = {
    "home": "/",
    "listing": "/c/ceramics/",
    "search": "/search/?q=mug",
    "product": MUG,
    "maker": "/m/olaria-fonte-caiada/",
}
# DESIGN, section 9: bytes as they travel; requests for HTML, CSS, JS and fonts; all requests of
# the first view.
KB = 1024
HTML_MAX, CSS_MAX, JS_MAX, OWN_JS_MAX, FONTS_MAX = 25 * KB, 15 * KB, 20 * KB, 4 * KB, 100 * KB
PARTS_MAX, FIRST_VIEW_MAX = 8, 15
# 1280 px at 400 % are 320 px wide and 225 px high.
SCREENS = [(320, HEIGHT), (320, 225), (1280, HEIGHT)]
# What reaches out of the screen at either side, unless it lies in a strip that scrolls.
SIDEWAYS = """() => {
    const page = document.scrollingElement;
    const out = (it) => { const box = it.getBoundingClientRect();
        return box.width && (box.right > page.clientWidth + 1 || box.left < -1); };
    const scrolls = (it) => it && (["auto", "scroll", "hidden", "clip"]
        .includes(getComputedStyle(it).overflowX) || scrolls(it.parentElement));
    const reaching = [...document.querySelectorAll("main *:not([aria-hidden=true], .vh, .vh *)")]
        .filter((it) => out(it) && it.checkVisibility() && !scrolls(it.parentElement));
    const excess = page.scrollWidth - page.clientWidth;
    return excess > 0 || reaching.length
        ? `${excess} px: ${reaching.at(-1)?.outerHTML.slice(0, 160)}` : "";
}"""
# Where the focus is: its words, and whether it can be seen.
FOCUSED = """() => {
    const it = document.activeElement, box = it.getBoundingClientRect();
    const words = (it.getAttribute("aria-label") || it.innerText || it.name || "").trim();
    const style = getComputedStyle(it);
    return [words.replace(/\\s+/g, " "), it.id, box.bottom > 0 && box.top < innerHeight,
        style.outlineStyle !== "none" || !!it.closest(".card")];
}"""


@pytest.fixture(scope="module")
def shop(kept_shop: Shop) -> Shop:
    """A shop with the demo's newest piece, and one piece in each state a page can show."""
    call_command("fill_demo", "--only", "1", stdout=io.StringIO())
    catalog.receive_stock(
        Variant.objects.filter(product__slug="speckled-mug").order_by("position")[0],
        10, reference="test", at=timezone.now(),
    )  # fmt: skip
    potter = Maker.objects.get(slug="olaria-fonte-caiada")
    busy = factories.maker("busy")
    monday = week_of(timezone.localdate())
    Workload.objects.create(maker=busy, per_week=1, week=monday, taken=1)
    factories.variant("vase", maker=potter, stock=1)
    Stock.objects.filter(variant__product__slug="vase").update(on_hand=0)
    for slug, maker in (("stool", potter), ("bench", busy)):
        factories.variant(of=factories.product(slug, maker=maker, is_made_to_order=True), stock=0)
    bowl = factories.variant("bowl", maker=potter, price_cents=3400)
    Variant.objects.filter(pk=bowl.pk).update(was_cents=4000)
    plate = factories.product(
        "plate", maker=potter, options=[{"name": "glaze", "values": ["Cobalt", "Sage"]}]
    )
    factories.variant(of=plate, options={"glaze": "Cobalt"}, stock=0)
    factories.variant(of=plate, options={"glaze": "Sage"}, stock=0)
    Product.objects.filter(slug="vase").update(is_one_of_a_kind=True)
    shown = Picture.objects.filter(product__slug="speckled-mug").first()
    for each in Product.objects.filter(slug__in=["vase", "stool", "bench", "bowl", "plate"]):
        Picture.objects.create(
            product=each, digest=shown.digest, alt_en="A piece", width=shown.width,
            height=shown.height, widths=shown.widths, dominant=shown.dominant, position=0,
        )  # fmt: skip
    catalog.index_pieces(Product.objects.values_list("pk", flat=True))
    kept_shop.rest()
    return kept_shop


def ready(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("nav.acts[hx-trigger^=load]")).to_have_count(0)


def test_choosing_changes_price_stock_picture_and_address(open_page: OpenPage):
    page = open_page()
    ready(page, MUG)
    first = page.locator(".gal figure img").first.get_attribute("src")
    price = page.locator(".price-now").inner_text()

    page.get_by_role("link", name="Sage").press("Enter")

    expect(page).to_have_url(re.compile(r"\?variant=speckled-mug-sage"))
    expect(page.locator("#option-1")).to_have_text("Glaze: Sage")
    expect(page.locator(".gal figure img").first).not_to_have_attribute("src", first or "")
    expect(page.get_by_role("link", name="Sage")).to_be_focused()
    expect(page.locator("#chosen")).to_contain_text("Sage")
    page.get_by_role("link", name="400 ml").click()
    expect(page.locator(".price-now")).not_to_have_text(price)
    page.go_back()
    expect(page.locator("#option-2")).to_have_text("Size: 300 ml")
    page.reload()
    expect(page.locator("#option-1")).to_have_text("Glaze: Sage")


def test_choosing_needs_no_script(open_page: OpenPage):
    page = open_page(javascript=False)
    page.goto(MUG)
    first = page.locator(".gal figure img").first.get_attribute("src")

    page.get_by_role("link", name="Sage").click()

    expect(page).to_have_url(re.compile(r"\?variant=speckled-mug-sage"))
    expect(page.locator("#option-1")).to_have_text("Glaze: Sage")
    expect(page.locator(".gal figure img").first).not_to_have_attribute("src", first or "")
    expect(page.locator(".buybar")).to_be_hidden()


def test_keyboard_reaches_everything_in_reading_order(open_page: OpenPage):
    page = open_page()
    ready(page, MUG)
    met = []

    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        met.append(page.evaluate(FOCUSED))

    words = [each[0] for each in met]
    order = [
        "Skip to content", "Home", "Save Speckled", "Pictures", "Picture 1",
        "Olaria Fonte Caiada", "Salt cream", "300 ml", "One fewer", "quantity", "One more",
        "Add to basket", "Change country", "About this piece", "Delivery and returns",
        "See all pieces", "Visit shop",
    ]  # fmt: skip
    places = [
        next((at for at, said in enumerate(words) if said.startswith(name)), -1) for name in order
    ]
    assert -1 not in places, (order, words)
    assert places == sorted(places)
    assert [each for each in met if not each[2] and each[0]] == []
    assert [each for each in met if not each[3] and each[0]] == []


def test_phone_has_a_strip_of_pictures_and_a_bar_to_buy(open_page: OpenPage):
    page = open_page(width=390)
    ready(page, MUG)
    bar, thumbs = page.locator(".buybar"), page.locator(".gal .th a")

    thumbs.nth(1).click()
    expect(thumbs.nth(1)).to_have_attribute("aria-current", "true")
    expect(thumbs.nth(0)).not_to_have_attribute("aria-current", "true")
    expect(page.locator("#picture-2 figcaption")).to_be_in_viewport()
    expect(bar).to_be_hidden()
    page.locator("#buy .btn").scroll_into_view_if_needed()
    expect(bar).to_be_hidden()
    page.locator("#reviews").scroll_into_view_if_needed()
    expect(bar).to_be_visible()
    bar.get_by_role("button").click()
    expect(page).to_have_url(re.compile("/basket/$"))


def test_nobody_scrolls_sideways(open_page: OpenPage):
    page = open_page()
    found = {}

    for name, path in STATES.items():
        ready(page, path)
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            for direction in ("ltr", "rtl"):
                page.evaluate(f"document.documentElement.dir = '{direction}'")
                if told := page.evaluate(SIDEWAYS):
                    found[name, width, direction] = told

    assert found == {}


@pytest.mark.long
def test_axe_finds_nothing_in_any_state(open_page: OpenPage):
    page = open_page(bypass_csp=True)
    found = {}

    for name, path in STATES.items():
        ready(page, path)
        for direction in ("ltr", "rtl"):
            page.evaluate(f"document.documentElement.dir = '{direction}'")
            if told := violations(page):
                found[name, direction] = told

    assert found == {}


@pytest.mark.parametrize("path", WEIGHED.values(), ids=WEIGHED)
def test_page_keeps_its_weight(open_page: OpenPage, path: str):
    weight = weigh(open_page(width=390), path)

    assert weight.parts <= PARTS_MAX, dict(weight.requests)
    assert weight.first_view <= FIRST_VIEW_MAX, dict(weight.requests)
    assert weight.html <= HTML_MAX
    assert weight.sizes["stylesheet"] <= CSS_MAX
    assert weight.sizes["script"] <= JS_MAX
    assert weight.own_script <= OWN_JS_MAX
    assert weight.sizes["font"] <= FONTS_MAX


def test_picture_travels_only_where_motion_is_wanted(open_page: OpenPage):
    named = "getComputedStyle(document.querySelector('.gal picture')).viewTransitionName"
    allowed = """() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
        .some(function has(rule) {
            if (rule.media && !matchMedia(rule.media.mediaText).matches) return false;
            return rule instanceof CSSViewTransitionRule || [...(rule.cssRules || [])].some(has);
        })"""
    found = {}

    for motion in ("reduce", "no-preference"):
        page = open_page()
        page.emulate_media(reduced_motion=motion)
        ready(page, MUG)
        found[motion] = (page.evaluate(named), page.evaluate(allowed))

    assert found == {"reduce": ("piece", False), "no-preference": ("piece", True)}
