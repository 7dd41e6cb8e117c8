"""What hostile and clumsy people send: a clear refusal, nothing changed, never a 5xx."""

import io
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client

from catalog.models import Stock, Variant
from makers_market.wsgi import application
from orders.models import Basket, BasketLine, Order
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
OWN = {"Sec-Fetch-Site": "same-origin"}
ADDRESS = {
    "email": "ada@example.com", "name": "Ada Martins", "country": "PT",
    "street": "Rua da Esperança 41", "postcode": "1200-655", "city": "Lisboa", "phone": "",
}  # fmt: skip
NOT_NUMBERS = [
    "", "0", "-1", "1.5", "21", str(2**31), str(2**63), "9" * 5000, "1e9", "0x1", "NaN", "inf",
    "1_0", "one", "1;2", "1\x00", "\x00", "²", "½", "' OR 1=1 --", "<script>", "\u202e1",
    "x" * 10_240,
]  # fmt: skip


@pytest.fixture
def variant() -> Variant:
    return factories.variant(stock=5)


def add(shopper: Client, sku: str, quantity: Any = 1, **more: Any) -> Any:
    return shopper.post("/basket/add/", {"variant": sku, "quantity": quantity}, **more)


def in_basket(shopper: Client, sku: str, quantity: int = 1) -> Basket:
    assert add(shopper, sku, quantity).status_code == 302
    return Basket.objects.get(uuid=shopper.session["basket"])


def to_pay_page(shopper: Client, sku: str) -> dict[str, str]:
    """Walk a shopper to the last page; gives what its form would send."""
    basket = in_basket(shopper, sku)
    shopper.post("/checkout/address/", ADDRESS)
    maker = basket.lines.get().variant.product.maker_id
    shopper.post("/checkout/delivery/", {f"maker_{maker}": "tracked"})
    page = shopper.get("/checkout/pay/")
    assert page.status_code == 200, page.headers
    return page.context["form"].initial


def lines() -> list[tuple[int, int]]:
    return list(BasketLine.objects.order_by("id").values_list("id", "quantity"))


@pytest.mark.parametrize("quantity", NOT_NUMBERS)
def test_add_refuses_what_is_no_number_of_pieces(shopper: Client, variant: Variant, quantity: str):
    answer = add(shopper, variant.sku, quantity)

    assert answer.status_code == 422
    assert not BasketLine.objects.exists()


def test_add_understands_digits_of_other_scripts(shopper: Client, variant: Variant):
    add(shopper, variant.sku, "٣")

    assert [quantity for _id, quantity in lines()] == [3]


@pytest.mark.parametrize("quantity", NOT_NUMBERS)
def test_change_refuses_and_keeps_the_line(shopper: Client, variant: Variant, quantity: str):
    line = in_basket(shopper, variant.sku, 2).lines.get()

    answer = shopper.post("/basket/change/", {"line": line.pk, "quantity": quantity})

    assert answer.status_code == 422
    assert lines() == [(line.pk, 2)]


@pytest.mark.parametrize(
    "sku", ["", "nothing", "x" * 10_240, "\x00", "a\x00b", "../etc", "’", "<b>", "%00", "ñandú"]
)
def test_add_refuses_unknown_piece(shopper: Client, sku: str):
    assert add(shopper, sku).status_code == 422

    assert not Basket.objects.exists()


def test_add_refuses_sold_out_piece_in_words(shopper: Client):
    gone = factories.variant("mug", stock=0)

    answer = add(shopper, gone.sku)

    assert answer.status_code == 422
    assert "Mug is sold out." in answer.text
    assert not BasketLine.objects.exists()


@pytest.mark.parametrize(
    "line", ["", "0", "-1", "x", str(2**63), "9" * 400, "\x00", "1.5", "1 OR 1"]
)
@pytest.mark.parametrize("door", ["change", "remove"])
def test_junk_line_changes_nothing(shopper: Client, variant: Variant, door: str, line: str):
    kept = in_basket(shopper, variant.sku, 2).lines.get()

    answer = shopper.post(f"/basket/{door}/", {"line": line, "quantity": 1})

    assert answer.status_code == 422
    assert lines() == [(kept.pk, 2)]


@pytest.mark.parametrize("door", ["change", "remove"])
def test_someone_else_s_line_stays(shopper: Client, variant: Variant, door: str):
    theirs = in_basket(Client(headers=OWN), variant.sku, 2).lines.get()
    in_basket(shopper, variant.sku, 1)
    before = lines()

    shopper.post(f"/basket/{door}/", {"line": theirs.pk, "quantity": 5})

    assert lines() == before


