"""The caller's own timeouts bound an exchange, in each library's terms."""

import importlib
import io
import json
import time
from typing import Any

import pytest
import urllib3

from tests.doors.calls import SNAPSHOTS

URL = f"https://cloud.mongodb.com{SNAPSHOTS}"
RESTORES = URL.replace("v1.0", "v2").replace("snapshots", "restoreJobs")
PAGE = (200, {"results": [{}], "totalCount": 9999})
GONE: tuple[int, dict[str, Any]] = (410, {})


@pytest.fixture
def clock(monkeypatch):
    """Passes time when it is told to."""
    passed: list[float] = []
    original = time.perf_counter
    monkeypatch.setattr(time, "perf_counter", lambda: original() + sum(passed))
    return passed.append


def with_httpx(name, answer, waited, **call):
    """Make a call with httpx or httpx2 over a transport that answers at once; note how long each request may wait."""
    library, ours = importlib.import_module(name), importlib.import_module(f"shim.{name}")

    def handle(request):
        waited.append(request.extensions["timeout"]["read"])
        status, document = answer(request.method)
        return library.Response(status, json=document)

    with ours.Client(transport=library.MockTransport(handle)) as client:
        return client.request(**call)


def with_requests(name, answer, waited, **call):
    """The same with an adapter of requests."""
    library: Any = importlib.import_module(name)
    ours = importlib.import_module(f"shim.{name}")

    class Adapter(library.adapters.BaseAdapter):  # type: ignore[misc]  # looked up by name
        def send(self, request, timeout=None, **options):
            waited.append(timeout[1] if isinstance(timeout, tuple) else timeout)
            response = library.Response()
            response.status_code, document = answer(request.method)
            response.raw = urllib3.HTTPResponse(io.BytesIO(json.dumps(document).encode()), preload_content=False)
            response.url, response.request = request.url, request
            return response

        def close(self):
            """Nothing is open."""

    with ours.Session() as session:
        session.mount("https://", Adapter())
        return session.request(**call)


DOORS = {"httpx": (with_httpx, 4), "httpx2": (with_httpx, 4), "requests": (with_requests, 2)}
"""Library -> how it is called, and how many timeouts a number stands for."""


@pytest.fixture(params=DOORS)
def library(request):
    """Each library in turn."""
    found = pytest.importorskip(request.param)
    importlib.import_module(f"shim.{request.param}")  # before time is somebody else's
    return found


def asked(library, answer, waited, **call):
    """Make one call."""
    name = library.__name__
    return DOORS[name][0](name, answer, waited, **({"method": "GET", "url": URL} | call))


def test_pages_are_asked_for_while_the_timeouts_last(library, clock):
    """Each waits for no longer than what is left; then it is the library's own timeout, with the caller's request."""
    waited: list[Any] = []
    seconds = DOORS[library.__name__][1]

    def answer(method):
        clock(0.9)
        return PAGE

    with pytest.raises(library.ReadTimeout, match=f"timeouts are {seconds} seconds together") as caught:
        asked(library, answer, waited, timeout=1.0)
    assert str(caught.value.request.url) == URL
    left = [seconds - 0.9 * page for page in range(len(waited))]
    assert left[-1] > 0 > left[-1] - 0.9
    # A slow machine takes some of a second by itself; a page takes 0.9.
    assert waited == pytest.approx([min(1.0, each) for each in left], abs=0.4)


def restored(library, clock, waited, spent):
    """Order a restore that legacy answers, after so many seconds, by its retirement; return the status."""
    replies = iter([GONE, (500, {})])

    def answer(method):
        clock(spent)
        return next(replies)

    body = {"deliveryType": "automated", "snapshotId": "0" * 24, "targetClusterName": "a", "targetGroupId": "0" * 24}
    headers = {"Accept": "application/vnd.atlas.2023-01-01+json"}
    call = {"method": "POST", "url": RESTORES, "json": body, "headers": headers, "timeout": 1.0}
    return asked(library, answer, waited, **call).status_code


def test_a_write_is_never_cut_short(library, clock, early):
    """It is begun with the caller's whole timeout."""
    waited: list[Any] = []
    assert restored(library, clock, waited, DOORS[library.__name__][1] - 0.5) == 500
    assert waited == [1.0, 1.0]


@pytest.mark.parametrize(
    ("timeout", "seconds", "waits"),
    [
        (None, None, (None, None)),
        (3, 6, (3, 3)),
        ((3.05, 27), 30.05, (3.05, 27)),
        ((None, 2), 2, (None, 2)),
        ((2, None), None, (2, None)),
        (urllib3.Timeout(connect=1, read=2), 3, (1, 2)),
        (urllib3.Timeout(total=5), 5, (5, 5)),
        (urllib3.Timeout(total=5, read=2), 5, (5, 2)),
        (urllib3.Timeout(), None, (None, None)),
    ],
)
def test_every_form_of_requests_timeouts_is_understood(timeout, seconds, waits):
    """A number, a pair, or urllib3's own."""
    from shim.doors.urllib3.responses import waits_of

    assert waits_of(timeout) == (seconds, waits)
