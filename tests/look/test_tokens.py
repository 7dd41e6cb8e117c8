"""The style sheets: contrast recomputed from them, and nothing beside the tokens."""

import gzip
import re
from pathlib import Path

import pytest

from makers_market.core.assets import BUNDLES, bundle

CSS = Path(__file__).resolve().parents[2] / "makers_market" / "static" / "css"
# Files that hold raw colours because they are lists of colours, or the tokens themselves.
PALETTES = {"tokens.css", "components/dominant.css", "components/swatches.css"}
SHEETS = sorted(path for path in CSS.rglob("*.css"))
NAMES = [str(path.relative_to(CSS)) for path in SHEETS]
BUDGET_BYTES = 15 * 1024
TEXT_RATIO, CONTROL_RATIO = 7.0, 3.0
SCHEMES = {"light": 0, "dark": 1}

TEXT_PAIRS = [
    ("--ink", "--cal"),
    ("--ink", "--surface"),
    ("--ink", "--sunken"),
    ("--ink", "--anil-tint"),
    ("--ink-2", "--cal"),
    ("--ink-2", "--surface"),
    ("--ink-2", "--sunken"),
    ("--ink-2", "--anil-tint"),
    ("--link", "--cal"),
    ("--link", "--surface"),
    ("--link", "--sunken"),
    ("--link", "--anil-tint"),
    ("--btn-ink", "--btn"),
    ("--btn-ink", "--btn-hover"),
    ("--socle-ink", "--socle"),
    ("--socle-ink-2", "--socle"),
    ("--ocre-ink", "--ocre"),
    ("--ocre-ink", "--ocre-hover"),
    ("--ocre-text", "--ocre-soft"),
    ("--ocre-text", "--cal"),
    ("--verde", "--verde-soft"),
    ("--verde", "--cal"),
    ("--perigo", "--perigo-soft"),
    ("--perigo", "--surface"),
    ("--label-ink", "--label"),
]
CONTROL_PAIRS = [
    ("--edge", "--cal"),
    ("--edge", "--surface"),
    ("--edge", "--sunken"),
    ("--focus", "--cal"),
    ("--focus", "--surface"),
    ("--focus", "--sunken"),
    ("--socle-ink", "--socle"),
    ("--ocre", "--socle"),
]


def without_comments(name: str) -> str:
    return re.sub(r"/\*.*?\*/", "", (CSS / name).read_text(), flags=re.S)


def colours_of(scheme: str) -> dict[str, str]:
    """Give each colour token's six hex digits in one scheme, as tokens.css declares it."""
    screen = without_comments("tokens.css").partition("@media print")[0]
    pair = re.compile(r"(--[\w-]+): light-dark\(#(\w{6}), #(\w{6})\);")
    plain = re.compile(r"(--[\w-]+): #(\w{6});")
    found = dict(plain.findall(screen))
    return found | {match[0]: match[1 + SCHEMES[scheme]] for match in pair.findall(screen)}


def luminance(digits: str) -> float:
    """Give the relative luminance of a colour: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_contrast_agrees_with_the_known_extremes() -> None:
    assert contrast("ffffff", "000000") == pytest.approx(21)
    assert contrast("777777", "ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_reads_at_aaa(scheme: str, text: str, ground: str) -> None:
    colours = colours_of(scheme)

    assert contrast(colours[text], colours[ground]) >= TEXT_RATIO


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("edge", "ground"), CONTROL_PAIRS)
def test_controls_stand_out(scheme: str, edge: str, ground: str) -> None:
    colours = colours_of(scheme)

    assert contrast(colours[edge], colours[ground]) >= CONTROL_RATIO


def test_var_names_only_declared_tokens() -> None:
    sheets = "\n".join(without_comments(name) for name in NAMES)
    declared = set(re.findall(r"(?:^|[\s{;])(--[\w-]+)\s*:", sheets))

    # With a fallback, an undeclared name is a knob that a page may set.
    used = set(re.findall(r"var\(\s*(--[\w-]+)\s*\)", sheets))

    assert used - declared == set()


@pytest.mark.parametrize("name", sorted(set(NAMES) - PALETTES))
def test_colours_come_only_from_tokens(name: str) -> None:
    text = re.sub(r'url\("data:[^"]*"\)', "", without_comments(name))

    assert re.findall(r":[^;{]*(?:#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\()", text) == []


@pytest.mark.parametrize("name", sorted(set(NAMES) - PALETTES))
def test_type_space_and_corners_come_only_from_tokens(name: str) -> None:
    rules = without_comments(name)
    kinds = r"(?:padding|margin|gap|row-gap|column-gap|font|font-size|border-radius)(?:-[a-z]+)*"
    declared = re.findall(rf"(?<![\w-])({kinds})\s*:\s*([^;}}]+)", rules)

    raw = [rule for rule in declared if re.search(r"(?<![\w-])[\d.]+(?:rem|px|pt)\b", rule[1])]

    assert raw == []


@pytest.mark.parametrize("name", NAMES)
def test_directions_are_logical(name: str) -> None:
    physical = r"(?<![\w-])(?:margin|padding|border|inset)-(?:left|right|top|bottom)(?![\w])"
    sides = r"(?<![\w-])(?:left|right|top|bottom|width|height|text-align: left)\s*:"

    assert re.findall(rf"{physical}|{sides}", without_comments(name)) == []


@pytest.mark.parametrize("listing", BUNDLES.values())
def test_bundle_keeps_its_budget(listing: str) -> None:
    assert len(gzip.compress(bundle(listing), 9)) <= BUDGET_BYTES


def test_bundle_begins_with_the_order_of_layers() -> None:
    assert bundle().startswith(b"@layer reset, tokens, base, layout, components, pages,")


def test_listings_name_every_sheet_once() -> None:
    listings = [name for name in BUNDLES.values() if name.startswith("css/")]
    texts = [(CSS.parent / name).read_text() for name in listings]
    lines = [line for text in texts for line in text.splitlines()]
    listed = [line for line in lines if line and not line.startswith("#")]

    assert sorted(set(listed)) == sorted(listed)
    assert sorted(listed) == NAMES
