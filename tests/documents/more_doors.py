"""Ways in that the suite's other invented APIs leave out: urllib3, aiohttp, an adapter, urllib.request, and ``run``."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from shim import requests as shim_requests
from tests.documents.conftest import DOORS, Ask, Door, Got, _got, through
from tests.doors.by_aiohttp import Aiohttp
from tests.doors.by_urllib import Urllib
from tests.doors.by_urllib3 import Urllib3


@contextmanager
def through_adapter(origin: str) -> Iterator[Ask]:
    """Call with requests' own session over the shim's adapter."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount(origin, shim_requests.Adapter())

        def ask(method: str, target: str, content: bytes | None = None, headers: Any = None) -> Got:
            return _got(session.request(method, origin + target, data=content, headers=headers))

        yield ask


PROGRAM = """
import json, sys, requests
method, url, content, headers = json.loads(sys.argv[1])
response = requests.request(method, url, data=content, headers=headers)
print(json.dumps([response.status_code, dict(response.headers), response.text]))
"""


@contextmanager
def through_run(origin: str) -> Iterator[Ask]:
    """Call in a program that has not heard of the shim, started with ``atlas-shim run``."""

    def ask(method: str, target: str, content: bytes | None = None, headers: Any = None) -> Got:
        asked = json.dumps([method, origin + target, content and content.decode(), headers])
        command = [sys.executable, "-m", "shim", "run", "--", sys.executable, "-c", PROGRAM, asked]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        status, fields, text = json.loads(done.stdout)
        return Got(status, {name.lower(): value for name, value in fields.items()}, text.encode())

    yield ask


IN_PROCESS: dict[str, Door] = {
    **DOORS,
    "urllib3": through(Urllib3),
    "aiohttp": through(Aiohttp),
    "adapter": through_adapter,
    "urllib": through(Urllib),
}
