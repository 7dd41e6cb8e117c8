"""The demo shop's collection and written pages, arranged once as an operator would."""

from typing import Any, TextIO

from django.utils import timezone

from catalog.models import Collection, Page, Product
from catalog.services import shelves
from sandbox.demo import content
from sandbox.demo.progress import Progress

BY = "command"


def arrange(out: TextIO) -> None:
    """Show the collections and pages that are not there yet; operators may change them after."""
    collections = content.read("content/collections.json")
    pages = content.read("content/pages.json")
    with Progress(out, "collections, pages", len(collections) + len(pages)) as progress:
        for each in progress.over([*collections, *pages]):
            model = Collection if "pieces" in each else Page
            if not model._default_manager.filter(slug=each["slug"]).exists():
                _add(each)


def _add(shown: dict[str, Any]) -> None:
    facts: dict[str, Any] = {"seen": "", "by": BY, "at": timezone.now()}
    slugs = shown.get("pieces")
    if slugs is None:
        shelves.save_page(None, shown | {"is_shown": True}, **facts)
        return
    known = dict(Product.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    chosen = [known[slug] for slug in slugs if slug in known]
    shelves.save_collection(None, shown | {"is_shown": True}, pieces=chosen, **facts)