@pytest.mark.parametrize("country", ["", "XX", "US", "pt", "PT\x00", "P" * 10_240, "٣٣", "PT,ES"])
def test_country_we_do_not_deliver_to_is_refused(shopper: Client, variant: Variant, country: str):
    in_basket(shopper, variant.sku)

    answer = shopper.post("/basket/country/", {"country": country})

    assert answer.status_code == 422
    assert Basket.objects.get().country == "PT"


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field in ADDRESS for value in ("\x00", "a\x00b", "x" * 10_240)]
    + [(field, "") for field in ADDRESS if field != "phone"]
    + [("country", "XX"), ("country", "US"), ("email", "ada"), ("email", "a@b@c.pt"),
       ("email", "ada@example.com\nBcc: eve@example.com"), ("postcode", "1200"),
       ("postcode", "1200-6555"), ("postcode", "١٢٠٠-٦٥٥"), ("postcode", "1200-655x"),
       ("phone", "call me"), ("phone", "1"), ("phone", "٩١٢٣٤٥٦٧٨")],
)  # fmt: skip
def test_address_refuses_and_asks_again(shopper: Client, variant: Variant, field: str, value: str):
    in_basket(shopper, variant.sku)

    answer = shopper.post("/checkout/address/", ADDRESS | {field: value})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "checkout" not in shopper.session


@pytest.mark.parametrize(
    "name", ["李小龍", "O’Brien-Ñ", "Zoë 🏺", "<script>alert(1)</script>", "\u202eevE"]
)
def test_any_person_s_name_is_kept_as_text(shopper: Client, variant: Variant, name: str):
    in_basket(shopper, variant.sku)

    answer = shopper.post("/checkout/address/", ADDRESS | {"name": name}, follow=True)

    assert answer.status_code == 200
    assert shopper.session["checkout"]["address"]["name"] == name
    assert "<script>alert" not in shopper.get("/checkout/address/").text


@pytest.mark.parametrize("way", ["", "drone", "tracked\x00", "collection", "x" * 10_240])
def test_delivery_refuses_a_way_that_is_not_offered(shopper: Client, variant: Variant, way: str):
    in_basket(shopper, variant.sku)
    shopper.post("/checkout/address/", ADDRESS)

    answer = shopper.post("/checkout/delivery/", {f"maker_{variant.product.maker_id}": way})

    assert answer.status_code == 422
    assert "methods" not in shopper.session["checkout"]


def test_delivery_refuses_a_form_without_the_maker(shopper: Client, variant: Variant):
    in_basket(shopper, variant.sku)
    shopper.post("/checkout/address/", ADDRESS)

    assert shopper.post("/checkout/delivery/", {"maker_999999": "tracked"}).status_code == 422


@pytest.mark.parametrize(
    "forged",
    [{"shown_total_cents": value} for value in ("", "-1", "1.5", "2147483648", "1e9", "\x00", "1")]
    + [{"token": value} for value in ("", "x", "\x00", "x" * 10_240)],
)  # fmt: skip
def test_pay_refuses_a_form_we_did_not_make(shopper: Client, variant: Variant, forged: dict):
    form = to_pay_page(shopper, variant.sku)

    answer = shopper.post("/checkout/pay/", form | forged)

    assert answer.status_code == 422
    assert not Order.objects.exists()
    assert Stock.objects.get().held == 0


@pytest.mark.parametrize("page", ["address", "delivery", "pay"])
def test_checkout_without_basket_leads_to_the_basket(shopper: Client, page: str):
    for verb in (shopper.get, shopper.post):
        assert verb(f"/checkout/{page}/").headers["Location"] == "/basket/"


def test_pages_of_checkout_cannot_be_skipped(shopper: Client, variant: Variant):
    in_basket(shopper, variant.sku)

    answer = shopper.post("/checkout/pay/", {"shown_total_cents": 2850, "token": uuid4()})

    assert answer.headers["Location"] == "/checkout/address/"
    assert not Order.objects.exists()


def test_price_changed_between_pages_is_said_and_nothing_ordered(shopper: Client, variant: Variant):
    form = to_pay_page(shopper, variant.sku)
    Variant.objects.update(price_cents=2500)

    answer = shopper.post("/checkout/pay/", form)

    assert answer.status_code == 422
    assert "A price has changed since you looked" in answer.text
    assert not Order.objects.exists()
    assert answer.context["form"].initial["shown_total_cents"] == form["shown_total_cents"] + 100


