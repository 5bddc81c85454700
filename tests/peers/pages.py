"""Strict parsing of pages, and the texts of callers who try to break one."""

from html.parser import HTMLParser

HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</code></td></table><iframe src=//evil.example>",
    "&lt;b&gt; &amp; &#x3c;",
    "{csp} {body} %s {0}",
    "\u202etxt.exe\x00\x1b[31m\ud800",
]
"""Names of callers."""

VOID = {"br", "input", "line", "meta", "path", "rect"}
"""Elements without content, as written here."""


class Page(HTMLParser):
    """Parse a page strictly: every element is closed, in its order; store elements, attributes and texts."""

    def __init__(self, text):
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Store an element."""
        self.elements.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Close the innermost element."""
        assert tag in VOID or self.open.pop() == tag

    def handle_data(self, data):
        """Store the text of an element."""
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)
