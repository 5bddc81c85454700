"""Raw requests and what becomes of them, as a page: ``python -m tests.gateway_hostile.raw_table`` writes it anew.

Each row is tried by ``test_raw_requests.py`` on a raw socket; a test compares the page with the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.gateway_hostile.rows import PASSED, REFUSED

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "raw-requests.md"
LONGEST = 88
"""Characters of a request that are shown."""

HEAD = f"""\
# Raw requests

What two readers could read in two ways is how one caller gets another's answer. So the gateway refuses such a request
and ends the connection; nothing is mended, and nothing of it reaches Atlas. The tables are made of the rows that
`tests/gateway_hostile/test_raw_requests.py` sends over a raw socket: {len(REFUSED)} are refused, {len(PASSED)}
pass. `python -m tests.gateway_hostile.raw_table` in a checkout writes them anew.

`⏎` is CR LF, other control characters are escapes, and long requests are cut (…). In the rows' names *CL* is
Content-Length and *TE* Transfer-Encoding.
"""


def page() -> str:
    """Return the page."""
    refused = [(row.name, row.request, str(row.status)) for row in REFUSED]
    passed = [(row.name, row.request, row.start) for row in PASSED]
    return "\n".join([
        HEAD,
        "## Refused",
        "",
        "Each has an answer in Atlas' shape with `Connection: close`, and one line in the log.",
        "",
        table(("row", "what is sent", "answer"), refused),
        "## Passed",
        "",
        "Upstream gets one request, framed in one way, without what was for the gateway only.",
        "",
        table(("row", "what is sent", "what upstream reads first"), passed),
    ]).rstrip() + "\n"  # fmt: skip


def table(head: Sequence[str], rows: Iterable[tuple[str, bytes, str]]) -> str:
    """Return a table of rows: name, request, and what becomes of it."""
    lines = [head, ("---", "---", "---"), *((code(name), code(shown(sent)), code(after)) for name, sent, after in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def shown(request: bytes) -> str:
    """Return a request as a line of text."""
    text = request.decode("latin-1").replace("\r\n", "⏎")
    text = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def code(text: str) -> str:
    """Return a text as code in a cell of a table."""
    fence = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
