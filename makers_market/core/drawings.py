"""Every small drawing of the shop as SVG: the logo, icons, craft tiles, makers' tiles, art.

They are part of the page, so that they cost no request and take the text's colour.
"""

import hashlib

from django.utils.safestring import SafeString, mark_safe

WHITE, COBALT, OCHRE, INK, TERRACOTTA = "#fbf8f1", "#1f3a8a", "#e5a72e", "#1a2133", "#b0603f"

ICONS = {
    "alert": '<path d="M12 3 2 20h20zM12 10v4M12 17v.5"/>',
    "basket": '<path d="M5 8h14l1 12H4zM9 8a3 3 0 0 1 6 0"/>',
    "check": '<path d="m5 12 5 5L20 7"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>',
    "close": '<path d="m6 6 12 12M18 6 6 18"/>',
    "forward": '<path d="M5 12h14m-6-6 6 6-6 6"/>',
    "heart": '<path d="M12 20S4 15 4 9a4.2 4.2 0 0 1 8-2 4.2 4.2 0 0 1 8 2c0 6-8 11-8 11z"/>',
    "lock": '<rect x="5" y="11" width="14" height="9" rx="1"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4 20c1-4 4-6 8-6s7 2 8 6"/>',
    "pin": '<path d="M12 21s7-6.5 7-12a7 7 0 0 0-14 0c0 5.5 7 12 7 12z"/>'
    '<circle cx="12" cy="9" r="2.5"/>',
    "print": '<path d="M7 9V3h10v6M7 17H3V9h18v8h-4M7 14h10v7H7z"/>',
    "return": '<path d="M4 8h11a5 5 0 0 1 0 10H8M4 8l4-4M4 8l4 4"/>',
    "search": '<circle cx="11" cy="11" r="7"/><path d="m20 20-4-4"/>',
    "sliders": '<path d="M3 7h11M18 7h3M3 17h3M10 17h11"/><circle cx="16" cy="7" r="2"/>'
    '<circle cx="8" cy="17" r="2"/>',
    "star": '<path d="m12 3 2.8 5.9 6.4.8-4.7 4.5 1.2 6.4-5.7-3.1-5.7 3.1 1.2-6.4-4.7-4.5 6.4-.8z"'
    ' fill="currentColor"/>',
    "truck": '<path d="M2 6h12v10H2zM14 10h4l4 3v3h-8z"/>'
    '<circle cx="7" cy="18" r="2"/><circle cx="17" cy="18" r="2"/>',
}
# Icons that point along the line of text turn round where it runs from right to left.
DIRECTED = frozenset({"forward", "return", "truck"})

