"""Operators arrange the shop: categories keep their old addresses, collections and pages appear."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Maker
from catalog.models import Category, CategorySlug, Collection, Page, Product
from catalog.services import index_pieces, shelves
from catalog.services.editing import seen_of
from makers_market.core.models import AuditEntry
from makers_market.core.rich_text import as_html
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
FACTS = {"by": "user:1"}


@pytest.fixture
def moderator(db: None) -> Client:
    return signed_in(factories.operator("moderator"))


@pytest.fixture
def craft(db: None) -> Category:
    return factories.category("ceramics")


@pytest.fixture
def bowls(craft: Category) -> Category:
    return factories.category("bowls", parent=craft)


def category_form(category: Category | None = None, **fields: Any) -> dict[str, Any]:
    """Fill the form as its page does."""
    plain = {
        "name_en": "Bowls", "name_pt": "Taças", "blurb_en": "", "blurb_pt": "", "slug": "bowls",
        "parent": Category.objects.crafts().first().pk, "position": 3,
        "seen": seen_of(category),
    }  # fmt: skip
    return plain | fields


def url_of(thing: Any, end: str = "change/") -> str:
    return f"/admin/catalog/{thing._meta.model_name}/{thing.pk}/{end}"


def slugs() -> dict[str, str]:
    return dict(CategorySlug.objects.values_list("slug", "category__slug"))


# Categories.


def test_new_kind_of_piece_has_a_page(moderator: Client, craft: Category, shopper: Client):
    answer = moderator.post("/admin/catalog/category/add/", category_form())

    assert answer.status_code == 302
    assert Category.objects.get(slug="bowls").craft == "ceramics"
    assert "Bowls" in shopper.get("/c/bowls/").text
    assert AuditEntry.objects.get().action == "shelf.category_saved"


def test_old_address_leads_to_the_new_one(moderator: Client, bowls: Category, shopper: Client):
    moderator.post(url_of(bowls), category_form(bowls, slug="dishes"))
    bowls.refresh_from_db()
    moderator.post(url_of(bowls), category_form(bowls, slug="deep-dishes"))

    for old in ("bowls", "dishes"):
        answer = shopper.get(f"/c/{old}/")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/c/deep-dishes/")
    assert shopper.get("/pt/c/bowls/").headers["Location"] == "/pt/c/deep-dishes/"
    assert shopper.get("/c/deep-dishes/").status_code == 200
    assert shopper.get("/c/never-there/").status_code == 404


def test_category_may_go_back_to_its_old_address(
    moderator: Client, bowls: Category, shopper: Client
):
    for slug in ("dishes", "bowls"):
        bowls.refresh_from_db()
        moderator.post(url_of(bowls), category_form(bowls, slug=slug))

    assert shopper.get("/c/bowls/").status_code == 200
    assert shopper.get("/c/dishes/").headers["Location"] == "/c/bowls/"
    assert slugs() == {"dishes": "bowls"}


def test_address_of_another_category_is_refused(
    moderator: Client, bowls: Category, craft: Category
):
    plates = factories.category("plates", parent=craft)
    CategorySlug.objects.create(slug="dishes", category=plates)

    for slug in ("plates", "dishes", "ceramics", "not a slug", "", "x" * 51, "a\x00b"):
        answer = moderator.post(url_of(bowls), category_form(bowls, slug=slug))
        assert answer.status_code == 200
        assert "There is a problem" in answer.text

    bowls.refresh_from_db()
    assert bowls.slug == "bowls"
    assert slugs() == {"dishes": "plates"}
    assert not AuditEntry.objects.exists()


def test_removed_category_leads_to_its_craft(moderator: Client, bowls: Category, shopper: Client):
    CategorySlug.objects.create(slug="dishes", category=bowls)

    moderator.post(url_of(bowls, "delete/"), {"post": "yes"})

    assert not Category.objects.filter(slug="bowls").exists()
    for old in ("bowls", "dishes"):
        answer = shopper.get(f"/c/{old}/")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/c/ceramics/")
    assert AuditEntry.objects.get().action == "shelf.category_removed"


def test_category_with_pieces_stays(moderator: Client, bowls: Category):
    factories.product(category=bowls)

    moderator.post(url_of(bowls, "delete/"), {"post": "yes"})

    assert Category.objects.filter(slug="bowls").exists()
    assert slugs() == {}
    with pytest.raises(shelves.NotEmpty):
        shelves.remove_category(bowls.pk, at=timezone.now(), **FACTS)


def test_craft_stays(moderator: Client, craft: Category):
    answer = moderator.post(url_of(craft, "delete/"), {"post": "yes"}, follow=True)

    assert "cannot be removed" in answer.text
    assert Category.objects.filter(slug="ceramics").exists()


@pytest.mark.parametrize("wish", ["craft below craft", "kind without craft", "kind below kind"])
def test_there_are_two_levels(moderator: Client, craft: Category, bowls: Category, wish: str):
    other = factories.category("wood", craft="wood")
    moved, parent = {
        "craft below craft": (craft, other.pk),
        "kind without craft": (bowls, ""),
        "kind below kind": (bowls, factories.category("plates", parent=craft).pk),
    }[wish]

    answer = moderator.post(url_of(moved), category_form(moved, slug=moved.slug, parent=parent))

    assert answer.status_code == 200
    before = moved.parent_id
    moved.refresh_from_db()
    assert moved.parent_id == before
    assert not AuditEntry.objects.exists()


def test_kind_takes_the_craft_of_its_parent(moderator: Client, bowls: Category):
    wood = factories.category("wood", craft="wood")

    moderator.post(url_of(bowls), category_form(bowls, parent=wood.pk, craft="soap"))

    bowls.refresh_from_db()
    assert (bowls.parent_id, bowls.craft) == (wood.pk, "wood")


def test_stale_form_saves_nothing(moderator: Client, bowls: Category):
    old = category_form(bowls, name_en="First window")
    Category.objects.filter(pk=bowls.pk).update(name_en="Second window")

    answer = moderator.post(url_of(bowls), old, follow=True)

    assert "Somebody else changed this meanwhile" in answer.text
    assert Category.objects.get(pk=bowls.pk).name_en == "Second window"
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("position", ["-1", "2147483648", "1.5", "1e9", "x", "99999"])
def test_place_is_a_small_number(moderator: Client, bowls: Category, position: str):
    answer = moderator.post(url_of(bowls), category_form(bowls, position=position))

    assert answer.status_code == 200
    assert not AuditEntry.objects.exists()


def test_deleting_many_at_once_is_not_offered(moderator: Client, bowls: Category):
    sent = {"action": "delete_selected", "_selected_action": bowls.pk, "post": "yes"}

    moderator.post("/admin/catalog/category/", sent)

    assert Category.objects.filter(pk=bowls.pk).exists()


# Collections.


def collection(*pieces: Product, **fields: Any) -> Collection:
    plain = dict.fromkeys(shelves.COLLECTION_FIELDS, "") | {
        "title_en": "For the table", "slug": "table", "is_shown": True, "position": 0,
    }  # fmt: skip
    return shelves.save_collection(
        None, plain | fields, pieces=[piece.pk for piece in pieces], seen="", at=timezone.now(),
        **FACTS,
    )  # fmt: skip


def collection_form(made: Collection | None = None, **fields: Any) -> dict[str, Any]:
    plain = {
        "title_en": "For the table", "title_pt": "", "blurb_en": "", "blurb_pt": "",
        "slug": "table", "is_shown": "on", "position": 0, "pieces": "",
        "seen": seen_of(made),
    }  # fmt: skip
    return plain | fields


def pieces(count: int, maker: Maker) -> list[Product]:
    return [factories.variant(f"piece-{n}", maker=maker).product for n in range(count)]


def shown(client: Client, path: str = "/collections/table/") -> list[str]:
    return [piece.slug for piece in client.get(path).context["shelf"].cards]


def test_collection_shows_its_pieces_in_order(moderator: Client, mo: Maker, shopper: Client):
    pieces(4, mo)
    lines = "piece-2\nhttps://shop.example/p/piece-0/?variant=x\n\n/pt/p/piece-3/\npiece-2"

    answer = moderator.post("/admin/catalog/collection/add/", collection_form(pieces=lines))

    assert answer.status_code == 302
    assert shown(shopper) == ["piece-2", "piece-0", "piece-3"]
    assert '<a href="/collections/table/">For the table</a>' in shopper.get("/").text


def test_piece_in_two_collections_is_shown_once(mo: Maker, shopper: Client):
    chosen = pieces(3, mo)
    collection(*chosen)
    collection(*reversed(chosen), slug="presents")

    assert shown(shopper) == ["piece-0", "piece-1", "piece-2"]
    assert shown(shopper, "/collections/presents/") == ["piece-2", "piece-1", "piece-0"]


def test_collection_cannot_take_the_address_of_the_gifts(moderator: Client):
    answer = moderator.post("/admin/catalog/collection/add/", collection_form(slug="gifts"))

    assert "The shop itself uses this address." in answer.text
    assert not Collection.objects.exists()


def test_collection_leaves_out_what_is_not_on_sale(mo: Maker, shopper: Client):
    chosen = pieces(3, mo)
    collection(*chosen)
    Product.objects.filter(pk=chosen[0].pk).update(status="retired")
    index_pieces([chosen[0].pk])

    assert shown(shopper) == ["piece-1", "piece-2"]


def test_hidden_collection_is_404(mo: Maker, shopper: Client):
    collection(*pieces(1, mo), is_shown=False)

    assert shopper.get("/collections/table/").status_code == 404
    assert "For the table" not in shopper.get("/").text


def test_empty_collection_says_so(shopper: Client):
    collection()

    assert "Nothing here at the moment" in shopper.get("/collections/table/").text


def test_collection_costs_the_same_with_more_pieces(mo: Maker, shopper: Client):
    chosen = pieces(20, mo)
    counts = []
    for slug, number in (("few", 1), ("many", 20)):
        collection(*chosen[:number], slug=slug)
        shopper.get(f"/collections/{slug}/")
        with CaptureQueriesContext(connection) as asked:
            assert shopper.get(f"/collections/{slug}/").status_code == 200
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 7


@pytest.mark.parametrize(
    "lines", ["nowhere", "piece-0\nnowhere", "draft", "<b>", "piece-0 piece-1", "../../etc/passwd",
              "٣", "x" * 300, "\n".join(["piece-0"] * 61)],
)  # fmt: skip
def test_unknown_piece_is_named_and_nothing_saved(moderator: Client, mo: Maker, lines: str):
    pieces(2, mo)
    draft = factories.variant("draft", maker=mo).product
    Product.objects.filter(pk=draft.pk).update(status="draft")

    answer = moderator.post("/admin/catalog/collection/add/", collection_form(pieces=lines))

    assert answer.status_code == 200
    assert "There is a problem" in answer.text
    assert not Collection.objects.exists()
    assert not AuditEntry.objects.exists()


def test_changed_order_is_on_record(moderator: Client, mo: Maker):
    first, second = pieces(2, mo)
    made = collection(first, second)

    moderator.post(url_of(made), collection_form(made, pieces="piece-1\npiece-0"))

    assert AuditEntry.objects.latest("pk").changes == {
        "pieces": [[first.pk, second.pk], [second.pk, first.pk]]
    }


def test_stale_collection_saves_nothing(moderator: Client, mo: Maker):
    first, second = pieces(2, mo)
    made = collection(first)
    old = collection_form(made, pieces="piece-0\npiece-1")
    moderator.post(url_of(made), collection_form(made, pieces="piece-1"))

    answer = moderator.post(url_of(made), old, follow=True)

    assert "Somebody else changed this meanwhile" in answer.text
    assert list(made.pieces.values_list("product_id", flat=True)) == [second.pk]


def test_removed_collection_leaves_its_pieces(moderator: Client, mo: Maker):
    made = collection(*pieces(2, mo))

    moderator.post(url_of(made, "delete/"), {"post": "yes"})

    assert not Collection.objects.exists()
    assert Product.objects.count() == 2
    assert AuditEntry.objects.latest("pk").action == "shelf.collection_removed"


# Pages.


def page_form(made: Page | None = None, **fields: Any) -> dict[str, Any]:
    plain = {
        "title_en": "About us", "title_pt": "Sobre nós", "slug": "about", "is_shown": "on",
        "position": 0, "body_en": "# Hello\n\nWe are *here*.", "body_pt": "Olá.",
        "seen": seen_of(made),
    }  # fmt: skip
    return plain | fields


def test_page_is_shown_and_linked(moderator: Client, shopper: Client):
    answer = moderator.post("/admin/catalog/page/add/", page_form())

    assert answer.status_code == 302
    page = shopper.get("/pages/about/")
    assert "<h2>Hello</h2>" in page.text
    assert "<em>here</em>" in page.text
    assert page.headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert "Olá." in shopper.get("/pt/pages/about/").text
    assert '<a href="/pages/about/">About us</a>' in shopper.get("/").text
    assert '<a href="/pt/pages/about/">Sobre nós</a>' in shopper.get("/pt/").text


def test_hidden_page_is_404(moderator: Client, shopper: Client):
    sent = page_form()
    del sent["is_shown"]

    moderator.post("/admin/catalog/page/add/", sent)

    assert Page.objects.count() == 1
    assert shopper.get("/pages/about/").status_code == 404
    assert "About us" not in shopper.get("/").text


def test_page_s_text_is_not_copied_into_the_log(moderator: Client):
    moderator.post("/admin/catalog/page/add/", page_form(body_en="Secret recipe"))
    made = Page.objects.get()
    moderator.post(url_of(made), page_form(made, body_en="Another recipe, longer"))

    assert AuditEntry.objects.latest("pk").changes == {"body_en": [13, 22]}
    assert "recipe" not in str(list(AuditEntry.objects.values()))


def test_page_too_long_is_refused(moderator: Client):
    answer = moderator.post("/admin/catalog/page/add/", page_form(body_en="x" * 40_001))

    assert answer.status_code == 200
    assert not Page.objects.exists()


@pytest.mark.parametrize(
    ("written", "never"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("[x](javascript:alert(1))", "javascript:alert(1)\""),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "href=\"data:"),
        ("![x](https://evil.example/p.png)", "<img"),
        ("<a href=x style=position:fixed>y</a>", "<a "),
        ("[x](https://e.example 'a\"onmouseover=alert(1)')", "\"onmouseover"),
        ("<https://e.example/\"onload=alert(1)>", "\" onload"),
        ("<iframe src=//evil.example></iframe>", "<iframe"),
        ("```x\" onclick=alert(1)\ncode\n```", "onclick=alert(1)\""),
    ],
)  # fmt: skip
def test_rich_text_lets_nothing_active_through(written: str, never: str):
    assert never not in as_html(written)


def test_rich_text_keeps_what_a_page_needs():
    written = "# One\n\n## Two\n\n- a\n- b\n\n1. c\n\n[in](/p/x/) [out](https://e.example)\n\n> q"

    html = as_html(written + "\n\n| h |\n|---|\n| d |\n")

    assert html.count("<h2>") == 2
    for part in ("<li>a</li>", "<ol>", 'href="/p/x/"', 'rel="noopener"', "<blockquote>", "<td>d"):
        assert part in html


@pytest.mark.parametrize("depth", [10_000])
def test_deep_nesting_is_no_error(depth: int):
    assert as_html(">" * depth + "x") != ""
    assert as_html("[" * depth) != ""
    assert as_html("*" * depth + "x") != ""


@pytest.mark.parametrize("role", ["support", "finance"])
@pytest.mark.parametrize("kind", ["category", "collection", "page"])
def test_other_roles_arrange_nothing(role: str, kind: str, bowls: Category, mo: Maker):
    made = {
        "category": bowls, "collection": collection(),
        "page": Page.objects.create(slug="about", title_en="About", body_en="x"),
    }[kind]  # fmt: skip
    client = signed_in(factories.operator(role))
    forms = {"category": category_form, "collection": collection_form, "page": page_form}
    before = type(made).objects.values().get(pk=made.pk)
    entries = AuditEntry.objects.count()

    assert client.get(url_of(made)).status_code == 403
    assert client.post(url_of(made), forms[kind](made, slug="taken")).status_code == 403
    assert client.post(url_of(made, "delete/"), {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/catalog/{kind}/add/", forms[kind]()).status_code == 403
    assert type(made).objects.values().get(pk=made.pk) == before
    assert AuditEntry.objects.count() == entries
