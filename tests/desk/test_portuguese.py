"""Under /pt/ everything the shop says is Portuguese; without the prefix nothing is."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.models import Maker, User
from catalog.models import Variant
from notifications.writing import WRITERS, write
from orders import services as orders
from orders.models import Order
from tests import factories
from tests.shop import hidden
from tests.translations import TRANSLATED, read

pytestmark = pytest.mark.django_db
PLACEHOLDER = re.compile(r"%\\\(\w+\\\)[sd]")
SPOKEN = {"aria-label", "placeholder", "alt", "content", "data-busy", "title"}
# Each language is named in its own words, and some words are the same in both.
NAMES = {"English", "Português"}
# Not ours, shown on pages of ours.
BORROWED = {"Password", "Email address", "This field is required.", "Remember Me"}
PAGES = {
    "home": "/",
    "category": "/c/ceramics/",
    "product": "/p/mug/",
    "makers": "/makers/",
    "maker": "/m/mo/",
    "new": "/new/",
    "search": "/search/?q=nowhere",
    "basket": "/basket/",
    "sign in": "/accounts/login/",
    "orders": "/account/orders/",
    "missing": "/p/nowhere/",
}


class Heard(HTMLParser):
    """Collects what a page says: its texts and the attributes that people see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent = tag in {"style", "script"}
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent = False

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.said.append(data)


def said(html: str) -> set[str]:
    """Give a page's texts, white space evened out."""
    page = Heard()
    page.feed(html)
    return {" ".join(text.split()) for text in page.said} - {""} - NAMES


def forms(strings: Any) -> Iterator[str]:
    yield from [strings] if isinstance(strings, str) else strings


CATALOGUE = [message for message in read(TRANSLATED) if message.id]
ENGLISH = {form for message in CATALOGUE for form in forms(message.id)}
PORTUGUESE = {form for message in CATALOGUE for form in forms(message.string)}
# Sentences with a gap are looked for only where they have words enough to be told by.
ENGLISH_ONLY = (ENGLISH - PORTUGUESE - NAMES) | BORROWED
PORTUGUESE_ONLY = PORTUGUESE - ENGLISH - NAMES


def pattern(words: set[str]) -> re.Pattern[str]:
    """Match whatever is exactly one of these strings, with anything in its gaps."""
    telling = [each for each in words if "%(" not in each or len(re.findall(r"\w{4,}", each)) > 2]
    return re.compile("|".join(PLACEHOLDER.sub(".+", re.escape(each)) for each in sorted(telling)))


IN_ENGLISH, IN_PORTUGUESE = pattern(ENGLISH_ONLY), pattern(PORTUGUESE_ONLY)


def matching(texts: set[str], wanted: re.Pattern[str]) -> list[str]:
    return sorted(text for text in texts if wanted.fullmatch(text))


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Leave no test after this one in Portuguese: a request's language stays with its thread."""
    with translation.override("en"):
        yield


@pytest.fixture
def mug(mo: Maker) -> Variant:
    """A mug of Mo's in one glaze, told in both languages."""
    factories.category(name_en="Ceramics", name_pt="Cerâmica")
    mo.quote_pt, mo.story, mo.story_pt = "Faço canecas.", "A potter.", "Um oleiro."
    mo.save()
    piece = factories.product(
        "mug", maker=mo, title_en="Speckled mug", title_pt="Caneca salpicada", material="Grés",
        description_en="Heavy and calm.", description_pt="Pesada e calma.",
        options=[{"name": "glaze", "values": ["Chalk"], "values_pt": ["Cal"]}],
    )  # fmt: skip
    return factories.variant(of=piece, price_cents=3400, options={"glaze": "Chalk"}, stock=9)


@pytest.fixture
def filled(shopper: Client, mug: Variant) -> Client:
    shopper.post("/basket/add/", {"variant": mug.sku, "quantity": 2})
    return shopper


def check_out(client: Client, prefix: str) -> list[Any]:
    """Walk from address to pay, each page once with an error where it can have one."""
    address = {
        "email": "ada@example.com", "name": "Ada Martins", "country": "PT",
        "street": "Rua da Esperança 41", "postcode": "1200-655", "city": "Lisboa", "phone": "",
    }  # fmt: skip
    wrong = client.post(f"{prefix}/checkout/address/", {"country": "PT", "postcode": "x"})
    client.post(f"{prefix}/checkout/address/", address)
    delivery = client.get(f"{prefix}/checkout/delivery/")
    (choice,) = re.findall(r'name="(maker_\d+)"', delivery.text)
    undecided = client.post(f"{prefix}/checkout/delivery/", {choice: ""})
    client.post(f"{prefix}/checkout/delivery/", {choice: "tracked"})
    pay = client.get(f"{prefix}/checkout/pay/")
    stale = client.post(f"{prefix}/checkout/pay/", hidden(pay) | {"shown_total_cents": "1"})
    return [wrong, delivery, undecided, pay, stale]


@pytest.mark.parametrize("page", PAGES)
def test_says_everything_in_portuguese_under_pt(filled: Client, page: str) -> None:
    answer = filled.get(f"/pt{PAGES[page]}", follow=True)

    assert '<html lang="pt"' in answer.text
    assert matching(said(answer.text), IN_ENGLISH) == []
    assert matching(said(answer.text), IN_PORTUGUESE) != []