CRAFTS = {
    "ceramics": f'<path fill="{COBALT}" d="M0 0h100v100H0z"/>'
    f'<path d="M14 40h72a36 36 0 0 1-24 34v8H38v-8A36 36 0 0 1 14 40z" fill="{WHITE}"/>'
    f'<path d="M14 40h72v8H14z" fill="{OCHRE}"/>',
    "textiles": '<path fill="#d29a35" d="M0 0h100v100H0z"/>'
    f'<path fill="{WHITE}" d="M14 14h18v18H14zm36 0h18v18H50zM32 32h18v18H32zm36 0h18v18H68z'
    'M14 50h18v18H14zm36 0h18v18H50zM32 68h18v18H32zm36 0h18v18H68z"/>',
    "wood": '<path fill="#6f7d58" d="M0 0h100v100H0z"/>'
    f'<circle cx="50" cy="50" r="37" fill="{WHITE}"/>'
    '<g fill="none" stroke="#6f7d58" stroke-width="5">'
    '<circle cx="47" cy="50" r="28"/><circle cx="45" cy="50" r="16"/></g>'
    f'<circle cx="43" cy="50" r="5.5" fill="{TERRACOTTA}"/>',
    "jewellery": '<path fill="#c98480" d="M0 0h100v100H0z"/>'
    f'<circle cx="50" cy="32" r="17" fill="none" stroke="{WHITE}" stroke-width="6"/>'
    f'<path d="M50 46q22 24 0 42q-22-18 0-42z" fill="{COBALT}"/>',
    "candles": '<path fill="#5d3a55" d="M0 0h100v100H0z"/>'
    f'<path d="M50 10q16 20 0 32q-16-12 0-32z" fill="{OCHRE}"/>'
    f'<path d="M32 48h36v40H32z" fill="{WHITE}"/><path d="M48 40h4v10h-4z" fill="{INK}"/>',
    "prints": '<path fill="#22625f" d="M0 0h100v100H0z"/>'
    f'<path d="M22 12h56v76H22z" fill="{WHITE}"/><circle cx="60" cy="34" r="10" fill="{OCHRE}"/>'
    f'<path d="M28 82V60q12-14 22-4t22-6v32z" fill="{COBALT}"/>',
    "leather": '<path fill="#8a4b25" d="M0 0h100v100H0z"/>'
    f'<path d="M20 36q30-34 60 0v44a8 8 0 0 1-8 8H28a8 8 0 0 1-8-8z" fill="{WHITE}"/>'
    f'<path d="M20 44h60v8H20z" fill="{OCHRE}"/><circle cx="50" cy="62" r="6" fill="#8a4b25"/>',
    "soap": '<path fill="#7fa696" d="M0 0h100v100H0z"/>'
    f'<rect x="16" y="46" width="68" height="36" rx="13" fill="{WHITE}"/>'
    f'<circle cx="36" cy="28" r="10" fill="{WHITE}"/><circle cx="58" cy="22" r="6" fill="{OCHRE}"/>'
    f'<circle cx="66" cy="36" r="4.5" fill="{WHITE}"/>'
    '<path d="M34 64h32" stroke="#7fa696" stroke-width="5"/>',
}

ART = {
    "basket": f'<path fill="{COBALT}" d="M0 0h100v100H0z"/>'
    f'<path d="M24 46h52l-6 36H30z" fill="none" stroke="{WHITE}" stroke-width="4"'
    ' stroke-dasharray="7 5"/>'
    f'<path d="M34 46a16 20 0 0 1 32 0" fill="none" stroke="{OCHRE}" stroke-width="4"/>',
    "search": '<path fill="#22625f" d="M0 0h100v100H0z"/>'
    f'<circle cx="45" cy="44" r="21" fill="none" stroke="{WHITE}" stroke-width="5"/>'
    f'<path d="m61 60 19 19" stroke="{OCHRE}" stroke-width="6"/>',
    "chipped": f'<path fill="{TERRACOTTA}" d="M0 0h100v100H0z"/>'
    f'<path d="M22 34h56a30 30 0 0 1-56 0z" fill="{WHITE}"/>'
    f'<path d="m48 34 6 10-9 8 7 14" fill="none" stroke="{OCHRE}" stroke-width="3.5"/>'
    f'<path d="M38 76h24v7H38z" fill="{WHITE}"/>',
    "kiln": '<path fill="#5d3a55" d="M0 0h100v100H0z"/>'
    f'<path d="M20 84V52a30 30 0 0 1 60 0v32z" fill="{WHITE}"/>'
    f'<path d="M36 84V60a14 14 0 0 1 28 0v24z" fill="{INK}"/>'
    f'<path d="M50 62q10 12 0 20q-10-8 0-20z" fill="{OCHRE}"/>',
    "door": f'<path fill="{COBALT}" d="M0 0h100v100H0z"/>'
    f'<path d="M28 88V46a22 22 0 0 1 44 0v42z" fill="{WHITE}"/>'
    f'<path d="M36 88V48a14 14 0 0 1 28 0v40z" fill="{OCHRE}"/>'
    f'<circle cx="58" cy="64" r="3.5" fill="{INK}"/>',
    "parcel": f'<path fill="{OCHRE}" d="M0 0h100v100H0z"/>'
    f'<path d="M20 36h60v46H20z" fill="{WHITE}"/><path d="M44 36h12v46H44z" fill="{COBALT}"/>'
    f'<path d="m20 36 10-16h40l10 16z" fill="{TERRACOTTA}"/>',
}

