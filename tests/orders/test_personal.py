"""Pieces that say something: asked, checked, priced, shown to everybody who needs it."""

import pytest
from django.utils import timezone, translation

from catalog import services as catalog
from catalog.models import PersonalField, Stock, Variant
from catalog.personal import BadAnswers, answers_again, checked_answers, said
from makers_market.core.models import AuditEntry
from makers_market.core.privacy import ERASED
from makers_market.desk import privacy
from notifications import writing
from orders import services as orders
from orders.models import BasketLine, Order, OrderLine
from orders.queries import quote_basket
from tests import factories

pytestmark = pytest.mark.django_db
COLOURS = [{"value": "Red", "value_pt": "Vermelho"}, {"value": "Blue", "value_pt": ""}]


def ring(**fields: object) -> tuple[Variant, PersonalField]:
    piece = factories.variant("ring", price_cents=4000, stock=9)
    return piece, factories.personal(piece, **fields)


def lines_of(order: Order) -> list[tuple[str, int, int]]:
    return [(x.personal[0]["value"], x.quantity, x.total_cents) for x in order.lines.order_by("pk")]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada", "Ada"),
        ("  Ana  &  Zé ", "Ana & Zé"),
        ("Jose\u0301", "José"),
        ("👩‍👧 <b>", "👩‍👧 <b>"),
        ("אדא", "אדא"),
        ("x" * 40, "x" * 40),
    ],
)
def test_checked_answers_gives_plain_words(typed, kept):
    piece, asked = ring()

    answers = checked_answers(piece.product, {asked.input_name: typed})

    assert [row["value"] for row in answers.rows] == [kept]
    assert len(answers.key) == 32


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Engraving: tell the maker what to write."),
        ("   ", "Engraving: tell the maker what to write."),
        ("\u200b\u200d", "Engraving: use plain letters and signs."),
        ("x" * 41, "Engraving: use up to 40 characters."),
        ("x" * 10_000, "Engraving: use up to 40 characters."),
        ("A\x00da", "Engraving: use plain letters and signs."),
        ("A\nda", "Engraving: use plain letters and signs."),
        ("\u202eadA", "Engraving: use plain letters and signs."),
        ("\ud800", "Engraving: use plain letters and signs."),
    ],
)
def test_checked_answers_refuses_and_names_the_question(typed, words):
    piece, asked = ring()

    with pytest.raises(BadAnswers) as refusal:
        checked_answers(piece.product, {asked.input_name: typed})

    assert refusal.value.errors == {asked.pk: words}


@pytest.mark.parametrize(("typed", "fits"), [("Red", True), ("red", False), ("Green", False)])
def test_checked_answers_takes_a_choice_of_the_list(typed, fits):
    piece, asked = ring(kind="choice", choices=COLOURS, label_en="Thread")

    if fits:
        row = checked_answers(piece.product, {asked.input_name: typed}).rows[0]
        assert (row["value"], row["value_pt"]) == ("Red", "Vermelho")
    else:
        with pytest.raises(BadAnswers, match="Thread: choose one of the list"):
            checked_answers(piece.product, {asked.input_name: typed})


def test_checked_answers_takes_a_choice_that_its_maker_pasted_in_pieces():
    pasted = [{"value": "Cafe\u0301", "value_pt": "Castanho"}]
    piece, asked = ring(kind="choice", choices=pasted, label_en="Thread")

    row = checked_answers(piece.product, {asked.input_name: "Cafe\u0301"}).rows[0]

    assert (row["value"], row["value_pt"]) == ("Café", "Castanho")


def test_checked_answers_leaves_out_what_need_not_be_answered():
    piece, asked = ring(is_required=False, extra_cents=500)

    answers = checked_answers(piece.product, {asked.input_name: " ", "personal-0": "x"})

    assert (answers.rows, answers.key, answers.extra_cents) == ([], "", 0)


def test_said_speaks_the_reader_s_language():
    piece, asked = ring(kind="choice", choices=COLOURS, label_en="Thread", label_pt="Linha")
    rows = checked_answers(piece.product, {asked.input_name: "Red"}).rows

    with translation.override("pt"):
        spoken = said(rows)

    assert [(each.label, each.value) for each in spoken] == [("Linha", "Vermelho")]


