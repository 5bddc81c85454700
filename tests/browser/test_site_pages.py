"""The documentation site in a browser."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from itertools import cycle

import pytest

from tests.browser.conftest import LOOKS

pytestmark = pytest.mark.slow

CUT = """
() => [...document.querySelectorAll("pre code")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => "cut: " + one.innerText.slice(0, 60))
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serve a folder without logging."""

    def log_message(self, *_):
        """Log nothing."""


def test_each_page_is_right(look, tmp_path):
    """Nothing scrolls sideways, is cut off or comes from another host; axe agrees.

    The first page is tried in all looks.
    """
    pytest.importorskip("zensical", reason="zensical (the extra docs) is not installed")
    import_module("build").build(tmp_path)  # docs/site is on the path
    site = tmp_path / "site"
    pages = sorted(
        f"{page.parent.relative_to(site).as_posix()}/"
        for page in site.rglob("index.html")
    )
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(site))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        wrong = {}
        for page, each in [
            *(("./", each) for each in LOOKS),
            *zip(pages, cycle(LOOKS)),
        ]:
            shown, problems = look(base + page, *each)
            wrong[page, *each] = problems + shown.evaluate(CUT)
        server.shutdown()
    assert len(pages) > 20
    assert not {page: said for page, said in wrong.items() if said}
