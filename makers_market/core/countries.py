"""The countries parcels go to, with the form of their postcodes (Universal Postal Union)."""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HOME = "PT"


@dataclass(frozen=True)
class Country:
    """A country by its ISO 3166-1 code; `example` is a postcode people can compare theirs with."""

    code: str
    name: Promise
    postcode: re.Pattern[str]
    example: str


def _country(code: str, name: Promise, pattern: str, example: str) -> Country:
    return Country(code, name, re.compile(pattern, re.ASCII | re.IGNORECASE), example)


COUNTRIES = {
    country.code: country
    for country in (
        _country("PT", _("Portugal"), r"\d{4}-\d{3}", "7170-012"),
        _country("ES", _("Spain"), r"\d{5}", "28013"),
        _country("FR", _("France"), r"\d{5}", "75011"),
        _country("DE", _("Germany"), r"\d{5}", "10115"),
        _country("IT", _("Italy"), r"\d{5}", "00184"),
        _country("NL", _("Netherlands"), r"\d{4} ?[A-Z]{2}", "1012 AB"),
        _country("BE", _("Belgium"), r"\d{4}", "1000"),
        _country("LU", _("Luxembourg"), r"\d{4}", "1009"),
        _country("AT", _("Austria"), r"\d{4}", "1010"),
        _country("IE", _("Ireland"), r"[A-Z]\d[\dW] ?[\dA-Z]{4}", "D02 X285"),
    )
}
