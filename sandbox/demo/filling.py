"""Fills the shop with the demo content, only through the services that people's pages use."""

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TextIO

from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import is_mfa_enabled
from django.db import transaction

from accounts import services as accounts
from accounts.models import Maker, OperatorRole, User
from catalog import services as catalog
from catalog.models import Category, Product
from sandbox.demo import arranging, content, making, reviews, terms, wishes
from sandbox.demo.people import LOGINS
from sandbox.demo.progress import Progress

# Names what the demo shop received into stock, so that it is received once.
REFERENCE = "demo"


def fill(out: TextIO, *, only: int | None = None, with_pictures: bool = True) -> None:
    """Fill the shop; `only` keeps the newest pieces. Repeating it changes nothing."""
    pieces = content.pieces()[:only]
    if with_pictures:
        _write_pictures(pieces, out)
    people = _register_people(out)
    _hand_out_factors(people)
    makers = _open_workshops(people, out)
    shelves = _arrange_shelves(out)
    with Progress(out, "pieces", len(pieces)) as progress:
        for piece in progress.over(pieces):
            product = _list_piece(piece, makers, shelves)
            if with_pictures:
                _show_pictures(product, piece)
    arranging.arrange(out)
    terms.keep_terms(out)
    making.make(out)
    reviews.review(out)
    wishes.wish(out)


def _write_pictures(pieces: list[content.Piece], out: TextIO) -> None:
    """Write the missing derivatives, one thread a core: Pillow lets go of Python's lock."""
    files = [_file(shown) for piece in pieces for shown in piece.pictures]
    with ThreadPoolExecutor(os.cpu_count()) as pool, Progress(out, "pictures", len(files)) as bar:
        jobs = [pool.submit(catalog.make_derivatives, file.content, file.digest) for file in files]
        for job in bar.over(as_completed(jobs)):
            job.result()


def _register_people(out: TextIO) -> dict[str, User]:
    with Progress(out, "people", len(LOGINS)) as progress:
        return {
            login.email: accounts.register_user(
                email=login.email,
                password=login.password,
                name=login.name,
                is_staff=login.is_operator,
                operator_role=OperatorRole.ADMIN if login.is_operator else "",
            )
            for login in progress.over(LOGINS)
        }


def _hand_out_factors(people: dict[str, User]) -> None:
    """Give everybody who works here an authenticator app, unless they have a second factor."""
    for login in LOGINS:
        person = people[login.email]
        if login.totp and not is_mfa_enabled(person):
            TOTP.activate(person, login.totp)


@transaction.atomic
def _open_workshops(people: dict[str, User], out: TextIO) -> dict[str, Maker]:
    known, texts = content.read("pictures/makers.json"), content.read("content/makers.json")
    teams = {login.workshop: [people[login.email]] for login in LOGINS if login.workshop}
    with Progress(out, "workshops", len(known)) as progress:
        return {
            maker["slug"]: accounts.open_workshop(
                slug=maker["slug"],
                team=teams.get(maker["slug"], []),
                name=maker["name"],
                place=maker["place"],
                craft=maker["craft"],
                **texts[maker["slug"]],
            )
            for maker in progress.over(known)
        }


@transaction.atomic
def _arrange_shelves(out: TextIO) -> dict[str, Category]:
    crafts = content.read("content/categories.json")
    shelves: dict[str, Category] = {}
    with Progress(out, "crafts", len(crafts)) as progress:
        for position, craft in enumerate(progress.over(crafts)):
            children = craft.pop("children")
            root = catalog.arrange_category(
                **craft, parent=None, craft=craft["slug"], position=position
            )
            for place, child in enumerate(children):
                shelves[child["slug"]] = catalog.arrange_category(
                    **child, parent=root, craft=craft["slug"], position=place
                )
    return shelves


@transaction.atomic
def _list_piece(
    piece: content.Piece, makers: dict[str, Maker], shelves: dict[str, Category]
) -> Product:
    product = catalog.list_product(
        slug=piece.slug,
        at=piece.listed_at,
        maker=makers[piece.maker],
        category=shelves[piece.category],
        **piece.fields,
    )
    _stock_variants(product, piece)
    return product


def _stock_variants(product: Product, piece: content.Piece) -> None:
    for position, shown in enumerate(piece.variants):
        variant = catalog.offer_variant(
            product,
            sku=shown.sku,
            options=shown.options,
            price_cents=shown.price_cents,
            position=position,
        )
        if shown.stock:
            catalog.receive_stock(variant, shown.stock, reference=REFERENCE, at=piece.listed_at)


def _show_pictures(product: Product, piece: content.Piece) -> None:
    for position, shown in enumerate(piece.pictures):
        catalog.add_picture(product, _file(shown), position=position)


def _file(shown: content.PictureShown) -> catalog.PictureFile:
    return catalog.PictureFile(
        content=shown.path.read_bytes(),
        alt_en=shown.alt_en,
        alt_pt=shown.alt_pt,
        shows=shown.shows,
    )
