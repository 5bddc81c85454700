"""The status page as people see it: empty, busy, failing, draining, with a certificate that is about to end."""

import os

import pytest

from shim.core.recognise import shared_engine
from shim.gateway.errors import bad_request
from shim.gateway.logs import CallLine
from tests.browser.conftest import LOOKS, SCROLLERS
from tests.peers.served import gateway

pytestmark = pytest.mark.slow

ENDING = {"side": "listener", "not_after": "2026-06-03T00:00:00Z", "days_left": 2, "refused": False}
STATES: dict[str, tuple[int, dict[str, object]]] = {
    "empty": (0, {}), "busy": (200, {}), "draining": (20, {"ready": False}),
    "a certificate ends": (20, {"certificates": [ENDING]}),
}  # fmt: skip


@pytest.fixture(params=STATES)
def shown(request):
    """Run a gateway in a state, and return where its page is; a fifth of its callers is refused."""
    callers, changes = STATES[request.param]
    with gateway("http://127.0.0.1:1") as served:
        for number in range(callers * 10):
            line = CallLine("GET", "/x", "10.0.0.7", "id", shared_engine(os.environ), agent=f"team/{number % callers}")
            if number % callers % 5 == 0:
                line.refused(bad_request("No."))
            line.status = 400 if line.code else 200
            served.ledger.add(line)
        assert served._admin is not None
        status = served._admin.status
        served._admin.status = lambda: status() | changes
        yield f"{served.admin_url}/"


def test_it_is_right_in_every_look(shown, look):
    """No part scrolls, nothing is loaded from elsewhere, and axe finds nothing."""
    for each in LOOKS:
        page, wrong = look(shown, *each)
        assert not [*wrong, *page.evaluate(SCROLLERS)], each


@pytest.mark.parametrize("shown", ["busy"], indirect=True)
def test_its_tables_sort_by_keyboard_and_stay_sorted(shown, look):
    """Two hundred callers: those with most 4xx first, also after the page has renewed itself."""
    page, _ = look(shown, 1440, 900, "light")
    assert page.locator("#callers tbody tr").count() == 200
    page.clock.install()
    page.reload()
    button = page.locator("#callers th button", has_text="4xx")
    button.focus()
    page.keyboard.press("Enter")
    for _ in range(2):
        found = page.locator("#callers tbody tr td:nth-child(4)").all_inner_texts()
        assert found == ["10"] * 40 + ["0"] * 160
        assert page.locator("#callers th[aria-sort=descending]").inner_text().startswith("4xx")
        assert button.evaluate("one => one === document.activeElement")
        with page.expect_response(shown):
            page.clock.fast_forward(5000)
    page.keyboard.press("Enter")
    assert page.locator("#callers tbody tr td:nth-child(4)").first.inner_text() == "0"