@pytest.mark.parametrize("page", PAGES)
def test_says_nothing_in_portuguese_without_prefix(filled: Client, page: str) -> None:
    answer = filled.get(PAGES[page], follow=True)

    assert '<html lang="en"' in answer.text
    assert matching(said(answer.text), IN_PORTUGUESE) == []
    assert matching(said(answer.text), IN_ENGLISH) != []


def test_checks_out_in_portuguese(filled: Client) -> None:
    pages = check_out(filled, "/pt")

    assert [page.status_code for page in pages] == [422, 200, 422, 200, 422]
    assert [matching(said(page.text), IN_ENGLISH) for page in pages] == [[], [], [], [], []]
    assert "Escreva um código postal como 7170-012" in said(pages[0].text)
    assert "Encomendar e pagar 72,50 €" in said(pages[3].text)


def test_checks_out_in_english_without_prefix(filled: Client) -> None:
    pages = check_out(filled, "")

    assert [matching(said(page.text), IN_PORTUGUESE) for page in pages] == [[], [], [], [], []]
    assert "Order and pay €72.50" in said(pages[3].text)


def test_refuses_in_portuguese(shopper: Client, mug: Variant) -> None:
    too_many = shopper.post("/pt/basket/add/", {"variant": mug.sku, "quantity": 10})
    stranger = shopper.post("/pt/accounts/login/", {"login": "eve@example.com", "password": "x"})

    assert "Só restam 9: Caneca salpicada." in said(too_many.text)
    assert "O email ou a palavra-passe não estão certos." in said(stranger.text)
    assert matching(said(too_many.text) | said(stranger.text), IN_ENGLISH) == []


@pytest.mark.parametrize("status", Order.STATUSES, ids=lambda status: status[0])
def test_shows_order_in_portuguese(shopper: Client, mug: Variant, status: tuple[str, str]) -> None:
    order = factories.order((mug, 1))
    if status[0] == Order.PAID:
        orders.mark_paid(order.pk, at=timezone.now())
    else:
        Order.objects.filter(pk=order.pk).update(status=status[0])

    page = shopper.get(f"/pt/order/{order.token}/").text

    assert matching(said(page), IN_ENGLISH) == []
    assert "38,50 €" in said(page)
    assert any(re.fullmatch(rf"Encomenda {order.number}, feita a \d+ de [a-zç]+\. 1 envio\.", text)
               for text in said(page))  # fmt: skip


def test_offers_choices_in_the_readers_words(shopper: Client, mug: Variant) -> None:
    english, portuguese = (shopper.get(f"{prefix}/p/mug/").text for prefix in ("", "/pt"))

    assert {"Chalk", "Glaze:"} <= said(english)
    assert {"Cal", "Vidrado:"} <= said(portuguese)
    assert "Chalk" not in said(portuguese)
    assert "is-chalk" in portuguese


@pytest.mark.parametrize(("language", "title"), [("en", "Chalk"), ("pt", "Cal")])
def test_names_variant_in_the_readers_words(mug: Variant, language: str, title: str) -> None:
    with translation.override(language):
        assert mug.title == title


def test_names_choice_in_english_where_it_has_no_other(mo: Maker) -> None:
    piece = factories.product(maker=mo, options=[{"name": "glaze", "values": ["Chalk"]}])
    variant = factories.variant(of=piece, options={"glaze": "Chalk"})

    with translation.override("pt"):
        assert variant.title == "Chalk"


def test_writes_prices_as_each_language_does(shopper: Client, mug: Variant) -> None:
    english, portuguese = (said(shopper.get(f"{prefix}/p/mug/").text) for prefix in ("", "/pt"))

    assert "€34.00" in english
    assert "34,00 €" in portuguese
    assert not {text for text in portuguese if "€34" in text}


def test_links_each_page_to_its_other_language(shopper: Client, mug: Variant) -> None:
    page = shopper.get("/pt/p/mug/").text

    for code, path in (("en", "/p/mug/"), ("pt", "/pt/p/mug/")):
        head = f'<link rel="alternate" hreflang="{code}" href="http://testserver{path}">'
        assert head in page
        assert f'<a href="{path}" lang="{code}" hreflang="{code}"' in page


def test_keeps_the_links_of_a_missing_page_on_this_site(shopper: Client) -> None:
    page = shopper.get("/nowhere/", PATH_INFO="//elsewhere.example/").text

    links = re.findall(r'<a href="([^"]*)" lang="\w+" hreflang', page)
    assert links == ["/%2Felsewhere.example/"] * 2


@pytest.mark.parametrize("kind", sorted(set(WRITERS) - {"refund_succeeded"}))
def test_writes_mails_in_portuguese(mug: Variant, kind: str) -> None:
    order = factories.order((mug, 2))
    orders.mark_paid(order.pk, at=timezone.now())
    about = order.shipments.get() if kind.startswith("shipment") else order

    mail = write(kind, about.uuid, language="pt")

    heard = said(mail.html) | {mail.subject} | {each.strip() for each in mail.text.splitlines()}
    assert '<html lang="pt"' in mail.html
    assert matching(heard, IN_ENGLISH) == []
    assert matching(heard, IN_PORTUGUESE) != []


def test_opens_workshop_in_the_makers_language(shopper: Client, mug: Variant, mo: Maker) -> None:
    orders.mark_paid(factories.order((mug, 1)).pk, at=timezone.now())
    User.objects.filter(makers=mo).update(language="pt")

    page = factories.signed_in(User.objects.get(makers=mo)).get("/workshop/orders/shipment/").text

    assert {"Marcar como enviado", "Por embalar"} <= said(page)
    assert matching(said(page), IN_ENGLISH) == []
