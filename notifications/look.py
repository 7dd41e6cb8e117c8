"""How mails look: the design's colours as inline styles, since mail clients load no stylesheet."""

INK, INK_2, LINK = "#1a2133", "#474d5e", "#1f3a8a"
PAGE, SURFACE, LINE = "#f3ecdf", "#fffefb", "#ded5c4"
COBALT, OCHRE, WHITE = "#1f3a8a", "#e5a72e", "#ffffff"
TEXT = "font-family:Arial,Helvetica,sans-serif;"
HEADING = "font-family:Georgia,serif;font-weight:bold;"

STYLES = {
    "page": f"margin:0;padding:0;background:{PAGE};",
    "preview": "display:none;max-height:0;overflow:hidden;opacity:0;",
    "sheet": f"width:100%;max-width:600px;background:{SURFACE};",
    "header": f"padding:22px 32px;background:{COBALT};border-bottom:6px solid {OCHRE};",
    "logo": f"width:34px;height:28px;background:{WHITE};border-bottom:6px solid {OCHRE};"
    f"border-radius:3px;color:{COBALT};font:bold 26px/26px Arial,Helvetica,sans-serif;",
    "wordmark": f"{TEXT}font-size:20px;font-weight:bold;color:{WHITE};padding-left:12px;",
    "news": "padding:36px 32px 8px;",
    "h1": f"{HEADING}font-size:32px;line-height:38px;margin:0 0 12px;color:{INK};",
    "lead": f"{TEXT}font-size:17px;line-height:27px;margin:0 0 22px;color:{INK_2};",
    "button_cell": f"border-radius:6px;background:{COBALT};",
    "button": f"{TEXT}display:inline-block;padding:14px 26px;border-radius:6px;"
    f"background:{COBALT};color:{WHITE};font-size:16px;font-weight:bold;text-decoration:none;",
    "code": f"{TEXT}font-size:34px;line-height:44px;letter-spacing:4px;font-weight:bold;"
    f"margin:0;color:{INK};",
    "body": "padding:28px 32px 0;",
    "rest": "padding:8px 32px 32px;",
    "head_cell": "padding:16px 20px 4px;",
    "name": f"{TEXT}font-size:16px;line-height:22px;color:{INK};padding-left:12px;",
    "small": f"{TEXT}font-size:14px;line-height:22px;color:{INK_2};",
    # Fifty lines fit into a light mail because a line's cells inherit this.
    "lines": f"{TEXT}padding:4px 20px 12px;font-size:15px;line-height:22px;color:{INK};",
    "pieces": f"{TEXT}font-size:15px;line-height:22px;color:{INK};",
    "picture_cell": "padding:12px 12px 12px 0;",
    # The size is for mail programs that show the words in place of the picture.
    "picture": "display:block;border:0;border-radius:3px;font-size:11px;line-height:14px;",
    "piece": "padding:12px 0;",
    "detail": f"font-size:14px;color:{INK_2};",
    "amount": "white-space:nowrap;padding:12px 0 12px 12px;",
    "row": f"{TEXT}font-size:16px;line-height:28px;color:{INK_2};",
    "total": f"{TEXT}font-size:20px;line-height:28px;color:{INK};font-weight:bold;"
    f"border-top:1px solid {LINE};padding-top:8px;",
    "footer": f"{TEXT}padding:22px 32px 32px;background:{PAGE};font-size:14px;line-height:22px;"
    f"color:{INK_2};",
    "link": f"color:{LINK};",
}
# The crafts' colours and the ink that can be read on each.
CRAFTS = {
    "ceramics": ("#1f3a8a", WHITE),
    "textiles": ("#d29a35", INK),
    "wood": ("#6f7d58", WHITE),
    "jewellery": ("#c98480", INK),
    "candles": ("#5d3a55", WHITE),
    "prints": ("#22625f", WHITE),
    "leather": ("#8a4b25", WHITE),
    "soap": ("#7fa696", INK),
}
# The bands of parcels on a dark page.
DARK_BANDS = {
    "ceramics": "#8fa8f5",
    "textiles": "#e2ac4d",
    "wood": "#a9ba8b",
    "jewellery": "#e7a09a",
    "candles": "#cba3c2",
    "prints": "#7cc0ba",
    "leather": "#d59a70",
    "soap": "#98c9b6",
}


def craft_styles(craft: str) -> dict[str, str]:
    """Give the styles of a parcel that wear its maker's craft: its box and the maker's tile."""
    colour, ink = CRAFTS[craft]
    return {
        "box": f"border:1px solid {LINE};border-bottom:5px solid {colour};border-radius:6px;"
        "margin:0 0 20px;",
        "tile": f"width:40px;height:40px;background:{colour};color:{ink};border-radius:3px;"
        "font:bold 20px/40px Georgia,serif;text-align:center;",
    }
