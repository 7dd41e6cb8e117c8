"""What the demo shop holds, read from content/ and pictures/; nothing here touches the database."""

import hashlib
import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils.text import slugify

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"
# Dates are counted back from here, so that every filling gives the same shop.
NEWEST = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
APART = timedelta(hours=22, minutes=30)
SKU_LENGTH = 40
# The first row of the home page; after it the crafts take turns.
FIRST = (
    "speckled-mug",
    "wool-throw-stack",
    "herb-bar-stack",
    "drop-earrings",
    "round-vase",
    "cutting-boards",
    "nesting-bowls",
    "hills-print",
)
SCARCE = {
    "speckled-mug-sage-400-ml": 0,
    "stone-ring-green-52": 0,
    "woven-wall-hanging-35-cm": 0,
    "woven-wall-hanging-50-cm": 0,
    "filigree-heart-gold-plated-silver": 1,
    "filigree-heart-silver": 1,
    "round-vase-clay-26-cm": 3,
    "salad-bowl-walnut-32-cm": 2,
    "milking-stool-ash-45-cm": 1,
    "everyday-tote-forest": 2,
}


@dataclass(frozen=True)
class VariantShown:
    """One choice of a piece; `stock` is how many the demo shop opens with."""

    sku: str
    options: dict[str, str]
    price_cents: int
    stock: int


@dataclass(frozen=True)
class PictureShown:
    path: Path
    alt_en: str
    alt_pt: str
    shows: str


@dataclass(frozen=True)
class Piece:
    """A product as `catalog.services.list_product` wants it, with its variants and pictures."""

    slug: str
    maker: str
    category: str
    fields: dict[str, Any]
    listed_at: datetime
    variants: list[VariantShown]
    pictures: list[PictureShown]


def read(name: str) -> Any:
    """Read a file of content/ or pictures/."""
    return json.loads((HERE / name).read_text())


def pieces() -> list[Piece]:
    """Give every piece, newest first."""
    catalogue = {entry["slug"]: entry for entry in read("pictures/catalogue.json")}
    texts, words = read("content/products.json"), read("content/words_pt.json")
    return [
        _piece(catalogue[slug], texts[slug], words, NEWEST - place * APART)
        for place, slug in enumerate(_in_order(list(catalogue.values())))
    ]


def _in_order(catalogue: list[dict[str, Any]]) -> list[str]:
    by_craft = itertools.groupby(catalogue, key=lambda entry: entry["craft"])
    rows = [[entry["slug"] for entry in entries] for _craft, entries in by_craft]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*rows))
    return [*FIRST, *(slug for slug in turns if slug and slug not in FIRST)]


def _piece(
    entry: dict[str, Any], text: dict[str, Any], words: dict[str, str], at: datetime
) -> Piece:
    return Piece(
        slug=entry["slug"],
        maker=entry["maker_slug"],
        category=text["category"],
        fields={
            "title_en": entry["name_en"],
            "title_pt": entry["name_pt"],
            "description_en": f"{entry['short_en']} {text['more_en']}",
            "description_pt": text["description_pt"],
            "material": entry["material"],
            "options": _options(entry["variants"], words),
        },
        listed_at=at,
        variants=_variants(entry, text["extra_cents"]),
        pictures=[_picture(shown) for shown in entry["pictures"]],
    )


def _options(axes: dict[str, list[str]], words: dict[str, str]) -> list[dict[str, Any]]:
    """Give the axes of choice; `values_pt` stands beside `values`, in the same order."""
    return [
        {"name": name, "values": values, "values_pt": [words.get(value, value) for value in values]}
        for name, values in axes.items()
    ]


def _variants(entry: dict[str, Any], extra_cents: dict[str, int]) -> list[VariantShown]:
    """Give one variant for each combination of values; some values cost more, or less."""
    names = list(entry["variants"])
    shown = []
    for position, values in enumerate(itertools.product(*entry["variants"].values())):
        sku = _sku(entry["slug"], values, position)
        extra = sum(extra_cents.get(value, 0) for value in values)
        price_cents = entry["price_eur"] * 100 + extra
        options = dict(zip(names, values, strict=True))
        shown.append(VariantShown(sku, options, price_cents, _stock(sku)))
    return shown


def _sku(slug: str, values: tuple[str, ...], position: int) -> str:
    """Name a variant by its values; where that is too long, its position keeps it unique."""
    sku = slugify(" ".join([slug, *values]))
    if len(sku) <= SKU_LENGTH:
        return sku
    ending = f"-{position + 1}"
    return sku[: SKU_LENGTH - len(ending)].rstrip("-") + ending


def _stock(sku: str) -> int:
    digest = hashlib.sha256(sku.encode()).digest()
    return SCARCE.get(sku, 2 + digest[0] % 11)


def _picture(shown: dict[str, Any]) -> PictureShown:
    return PictureShown(
        path=PICTURES / shown["file"],
        alt_en=shown["alt_en"],
        alt_pt=shown["alt_pt"],
        shows=shown.get("variant", ""),
    )