def test_two_engravings_are_two_lines_with_their_extras():
    piece, asked = ring(extra_cents=500)

    basket = orders.add_to_basket(None, sku=piece.sku, quantity=1, raw={asked.input_name: "Ada"})
    orders.add_to_basket(basket, sku=piece.sku, quantity=2, raw={asked.input_name: "Eve"})
    orders.add_to_basket(basket, sku=piece.sku, quantity=1, raw={asked.input_name: " Ada "})

    order = factories.place(basket)
    assert lines_of(order) == [("Ada", 2, 9000), ("Eve", 2, 9000)]
    assert list(order.holds.values_list("quantity", flat=True)) == [4]
    assert Stock.objects.get(pk=piece.pk).held == 4


def test_same_answers_are_one_line_after_the_questions_changed_places():
    piece, asked = ring()
    other = factories.personal(piece, "Date")
    raw = {asked.input_name: "Ada", other.input_name: "May"}
    basket = orders.add_to_basket(None, sku=piece.sku, quantity=1, raw=raw)
    PersonalField.objects.filter(pk=asked.pk).update(position=other.position + 1)

    orders.add_to_basket(basket, sku=piece.sku, quantity=1, raw=raw)

    line = basket.lines.get()
    assert (line.quantity, [row["value"] for row in line.personal]) == (2, ["May", "Ada"])
    orders.change_quantity(basket, line_id=line.pk, quantity=3)
    assert basket.lines.get().quantity == 3


def test_changed_label_and_extra_while_paying_leave_the_order_as_it_was():
    piece, asked = ring(extra_cents=500)
    basket = orders.add_to_basket(None, sku=piece.sku, quantity=2, raw={asked.input_name: "Ada"})
    order = factories.place(basket)
    PersonalField.objects.update(extra_cents=9000, label_en="Name")

    orders.mark_paid(order.pk, at=timezone.now())

    line = order.lines.get()
    said_then = (line.personal[0]["label_en"], line.personal[0]["extra_cents"])
    assert (line.total_cents, said_then) == (9000, ("Engraving", 500))


def test_add_without_answer_is_refused_and_changes_nothing():
    piece, _asked = ring()

    with pytest.raises(BadAnswers):
        orders.add_to_basket(None, sku=piece.sku, quantity=1)

    assert not BasketLine.objects.exists()


def test_two_engravings_of_the_last_piece_make_one_line():
    piece, asked = ring()
    Stock.objects.filter(pk=piece.pk).update(on_hand=1)
    basket = orders.add_to_basket(None, sku=piece.sku, quantity=1, raw={asked.input_name: "Ada"})

    with pytest.raises(catalog.SoldOut):
        orders.add_to_basket(basket, sku=piece.sku, quantity=1, raw={asked.input_name: "Eve"})

    assert BasketLine.objects.count() == 1


def test_change_quantity_counts_what_other_engravings_take():
    piece, asked = ring()
    Stock.objects.filter(pk=piece.pk).update(on_hand=3)
    basket = orders.add_to_basket(None, sku=piece.sku, quantity=2, raw={asked.input_name: "Ada"})
    orders.add_to_basket(basket, sku=piece.sku, quantity=1, raw={asked.input_name: "Eve"})

    with pytest.raises(catalog.SoldOut):
        orders.change_quantity(basket, line_id=basket.lines.last().pk, quantity=2)

    assert list(basket.lines.values_list("quantity", flat=True)) == [2, 1]


def test_refill_with_two_engravings_takes_no_more_than_there_are():
    piece, asked = ring()
    basket = orders.add_to_basket(None, sku=piece.sku, quantity=2, raw={asked.input_name: "Ada"})
    orders.add_to_basket(basket, sku=piece.sku, quantity=2, raw={asked.input_name: "Eve"})
    order = factories.place(basket)
    orders.end_unpaid(order.pk, at=timezone.now())
    Stock.objects.filter(pk=piece.pk).update(on_hand=3)

    again = orders.refill_basket(None, order)

    assert list(again.lines.values_list("quantity", flat=True)) == [2, 1]


def test_cancelled_parcel_with_two_engravings_brings_both_back():
    piece, asked = ring()
    basket = orders.add_to_basket(None, sku=piece.sku, quantity=1, raw={asked.input_name: "Ada"})
    orders.add_to_basket(basket, sku=piece.sku, quantity=2, raw={asked.input_name: "Eve"})
    order = factories.place(basket)
    orders.mark_paid(order.pk, at=timezone.now())
    assert Stock.objects.get(pk=piece.pk).on_hand == 6

    orders.cancel_shipment(order.shipments.get().pk, by="mo", at=timezone.now())

    stock = Stock.objects.get(pk=piece.pk)
    moved = list(stock.variant.movements.values_list("quantity", flat=True))
    assert (stock.on_hand, stock.held, sum(moved)) == (9, 0, 9)


