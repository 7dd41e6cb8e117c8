"""Operators keep materials, colours and synonyms; searches and facets follow."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog import services
from catalog.models import Listing, Synonym, Term
from catalog.services import terms
from catalog.services.editing import EditedMeanwhile, seen_of
from makers_market.core.models import AuditEntry
from tests import factories
from tests.factories import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
FACTS: dict[str, Any] = {"by": "user:1", "at": timezone.now()}
BLUE = {
    "kind": "colour", "slug": "blue", "name_en": "Blue", "name_pt": "Azul", "swatch": "cobalt",
    "position": 0,
}  # fmt: skip


@pytest.fixture
def moderator(db: None) -> Client:
    return signed_in(factories.operator("moderator"))


def test_new_colour_is_kept_and_recorded(moderator: Client):
    answer = moderator.post("/admin/catalog/term/add/", BLUE | {"seen": ""})

    assert answer.status_code == 302
    assert Term.objects.get().name_pt == "Azul"
    assert AuditEntry.objects.get().action == "term.saved"


def test_renamed_colour_is_indexed_anew():
    blue = terms.save_term(None, BLUE, seen="", **FACTS)
    piece = factories.product("jug")
    services.set_terms([piece.pk], [blue.pk], **FACTS)

    terms.save_term(blue.pk, BLUE | {"slug": "indigo"}, seen=seen_of(blue), **FACTS)
    services.index_term(blue.pk)

    assert Listing.objects.get(pk=piece.pk).colours == ["indigo"]


def test_colour_of_another_address_is_refused(moderator: Client):
    terms.save_term(None, BLUE, seen="", **FACTS)

    answer = moderator.post("/admin/catalog/term/add/", BLUE | {"seen": "", "name_en": "Other"})

    assert answer.status_code == 200
    assert "Another material or colour has this address." in answer.text
    assert Term.objects.count() == 1


def test_colour_that_pieces_have_stays(moderator: Client):
    blue = terms.save_term(None, BLUE, seen="", **FACTS)
    factories.product("jug").terms.add(blue)

    moderator.post(f"/admin/catalog/term/{blue.pk}/delete/", {"post": "yes"})

    assert Term.objects.filter(pk=blue.pk).exists()


def test_colour_changed_in_another_window_is_refused():
    blue = terms.save_term(None, BLUE, seen="", **FACTS)

    with pytest.raises(EditedMeanwhile):
        terms.save_term(blue.pk, BLUE | {"name_en": "Sky"}, seen="old", **FACTS)

    blue.refresh_from_db()
    assert blue.name_en == "Blue"


def test_synonyms_are_tidied_and_searched(moderator: Client):
    sent = {"language": "en", "words": "mug ,  beaker\n,mug", "seen": ""}

    answer = moderator.post("/admin/catalog/synonym/add/", sent)

    assert answer.status_code == 302
    assert Synonym.objects.get().words == "mug, beaker"
    assert AuditEntry.objects.get().action == "synonym.saved"


@pytest.mark.parametrize("words", ["mug", "mug, ,", "mug,mug", "!,?"])
def test_one_word_is_no_synonym(moderator: Client, words: str):
    answer = moderator.post(
        "/admin/catalog/synonym/add/", {"language": "en", "words": words, "seen": ""}
    )

    assert "Write at least two words" in answer.text
    assert not Synonym.objects.exists()


def test_synonyms_are_removed(moderator: Client):
    fields = {"language": "en", "words": "mug, beaker"}
    row = terms.save_synonym(None, fields, seen="", **FACTS)

    moderator.post(f"/admin/catalog/synonym/{row.pk}/delete/", {"post": "yes"})

    assert not Synonym.objects.exists()
    assert AuditEntry.objects.order_by("pk").last().action == "synonym.removed"


def test_unused_colour_is_removed(moderator: Client):
    blue = terms.save_term(None, BLUE, seen="", **FACTS)

    moderator.post(f"/admin/catalog/term/{blue.pk}/delete/", {"post": "yes"})

    assert not Term.objects.exists()
