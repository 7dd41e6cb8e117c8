"""The check of translations names what is wrong, and nothing else."""

import pytest
from babel.messages.catalog import Catalog

from tests.translations import extracted, has_gettext, problems


def wanted() -> Catalog:
    """A template of one string with a gap and one with two forms."""
    catalogue = Catalog(locale="pt")
    catalogue.add("Order %(number)s")
    catalogue.add(("%(count)d parcel", "%(count)d parcels"))
    return catalogue


def translated(
    order: str = "Encomenda %(number)s",
    parcels: tuple[str, str] = ("%(count)d envio", "%(count)d envios"),
    flags: tuple[str, ...] = (),
) -> Catalog:
    catalogue = Catalog(locale="pt", fuzzy=False)
    catalogue.add("Order %(number)s", order, flags=flags)
    catalogue.add(("%(count)d parcel", "%(count)d parcels"), parcels)
    return catalogue


def test_passes_when_everything_is_translated() -> None:
    assert list(problems(wanted(), translated())) == []


@pytest.mark.parametrize(
    ("catalogue", "problem"),
    [
        (translated(""), "untranslated: 'Order %(number)s'"),
        (translated(flags=("fuzzy",)), "fuzzy: 'Order %(number)s'"),
        (translated("Encomenda"), "other placeholders: 'Order %(number)s'"),
        (translated("Encomenda %(numero)s"), "other placeholders: 'Order %(number)s'"),
        (translated(parcels=("%(count)d envio", "")), "untranslated: '%(count)d parcel'"),
        (translated(parcels=("%(count)d envio", "envios")),
         "other placeholders: '%(count)d parcel'"),
    ],
)  # fmt: skip
def test_names_string_that_is_not_translated_well(catalogue: Catalog, problem: str) -> None:
    assert list(problems(wanted(), catalogue)) == [problem]


def test_names_string_that_is_missing() -> None:
    more = wanted()
    more.add("Undo")
    more.add("Open", context="payment")

    found = sorted(problems(more, translated()))

    assert found == ["missing: 'Open' (payment)", "missing: 'Undo'"]


def test_names_string_that_is_gone() -> None:
    kept = translated()
    kept.add("Undo", "Desfazer")
    kept.obsolete["Old"] = Catalog().add("Old", "Velho")

    assert sorted(problems(wanted(), kept)) == ["not in the shop: 'Undo'", "obsolete: 'Old'"]


def test_extracts_from_python_and_from_templates() -> None:
    assert has_gettext()

    ids = {message.id for message in extracted()}

    assert {"Your basket", "Enter the postcode."} <= ids
    assert ("%(count)d variant", "%(count)d variants") in ids
