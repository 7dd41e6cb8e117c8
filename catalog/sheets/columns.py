"""The columns of the sheet, what else people call them, and cells that spreadsheets would run."""

import re

OPTIONS_MAX = 3
# What is said of the piece itself: read from its first row, or the one that has its title.
PIECE_COLUMNS = (
    "status", "title_en", "title_pt", "description_en", "description_pt", "category", "section",
    "material", "materials", "colours", "made_to_order", "making_days_min", "making_days_max",
    "one_of_a_kind",
)  # fmt: skip
OPTION_COLUMNS = tuple(
    f"option{number}_{part}"
    for number in range(1, OPTIONS_MAX + 1)
    for part in ("name", "value", "value_pt")
)
# `stock_seen` is what `stock` was when the sheet was written: a sale since is not undone.
VERSION_COLUMNS = (*OPTION_COLUMNS, "sku", "price", "stock", "stock_seen")
COLUMNS = ("handle", *PIECE_COLUMNS, *VERSION_COLUMNS)
ALIASES = {
    "slug": "handle", "address": "handle", "title": "title_en", "name": "title_en",
    "titulo": "title_pt", "título": "title_pt", "description": "description_en",
    "descrição": "description_pt", "type": "category", "categoria": "category",
    "secção": "section", "material_tags": "materials", "colors": "colours", "cores": "colours",
    "variant_sku": "sku", "number": "sku", "referência": "sku", "variant_price": "price",
    "price_eur": "price", "preço": "price", "quantity": "stock", "on_hand": "stock",
    "variant_inventory_qty": "stock", "quantidade": "stock",
}  # fmt: skip
# A spreadsheet takes a cell that begins like this for a formula. Source: OWASP, CSV injection.
RUNS = re.compile(r"['=+\-@\t\r\n＝＋－＠]")
# One that splits at semicolons or tabs, as Excel does in Portuguese, takes the quotation marks of a
# comma file for letters: for it a cell begins behind each of these, also amid a description.
BEGINS = re.compile(r"([;\t\r\n]\"*)('*)(?=[=+\-@＝＋－＠])")
GUARDED = re.compile(r"([;\t\r\n]\"*)'('*)(?=[=+\-@＝＋－＠])")
YES, NO = frozenset({"yes", "true", "1", "sim"}), frozenset({"no", "false", "0", "não", "nao"})


def column_of(header: str) -> str:
    """Give the column that a header means, or nothing."""
    plain = re.sub(r"[\s\-]+", "_", header.strip().casefold())
    return plain if plain in COLUMNS else ALIASES.get(plain, "")


def harmless(cell: str) -> str:
    """Put ' before what a spreadsheet would run, wherever it lets a cell begin."""
    inner = BEGINS.sub(r"\1'\2", cell)
    return f"'{inner}" if RUNS.match(inner) else inner


def plain(cell: str) -> str:
    """Give what a cell says, without the ' of `harmless`; line ends as PostgreSQL keeps them."""
    bare = cell[1:] if cell[:1] == "'" and RUNS.match(cell[1:]) else cell
    bare = GUARDED.sub(r"\1\2", bare)
    return bare.replace("\r\n", "\n").replace("\r", "\n").strip()