def test_two_engravings_of_the_last_piece_are_one_order():
    piece, asked = ring()
    Stock.objects.filter(pk=piece.pk).update(on_hand=1)
    first, second = (
        orders.add_to_basket(None, sku=piece.sku, quantity=1, raw={asked.input_name: name})
        for name in ("Ada", "Eve")
    )
    factories.place(first)

    with pytest.raises(catalog.SoldOut, match="Ring is sold out"):
        factories.place(second)

    assert Order.objects.count() == 1


def test_changed_extra_is_a_changed_price():
    piece, asked = ring(extra_cents=500)
    basket = orders.add_to_basket(None, sku=piece.sku, quantity=1, raw={asked.input_name: "Ada"})
    PersonalField.objects.update(extra_cents=700)

    line = quote_basket(basket, at=timezone.now()).lines[0]

    assert (line.price_has_changed, line.unit_cents) == (True, 4700)
    with pytest.raises(orders.PriceChanged):
        factories.place(basket, shown_total_cents=4500 + 450)
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda: PersonalField.objects.all().delete(),
        lambda: PersonalField.objects.update(length_max=2),
        lambda: PersonalField.objects.update(kind="choice", choices=COLOURS),
        lambda: factories.personal(Variant.objects.get(), "Date"),
    ],
)
def test_stale_answers_are_told_and_cannot_be_ordered(change, shopper):
    piece, asked = ring()
    shopper.post("/basket/add/", {"variant": piece.sku, "quantity": 1, asked.input_name: "Ada"})
    basket = BasketLine.objects.get().basket
    change()

    page = shopper.get("/basket/")

    assert "The maker asks something else of this piece now." in page.text
    assert "Something in the basket cannot be ordered as it is." in page.text
    with pytest.raises(orders.AnswersOutdated):
        factories.place(basket)
    with pytest.raises(orders.AnswersOutdated):
        orders.change_quantity(basket, line_id=basket.lines.get().pk, quantity=2)
    assert not Order.objects.exists()
    assert Stock.objects.get(pk=piece.pk).held == 0


def test_add_page_tells_beside_the_field_and_keeps_what_was_typed(shopper):
    piece, asked = ring()
    other = factories.personal(piece, "Date", is_required=False)

    page = shopper.post(
        "/basket/add/",
        {"variant": piece.sku, "quantity": 2, asked.input_name: "", other.input_name: "1 <May>"},
    )

    assert page.status_code == 422
    name = asked.input_name
    assert f'id="{name}_error"' in page.text
    assert f'aria-describedby="{name}_helptext {name}_error"' in page.text
    assert f'<a href="#{name}">Engraving: tell the maker what to write.</a>' in page.text
    assert 'value="1 &lt;May&gt;"' in page.text
    assert 'value="2"' in page.text
    assert not BasketLine.objects.exists()


def test_removed_line_comes_back_with_its_answers(shopper):
    piece, asked = ring()
    name = asked.input_name
    shopper.post("/basket/add/", {"variant": piece.sku, "quantity": 1, name: 'A "d" a'})

    page = shopper.post("/basket/remove/", {"line": BasketLine.objects.get().pk})

    assert f'name="{name}" value="A &quot;d&quot; a"' in page.text


def test_refill_brings_answers_back_and_leaves_stale_ones():
    piece, asked = ring()
    plain = factories.variant("mug")
    basket = orders.add_to_basket(None, sku=piece.sku, quantity=2, raw={asked.input_name: "Ada"})
    orders.add_to_basket(basket, sku=plain.sku, quantity=1)
    order = factories.place(basket)
    orders.end_unpaid(order.pk, at=timezone.now())

    again = orders.refill_basket(None, order)
    PersonalField.objects.all().delete()
    factories.personal(piece, "Other")
    later = orders.refill_basket(None, order)

    assert [x.personal_key != "" for x in again.lines.all()] == [True, False]
    assert [x.variant for x in later.lines.all()] == [plain]