# One quarter of a maker's tile, drawn in two colours and turned four times about the centre.
MOTIFS = (
    '<path d="M50 50C20 50 8 30 8 8c22 0 42 12 42 42z" fill="{a}"/>'
    '<path d="M0 0h16L0 16zM50 41v9h-9z" fill="{b}"/>',
    '<path d="M50 0a50 50 0 0 0-50 50h16a34 34 0 0 1 34-34z" fill="{a}"/>'
    '<path d="M50 32v18H32a18 18 0 0 1 18-18z" fill="{b}"/>',
    '<path d="M0 0h40a40 40 0 0 1-40 40z" fill="{a}"/>'
    '<path d="M50 50H32a18 18 0 0 1 18-18z" fill="{b}"/>',
    '<path d="M4 4q42 0 42 42q-42 0-42-42z" fill="{a}"/><circle cx="40" cy="10" r="6" fill="{b}"/>',
    '<path d="M0 50L50 0v26L26 50z" fill="{a}"/><path d="M50 50V36L36 50z" fill="{b}"/>',
)
COLOURS = (COBALT, "#6d4966", "#7f8f66", "#2c7672", TERRACOTTA, OCHRE)
SECONDS = ("#8fa8e0", OCHRE, "#7f8f66", TERRACOTTA)


def svg(inside: str, *, css: str, box: int = 100) -> SafeString:
    """Give a decorative drawing; `inside` is one of this file's own, never a visitor's text."""
    return mark_safe(  # noqa: S308  # our own constants
        f'<svg class="{css}" viewBox="0 0 {box} {box}" aria-hidden="true">{inside}</svg>'
    )


def icon(name: str) -> SafeString:
    """Give a line icon in the text's colour; raises KeyError for an unknown name."""
    lines = (
        '<g fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"'
        f' stroke-linejoin="round">{ICONS[name]}</g>'
    )
    return svg(lines, css="icon directed" if name in DIRECTED else "icon", box=24)


def logo(*, ground: str = COBALT, arches: str = WHITE) -> SafeString:
    """Give the shop's mark: a tile with two arches that read as m, and its ochre band."""
    inside = (
        f'<rect width="40" height="40" rx="3" fill="{ground}"/>'
        '<path d="M8.5 30V18.3a5.75 5.75 0 0 1 11.5 0V30M20 18.3a5.75 5.75 0 0 1 11.5 0V30"'
        f' fill="none" stroke="{arches}" stroke-width="5"/>'
        f'<path d="M0 33h40v4a3 3 0 0 1-3 3H3a3 3 0 0 1-3-3z" fill="{OCHRE}"/>'
    )
    return svg(inside, css="mark", box=40)


def maker_tile(slug: str, *, css: str) -> SafeString:
    """Give a maker's tile, which the slug's hash draws: the same slug, the same tile for ever."""
    digest = hashlib.sha256(slug.encode()).digest()
    colour = COLOURS[digest[1] % len(COLOURS)]
    seconds = [second for second in SECONDS if second != colour]
    second = seconds[digest[2] % len(seconds)]
    ground, first = (colour, WHITE) if digest[3] % 3 == 0 else (WHITE, colour)
    quarter = MOTIFS[digest[0] % len(MOTIFS)].format(a=first, b=second)
    turns = "".join(f'<g transform="rotate({turn} 50 50)">{quarter}</g>' for turn in (90, 180, 270))
    rim = (
        f'<path d="M1 1h98v98H1z" fill="none" stroke="{colour}" stroke-opacity=".35"'
        ' stroke-width="2"/>'
    )
    return svg(
        f'<path d="M0 0h100v100H0z" fill="{ground}"/>{quarter}{turns}{rim}', css=f"mk {css}".strip()
    )
