"""The demo shop's materials, colours and synonyms, and which piece has which."""

import re
from typing import Any, TextIO

from django.utils import timezone

from catalog import services as catalog
from catalog.models import Product, Synonym, Term
from catalog.services import terms
from sandbox.demo import content
from sandbox.demo.progress import Progress

BY = "command"
FIELDS = ("kind", "slug", "name_en", "name_pt")
WORD = re.compile(r"[a-z]+(?:-[a-z]+)*|,")


def keep_terms(out: TextIO) -> None:
    """Add the terms and synonyms that are not there yet, and tick those of each piece.

    What a maker has ticked since is left alone.
    """
    known = content.read("content/terms.json")
    if not Synonym.objects.exists():
        for language, words in known["synonyms"]:
            fields = {"language": language, "words": words}
            terms.save_synonym(None, fields, seen="", by=BY, at=timezone.now())
    ids = {position: _term(position, each).pk for position, each in enumerate(known["terms"])}
    bare = list(Product.objects.filter(terms=None, slug__in=[p.slug for p in content.pieces()]))
    with Progress(out, "materials, colours", len(bare)) as progress:
        for product in progress.over(bare):
            wished = [
                ids[position]
                for position, each in enumerate(known["terms"])
                if _has(product, each["kind"], each["words"])
            ]
            catalog.set_terms([product.pk], wished, by=BY, at=timezone.now())


def _term(position: int, shown: dict[str, Any]) -> Term:
    found = Term.objects.filter(kind=shown["kind"], slug=shown["slug"]).first()
    if found:
        return found
    fields = {name: shown[name] for name in FIELDS}
    fields |= {"swatch": shown.get("swatch", ""), "position": position}
    return terms.save_term(None, fields, seen="", by=BY, at=timezone.now())


def _has(product: Product, kind: str, words: list[str]) -> bool:
    """Tell whether one of these words stands in the piece's material, or for a colour elsewhere."""
    said = product.material
    if kind == Term.COLOUR:
        values = [value for axis in product.options for value in axis["values"]]
        said = ", ".join([*values, product.title_en, product.material])
    text = " ".join(WORD.findall(f"{said},".lower()))
    return any(f" {word.replace(',', ' ,')} " in f" {text} " for word in words)
