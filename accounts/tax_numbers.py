"""Tax numbers of sellers: Portugal's are checked by their last digit, others by their form."""

import re

NIF = re.compile(r"(?:PT ?)?(\d{9})", re.ASCII | re.IGNORECASE)
# A VAT number or a national tax number of another country; nine digits alone are Portugal's.
ELSEWHERE = re.compile(r"(?!PT)[A-Z0-9](?:[ ./-]?[A-Z0-9]){4,18}", re.ASCII | re.IGNORECASE)


def is_tax_number(text: str) -> bool:
    """Tell whether a tax number can be one; what looks Portuguese must have the right last digit.

    Source: https://pt.wikipedia.org/wiki/N%C3%BAmero_de_identifica%C3%A7%C3%A3o_fiscal
    """
    compact = re.sub(r"[ .]", "", text)
    portuguese = NIF.fullmatch(compact)
    if portuguese:
        return is_nif(portuguese[1])
    return ELSEWHERE.fullmatch(text) is not None


def is_nif(digits: str) -> bool:
    """Tell whether the last of nine digits checks the eight before: weights 9 to 2, modulo 11."""
    total = sum(
        int(digit) * weight for digit, weight in zip(digits[:8], range(9, 1, -1), strict=True)
    )
    remainder = total % 11
    return int(digits[8]) == (0 if remainder < 2 else 11 - remainder)