def test_everybody_who_needs_it_sees_the_answer(shopper, mo):
    piece = factories.variant("ring", maker=mo)
    asked = factories.personal(piece, extra_cents=500)
    shopper.post(
        "/basket/add/", {"variant": piece.sku, "quantity": 1, asked.input_name: "Für <Ada>"}
    )
    basket = BasketLine.objects.get().basket
    pages = [shopper.get("/basket/").text]
    order = factories.place(basket)
    orders.mark_paid(order.pk, at=timezone.now())
    parcel = order.shipments.get()

    pages.append(shopper.get(order.get_absolute_url()).text)
    workshop = factories.signed_in(mo.memberships.get().user)
    pages.append(workshop.get(f"/workshop/orders/shipment/{parcel.pk}/change/").text)
    pages.append(workshop.get("/workshop/orders/shipment/").text)
    mails = [
        writing.write("order_paid", order.uuid, language="en"),
        writing.write("shipment_new", parcel.uuid, language="en"),
    ]
    pages += [mail.html for mail in mails]

    assert ["Für &lt;Ada&gt;" in page for page in pages] == [True] * 6
    assert ["Für <Ada>" in mail.text for mail in mails] == [True, True]


def test_answers_are_frozen_in_the_order():
    piece, asked = ring(label_pt="Gravação")
    order = factories.place(
        orders.add_to_basket(None, sku=piece.sku, quantity=1, raw={asked.input_name: "Ada"})
    )

    PersonalField.objects.all().delete()

    row = OrderLine.objects.get(order=order).personal[0]
    assert (row["label_en"], row["label_pt"], row["value"]) == ("Engraving", "Gravação", "Ada")


def test_set_personal_fields_writes_orders_and_drops():
    piece, old = ring()
    kept = factories.personal(piece, "Date")
    at = timezone.now()

    catalog.set_personal_fields(
        piece.product_id,
        [
            catalog.Question("Thread", "Linha", choices=[("Red", "Vermelho")], extra_cents=200),
            catalog.Question("Day", id=kept.pk, length_max=10),
        ],
        by="user:1",
        at=at,
    )

    rows = [(x.label_en, x.kind, x.length_max) for x in piece.product.personal_fields.all()]
    assert rows == [("Thread", "choice", 40), ("Day", "text", 10)]
    assert not PersonalField.objects.filter(pk=old.pk).exists()
    assert PersonalField.objects.get(label_en="Day").pk == kept.pk
    logged = AuditEntry.objects.get(action="product.questions_set")
    assert logged.changes == {"questions": [["Engraving", "Date"], ["Thread", "Day"]]}


@pytest.mark.parametrize(
    "questions",
    [
        [catalog.Question("")],
        [catalog.Question("x" * 61)],
        [catalog.Question("Name", length_max=0)],
        [catalog.Question("Name", length_max=201)],
        [catalog.Question("Name", extra_cents=-1)],
        [catalog.Question("Name", extra_cents=1_000_001)],
        [catalog.Question("Name"), catalog.Question("name ")],
        [catalog.Question("Name", choices=[("Red", ""), ("Red", "")])],
        [catalog.Question("Name", choices=[("", "")])],
        [catalog.Question("Name", id=999)],
        [catalog.Question(f"Name {n}") for n in range(6)],
    ],
)
def test_set_personal_fields_refuses(questions):
    piece, asked = ring()

    with pytest.raises(catalog.BadMaking):
        catalog.set_personal_fields(piece.product_id, questions, by="mo", at=timezone.now())

    assert list(piece.product.personal_fields.all()) == [asked]
    assert not AuditEntry.objects.filter(action="product.questions_set").exists()


def test_erased_person_s_engraving_is_gone():
    ada = factories.user("ada@example.com", name="Ada Martins")
    piece, asked = ring()
    basket = orders.add_to_basket(None, sku=piece.sku, quantity=1, raw={asked.input_name: "Ada"})
    order = factories.place(basket, buyer=factories.buyer(user=ada))
    orders.end_unpaid(order.pk, at=timezone.now())

    privacy.erase_account(ada.pk, typed_email=ada.email, by="operator:1", at=timezone.now())

    assert [row["value"] for row in OrderLine.objects.get().personal] == [ERASED]
    assert not BasketLine.objects.exists()


def test_answers_again_takes_over_new_words_and_prices():
    piece, asked = ring(extra_cents=100)
    kept = checked_answers(piece.product, {asked.input_name: "Ada"}).rows
    PersonalField.objects.update(label_en="Words", extra_cents=300)

    again = answers_again(piece.product.personal_fields.all(), kept)

    assert again is not None
    assert (again.rows[0]["label_en"], again.extra_cents) == ("Words", 300)
