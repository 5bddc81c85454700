"""The status page in a browser: without calls, busy, failing, draining, with a certificate that expires soon."""

import os
import time

import pytest

from shim.core.recognize import shared_engine
from shim.gateway.errors import bad_request
from shim.gateway.logs import CallLine
from tests.browser.conftest import LOOKS, SCROLLERS
from tests.peers.served import gateway

pytestmark = pytest.mark.slow

ENDING = {
    "side": "listener",
    "not_after": "2026-06-03T00:00:00Z",
    "days_left": 2,
    "refused": False,
}
STATES: dict[str, tuple[int, dict[str, object]]] = {
    "empty": (0, {}), "busy": (200, {}), "draining": (20, {"ready": False}),
    "a certificate ends": (20, {"certificates": [ENDING]}),
}  # fmt: skip


@pytest.fixture(params=STATES)
def shown(request):
    """Run a gateway in a state, and return its page's URL; a fifth of its callers is refused."""
    callers, changes = STATES[request.param]
    with gateway("http://127.0.0.1:1") as served:
        for number in range(callers * 10):
            line = CallLine(
                "GET",
                "/x",
                "10.0.0.7",
                "id",
                shared_engine(os.environ),
                agent=f"team/{number % callers}",
            )
            if number % callers % 5 == 0:
                line.refused(bad_request("No."))
            line.status = 400 if line.code else 200
            line.began = time.time()
            served.ledger.add(line)
        assert served._admin is not None
        status = served._admin.status
        served._admin.status = lambda: status() | changes
        yield f"{served.admin_url}/"


def test_it_is_right_in_every_look(shown, look):
    """No part scrolls, nothing is loaded from another host, and axe finds no error."""
    for each in LOOKS:
        page, wrong = look(shown, *each)
        assert not [*wrong, *page.evaluate(SCROLLERS)], each


@pytest.mark.parametrize("shown", ["busy"], indirect=True)
def test_its_tables_sort_by_keyboard_and_stay_sorted(shown, look):
    """Two hundred callers are ordered by most 4xx, also after the page was refreshed."""
    page, _ = look(shown, 1440, 900, "light")
    assert page.locator("#callers tbody tr").count() == 200
    page.clock.install()
    page.reload()
    button = page.locator("#callers th button", has_text="4xx")
    column = page.locator("#callers tbody tr td:nth-child(6)")
    button.focus()
    page.keyboard.press("Enter")
    for _ in range(2):
        assert column.all_text_contents() == ["10"] * 40 + ["0"] * 160
        assert (
            page.locator("#callers th[aria-sort=descending]")
            .inner_text()
            .startswith("4xx")
        )
        assert button.evaluate("one => one === document.activeElement")
        with page.expect_response(shown):
            page.clock.fast_forward(5000)
    page.keyboard.press("Enter")
    assert column.first.inner_text() == "0"


@pytest.mark.parametrize("shown", ["busy"], indirect=True)
def test_one_caller_of_many_is_found(shown, look):
    """Failing callers come first, in two screens.

    The others are found by search or a button, also after a refresh.
    """
    page, _ = look(shown, 1440, 900, "light")
    rows = page.locator("#callers tbody tr:visible")
    assert rows.count() == 40
    assert {
        int(one)
        for one in page.locator(
            "#callers tbody tr:visible td:nth-child(3)"
        ).all_inner_texts()
    } == {10}
    assert page.evaluate("document.documentElement.scrollHeight") <= 2 * 900
    page.clock.install()
    page.reload()
    page.get_by_label("Find").fill("team/101")
    for _ in range(2):
        assert rows.count() == 1
        with page.expect_response(shown):
            page.clock.fast_forward(5000)
    page.get_by_label("failing only").check()
    assert rows.count() == 0
    page.get_by_label("Find").fill("")
    assert page.locator(".find [role=status]").inner_text() == "40 of 200 callers"
    page.get_by_label("failing only").uncheck()
    page.get_by_role("button", name="Show all").click()
    assert rows.count() == 200


@pytest.mark.parametrize("shown", ["busy"], indirect=True)
def test_without_a_script_it_is_a_plain_list(shown, chromium):
    """All callers are shown, and there is no button without effect."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shown)
    assert page.locator("#callers tbody tr:visible").count() == 200
    assert not page.get_by_label("Find").is_visible()
    context.close()