def test_double_click_and_back_button_give_the_one_order(shopper: Client, variant: Variant):
    form = to_pay_page(shopper, variant.sku)

    answers = [shopper.post("/checkout/pay/", form) for _ in range(3)]

    order = Order.objects.get()
    assert {a.headers["Location"] for a in answers} == {f"/order/{order.token}/pay/"}
    assert Stock.objects.get().held == 1
    assert shopper.get("/checkout/pay/").headers["Location"] == order.get_absolute_url()


def test_stale_form_of_an_earlier_order_leads_to_that_order(shopper: Client, variant: Variant):
    stale = to_pay_page(shopper, variant.sku)
    shopper.post("/checkout/pay/", stale)
    first = Order.objects.get()
    to_pay_page(shopper, variant.sku)

    answer = shopper.post("/checkout/pay/", stale)

    assert answer.headers["Location"] == f"/order/{first.token}/pay/"
    assert Order.objects.get() == first


def test_country_changed_in_another_tab_asks_for_the_address_again(
    shopper: Client, variant: Variant
):
    form = to_pay_page(shopper, variant.sku)
    shopper.post("/basket/country/", {"country": "ES"})

    answer = shopper.post("/checkout/pay/", form)

    assert answer.headers["Location"] == "/checkout/address/"
    assert shopper.get("/checkout/address/").context["form"].initial["country"] == "ES"
    assert not Order.objects.exists()


def test_basket_emptied_in_another_tab_leads_to_the_basket(shopper: Client, variant: Variant):
    form = to_pay_page(shopper, variant.sku)
    shopper.post("/basket/remove/", {"line": BasketLine.objects.get().pk})

    answer = shopper.post("/checkout/pay/", form)

    assert answer.headers["Location"] == "/basket/"
    assert not Order.objects.exists()


def test_languages_mixed_keep_one_basket(shopper: Client, variant: Variant):
    shopper.post("/pt/basket/add/", {"variant": variant.sku, "quantity": 1})
    add(shopper, variant.sku, 1)

    assert [quantity for _id, quantity in lines()] == [2]
    assert shopper.get("/pt/basket/").status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/new/?after=x", "/new/?after=:::", "/new/?after=" + "a" * 5000, "/new/?after=%ED%A0%80",
     "/c/nothing/", "/c/%ED%A0%80/", "/c/[/", "/p/nothing/", "/m/nothing/", "/order/x/",
     "/order/x/pay/", "/order/x/returned/", "/order/x/parcels/", "/order/%20/",
     f"/order/{'a' * 5000}/", "/media/nothing", "/media/pictures", f"/media/{'a' * 3000}",
     "/media//etc/passwd", "/account/x.css", "/xx/"],
)  # fmt: skip
def test_address_of_nothing_is_404(shopper: Client, address: str):
    assert shopper.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/media/../../etc/passwd", "/media/..%2f..%2f..%2fetc/passwd", "/search/?q=%00", "/c/a%00b/",
     "/order/%00/", "/media/%00", "/basket/?x=%00"],
)  # fmt: skip
def test_address_that_lies_is_400(shopper: Client, address: str):
    assert shopper.get(address).status_code == 400


@pytest.mark.parametrize(
    "address",
    ["/search/?q=%FF", "/search/?q=%25_%27%22%5C", "/search/?q=" + "a" * 9000,
     "/search/?q=" + "a+" * 4000, "/search/?q=%E2%80%AE", "/search/?q=<script>", "/makers/?page=-1",
     "/makers/?page=x", "/makers/?page=99999999999999999999", "/makers/?page=%D9%A3"],
)  # fmt: skip
def test_odd_question_gets_an_answer(shopper: Client, address: str):
    answer = shopper.get(address)

    assert answer.status_code == 200
    assert "<script>" not in answer.text.replace('<script type="application/ld+json">', "")


@pytest.mark.parametrize("made", [[], ["x"], ["", 1], ["2026-01-01", "x"], ["٣", 1], {"a": 1}, 7])
def test_cursor_signed_for_something_else_is_404(shopper: Client, made: Any):
    cursor = signing.dumps(made, salt="catalog.cursor")

    assert shopper.get("/new/", {"after": cursor}).status_code == 404


@pytest.mark.parametrize("sku", ["nothing", "x" * 5000, "٣", "' OR 1=1", "../.."])
def test_product_in_a_variant_it_has_not_is_404(shopper: Client, variant: Variant, sku: str):
    url = f"/p/{variant.product.slug}/"

    assert shopper.get(url, {"variant": sku}).status_code == 404
    assert shopper.get(url, {"variant": ""}).status_code == 200


