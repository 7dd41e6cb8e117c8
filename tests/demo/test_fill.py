"""The demo shop: filled through services, the same every time, and in both languages."""

import io
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils.timezone import now

from accounts.models import Maker, User
from catalog import services as catalog
from catalog.models import Category, Picture, Product, Stock, StockMovement, Variant
from sandbox.demo import content
from sandbox.demo.people import LOGINS
from sandbox.world.codes import code_at

TABLES = (User, Maker, Category, Product, Variant, Stock, StockMovement, Picture)


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def fill(*words: str) -> str:
    out = io.StringIO()
    call_command("fill_demo", *words, stdout=out)
    return out.getvalue()


def everything() -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}


def test_describe_every_piece_in_both_languages() -> None:
    pieces = content.pieces()

    assert len(pieces) == 64
    assert len({piece.slug for piece in pieces}) == 64
    for piece in pieces:
        texts = [piece.fields[f"description_{language}"] for language in ("en", "pt")]
        assert all(len(text) > 120 and text.endswith(".") for text in texts), piece.slug
        assert all(shown.path.is_file() for shown in piece.pictures), piece.slug
        assert all(shown.alt_en and shown.alt_pt for shown in piece.pictures), piece.slug


def test_translate_every_value_that_is_a_word() -> None:
    words = content.read("content/words_pt.json")
    values = {
        value
        for entry in content.read("pictures/catalogue.json")
        for axis in entry["variants"].values()
        for value in axis
    }

    untranslated = {value for value in values - set(words) if not value[0].isdigit()}

    assert untranslated == {"S", "M", "L"}
    assert set(words) <= values


def test_price_and_name_every_variant() -> None:
    variants = [shown for piece in content.pieces() for shown in piece.variants]

    skus = [shown.sku for shown in variants]
    assert len(set(skus)) == len(skus) == 205
    assert max(map(len, skus)) <= content.SKU_LENGTH
    assert min(shown.price_cents for shown in variants) >= 500
    assert {shown.sku for shown in variants if shown.stock == 0} == {
        sku for sku, stock in content.SCARCE.items() if stock == 0
    }
    assert set(content.SCARCE) <= set(skus)


def test_surcharge_only_values_that_exist() -> None:
    texts = content.read("content/products.json")

    for entry in content.read("pictures/catalogue.json"):
        values = {value for axis in entry["variants"].values() for value in axis}
        assert set(texts[entry["slug"]]["extra_cents"]) <= values


@pytest.mark.django_db
def test_fill_shop_with_newest_pieces() -> None:
    out = fill("--only", "4", "--without-pictures")

    listed = Product.objects.on_sale().newest_first().values_list("slug", flat=True)
    assert list(listed) == list(content.FIRST[:4])
    assert Category.objects.crafts().count() == 8
    assert Maker.objects.count() == 17
    assert Maker.objects.filter(allows_collection=True).count() == 5
    assert Maker.objects.filter(delivery_abroad_cents=None).count() == 2
    assert Stock.objects.get(variant__sku="speckled-mug-sage-400-ml").available == 0
    assert "pieces: 4 of 4" in out
    assert "pictures" not in out


@pytest.mark.django_db
def test_fill_shop_twice_changes_nothing() -> None:
    fill("--only", "2", "--without-pictures")
    before = everything()

    fill("--only", "2", "--without-pictures")

    after = everything()
    # A password's salt is renewed with the password; it was not, so even that is the same.
    assert after == before


@pytest.mark.django_db
def test_fill_shop_again_keeps_what_was_sold() -> None:
    fill("--only", "1", "--without-pictures")
    mug = Variant.objects.get(sku="speckled-mug-cobalt-300-ml")
    held = catalog.hold_stock({mug.pk: 2})
    catalog.sell_stock([catalog.Holding(pk, 2) for pk in held], reference="order:1", at=now())
    left = Stock.objects.get(pk=mug.pk).on_hand

    fill("--only", "1", "--without-pictures")

    assert Stock.objects.get(pk=mug.pk).on_hand == left


@pytest.mark.django_db
def test_show_pictures_in_all_kinds(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path

    fill("--only", "1")

    pictures = list(Picture.objects.filter(product__slug="speckled-mug"))
    assert [picture.shows for picture in pictures] == ["", "", "Sage"]
    for picture in pictures:
        files = {file.name for file in (tmp_path / "pictures" / picture.digest).iterdir()}
        assert files == {
            "320.jpg",
            "facts.json",
            "og.jpg",
            *(f"{width}.{kind}" for width in (320, 480, 640, 768) for kind in ("avif", "webp")),
        }


@pytest.mark.django_db
def test_write_no_picture_twice(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    fill("--only", "1")
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.*")}
    rows = everything()

    fill("--only", "1")

    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.*")} == before
    assert everything() == rows


@pytest.mark.django_db
def test_sign_in_with_every_login() -> None:
    fill("--only", "1", "--without-pictures")

    for login in LOGINS:
        signed_in = Client().login(username=login.email, password=login.password)
        user = User.objects.get(email=login.email)
        workshops = list(user.makers.values_list("slug", flat=True))
        role = "admin" * login.is_operator
        assert signed_in, login.email
        assert (user.is_staff, user.operator_role) == (login.is_operator, role), login.email
        assert workshops == ([login.workshop] if login.workshop else []), login.email


@pytest.mark.django_db
def test_enter_the_room_with_the_app_of_the_login() -> None:
    fill("--only", "1", "--without-pictures")
    fill("--only", "1", "--without-pictures")

    for login in LOGINS:
        if login.totp:
            client = Client()
            said = {"login": login.email, "password": login.password}
            client.post("/accounts/login/", said)
            code = code_at(login.totp, time.time())
            client.post("/accounts/2fa/authenticate/", {"code": code})
            assert client.get(login.place).status_code == 200, login.email


def test_give_an_app_to_whoever_works_here() -> None:
    works_here = {login.email for login in LOGINS if login.workshop or login.is_operator}

    assert {login.email for login in LOGINS if login.totp} == works_here
    assert len({login.totp for login in LOGINS if login.totp}) == len(works_here)


def test_print_logins_in_columns(settings: Any) -> None:
    settings.SITE_URL = "http://shop.test"
    out = io.StringIO()

    call_command("demo_logins", stdout=out)

    lines = out.getvalue().splitlines()
    assert [line.split()[1:3] for line in lines] == [[x.email, x.password] for x in LOGINS]
    assert {line.split()[3] for line in lines} == {
        "http://shop.test/accounts/login/",
        "http://shop.test/workshop/",
        "http://shop.test/admin/",
    }
    assert len({line.index("http") for line in lines}) == 1
