"""Written pages: Markdown in, the few elements of a text out."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# HTML inside the Markdown is text; pictures are left out, a page's words may name no other host.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
TAGS = {
    "p", "br", "hr", "strong", "em", "code", "pre", "blockquote", "a", "ul", "ol", "li",
    "h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"https", "http", "mailto", "tel"}


def as_html(markdown: str) -> SafeString:
    """Give the HTML of a text in Markdown (CommonMark with tables), safe whoever wrote it.

    A heading of the first level becomes one of the second: the page's title is the first.
    """
    html = _markdown.render(markdown).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener"
    )
    return mark_safe(clean)  # noqa: S308  # what nh3 let through
