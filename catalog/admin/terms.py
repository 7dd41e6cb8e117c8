"""Doors for operators to the words that pieces are found by."""

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.admin.shelves import ShelfAdmin, by
from catalog.forms.terms import SynonymForm, TermForm
from catalog.models import Synonym, Term
from catalog.services import terms
from makers_market.core.admin import operators_site


@admin.register(Term, site=operators_site)
class TermAdmin(ShelfAdmin):
    needs = changes_need = "arrange_shelves"
    nav_position, nav_title = 61, _("Materials and colours")
    list_display = ("name_en", "kind", "name_pt", "address")
    list_filter = ("kind",)
    search_fields = ("name_en", "name_pt", "slug")
    form = TermForm
    fields = ("kind", "name_en", "name_pt", "slug", "swatch", "position", "seen")

    def save_by_service(self, pk: int | None, form: Any, facts: dict[str, Any]) -> Any:
        return terms.save_term(pk, form.cleaned_data, **facts)

    def delete_model(self, request: Any, obj: Term) -> None:
        terms.remove_term(obj.pk, by=by(request), at=timezone.now())


@admin.register(Synonym, site=operators_site)
class SynonymAdmin(ShelfAdmin):
    needs = changes_need = "arrange_shelves"
    nav_position, nav_title = 63, _("Synonyms")
    list_display = ("words", "language")
    list_filter = ("language",)
    search_fields = ("words",)
    form = SynonymForm
    fields = ("language", "words", "seen")

    def save_by_service(self, pk: int | None, form: Any, facts: dict[str, Any]) -> Any:
        return terms.save_synonym(pk, form.cleaned_data, **facts)

    def delete_model(self, request: Any, obj: Synonym) -> None:
        terms.remove_synonym(obj.pk, by=by(request), at=timezone.now())