@pytest.mark.parametrize("country", ["", "XX", "pt", "x" * 5000, "<b>", "٣"])
def test_product_delivered_to_nowhere_shows_home(shopper: Client, variant: Variant, country: str):
    answer = shopper.get(f"/p/{variant.product.slug}/", {"to": country})

    assert answer.status_code == 200
    assert answer.context["delivery"]["country"] == "PT"


@pytest.mark.parametrize("end", ["", "pay/", "returned/", "parcels/"])
def test_order_is_found_by_its_signed_word_only(shopper: Client, end: str):
    order = factories.order()
    bare = order.uuid.hex

    for forged in (bare, f"{bare}:", f"{bare}:{'a' * 43}", order.number, str(order.pk), order.uuid):
        assert shopper.get(f"/order/{forged}/{end}").status_code == 404


@pytest.mark.parametrize("path", ["/basket/add/", "/checkout/address/", "/accounts/login/"])
def test_ten_thousand_fields_are_refused(shopper: Client, variant: Variant, path: str):
    in_basket(shopper, variant.sku)

    answer = shopper.post(path, {f"field{n}": "1" for n in range(10_000)})

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/basket/add/", "/checkout/address/", "/accounts/login/"])
def test_huge_body_is_refused(shopper: Client, variant: Variant, path: str):
    in_basket(shopper, variant.sku)
    body = b"variant=" + b"a" * 300_000

    answer = shopper.post(path, body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "kind",
    ["application/json", "text/xml", "", "multipart/form-data", "multipart/form-data; boundary=",
     "application/octet-stream", "x/y; charset=utf-8", "\u00e9/\u00e9"],
)  # fmt: skip
def test_form_of_another_kind_adds_nothing(shopper: Client, variant: Variant, kind: str):
    body = f'{{"variant": "{variant.sku}", "quantity": 1}}'

    answer = shopper.post("/basket/add/", body, content_type=kind)

    assert answer.status_code in {400, 415, 422}
    assert not BasketLine.objects.exists()


@pytest.mark.parametrize("charset", ["rot13", "hex", "undefined", "idna", "nope", "utf-16"])
def test_foreign_charset_is_answered(charset: str):
    statuses = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/healthz", "QUERY_STRING": "q=%41b",
        "CONTENT_TYPE": f"text/plain; charset={charset}", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip

    application(environ, lambda status, headers: statuses.append(status))

    assert statuses == ["200 OK"]


@pytest.mark.parametrize(
    "cookie",
    ['session="\\000\\000aaaaaaaaaa"', "session=" + "x" * 5000, "session=é; csrf=é", "session=;;=",
     'session="\\377\\376aaaaaaaa"', "messages=forged; session=' OR 1=1 --", 'csrf="\\000"'],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/basket/", "/header/", "/accounts/login/"])
def test_forged_cookie_is_nobody_s(cookie: str, path: str):
    answer = Client(raise_request_exception=False).get(path, headers={"cookie": cookie})

    assert answer.status_code == (400 if "\\000" in cookie else 200)


@pytest.mark.parametrize(
    ("door", "field"),
    [("save", "piece"), ("saved/remove", "piece"), ("see", "piece"), ("follow", "maker"),
     ("alert", "variant")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["\x00", "a\x00b", "x" * 10_240])
def test_form_that_names_nothing_is_404(ada, door: str, field: str, name: str):
    answer = factories.signed_in(ada).post(f"/{door}/", {field: name, "email": "a@example.com"})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:x", "a b", "localhost@evil.example", ""]
)
def test_foreign_host_is_refused(host: str):
    assert Client().get("/search/", HTTP_HOST=host).status_code == 400


@pytest.mark.parametrize(
    "header", ["HX-Current-URL", "HX-Target", "HX-Request", "Accept-Language", "X-Request-Id",
               "X-Forwarded-For", "Referer", "Range", "If-None-Match", "Accept-Encoding"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["\x00", "é" * 200, "x" * 5000, "q=" + "9" * 500, "%ED%A0%80"])
def test_odd_header_is_nothing_to_us(shopper: Client, header: str, value: str):
    assert shopper.get("/basket/", headers={header: value}).status_code == 200


@pytest.mark.parametrize("field", ["login", "password", "next", "remember"])
@pytest.mark.parametrize("value", ["\x00", "x" * 10_240, "٣", "' OR 1=1 --"])
def test_odd_sign_in_signs_nobody_in(shopper: Client, ada, field: str, value: str):
    form = {"login": "eve@example.com", "password": "pw", field: value}

    answer = shopper.post("/accounts/login/", form)

    assert answer.status_code == 200
    assert "_auth_user_id" not in shopper.session
