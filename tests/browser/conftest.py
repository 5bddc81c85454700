"""A real browser, if Chromium and Playwright are installed."""

import shutil

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LOOKS = [
    (*size, scheme)
    for size in ((390, 844), (768, 1024), (1024, 768), (1440, 900))
    for scheme in ("light", "dark")
]
"""Viewport sizes of a phone, a tablet in both orientations and a desktop, with user preferences."""

SCROLLERS = """
() => [...document.querySelectorAll("body *")].filter((one) =>
  /auto|scroll/.test(getComputedStyle(one).overflow + getComputedStyle(one).overflowX) &&
  (one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)
).map((one) => one.outerHTML.slice(0, 99))
"""


@pytest.fixture(scope="module")
def chromium():
    """Run Chromium without a window for one module; meanwhile Playwright's loop runs in this thread."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed"
    )
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        # Chromium's sandbox does not work for root.
        browser = started.chromium.launch(
            executable_path=program, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def look(chromium):
    """Return a function that opens a page in a look, and returns the page and the errors found by axe or the test."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe-playwright-python is not installed",
    )
    opened = []

    def look(url, width, height, scheme):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        opened.append(context)
        page = context.new_page()
        wrong = []
        here = (url[: url.index("/", 8)], "data:")
        page.on(
            "request",
            lambda one: wrong.extend([one.url] * (not one.url.startswith(here))),
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda said: wrong.extend([said.text] * (said.type == "error"))
        )
        page.goto(url)
        wrong += ["it scrolls sideways"] * (
            page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0
        )
        found = axe.Axe().run(page).response["violations"]
        return page, wrong + [
            f"{one['id']}: {[node['target'] for node in one['nodes']][:3]}"
            for one in found
        ]

    yield look
    for context in opened:
        context.close()
