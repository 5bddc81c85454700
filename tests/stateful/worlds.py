"""Two worlds side by side: programs call one natively, and the other, without the old versions, through the shim."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Any

import attrs
import httpx

import shim
from tests.stateful.callers import Asked
from tests.stateful.cluster import RefusedError, normal
from tests.stateful.native import LEGACY, V2, Native
from tests.stateful.strict import Strict

FAILED = {0, 502, 503, 504}
"""A caller's result after a fault; 0 is a network error."""
CLUSTERS = "groups/6510aa1b2c3d4e5f60718293/clusters"


def differences(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Yield the places where two states differ, the native one first."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from differences(one.get(name), other.get(name), f"{at}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{at}[{number}]")
    elif one != other:
        yield f"{at} is {str(other)[:60]} and not {str(one)[:60]}"


@attrs.define
class Transport(httpx.BaseTransport):
    """The network to Atlas after the old versions ended, with faults if there are any."""

    atlas: Strict
    fault: Callable[[str], str] = lambda _: ""
    """The fault of a call of a method: ``busy``, ``lost`` before it arrives, ``cut`` after it, or none."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Reply to a call."""
        version = re.search(
            r"vnd\.atlas\.([-\d]+)\+", request.headers.get("accept", "")
        )
        name = request.url.path.partition("/clusters/")[2]
        if not request.url.path.startswith("/api/atlas/v2/"):
            version = None
        if version and version[1] > "2024":
            what = self.fault(request.method)
        else:
            what = ""
        if what == "busy":
            return httpx.Response(
                503,
                json={"errorCode": "UNEXPECTED_ERROR", "error": 503},
                headers={"Retry-After": "1"},
            )
        if what == "lost":
            raise httpx.ConnectError("lost", request=request)
        try:
            if request.content:
                body = json.loads(request.content)
            else:
                body = None
            status = 201 if request.method == "POST" else 200
            answer = httpx.Response(
                status,
                json=self.atlas.call(
                    version[1] if version else "", request.method, name, body
                ),
            )
        except RefusedError as refused:
            answer = httpx.Response(refused.status, json=refused.document)
        if what == "cut":
            raise httpx.ReadError("cut", request=request)
        return answer


@attrs.define
class Worlds:
    """Both worlds, and the results of the calls."""

    keeps: bool = True
    fault: Callable[[str], str] = lambda _: ""
    seen: list[tuple[str, str]] = attrs.field(factory=list)
    """Each call with its result.

    It is ``equal``, ``refused`` by the shim alone, after faults ``failed`` or ``done``, or
    the difference.
    """

    native: Native = attrs.field(init=False)
    strict: Strict = attrs.field(init=False)
    client: httpx.Client = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start without a cluster."""
        self.native = Native(self.keeps)
        self.strict = Strict(self.keeps)
        self.client = shim.wrap(
            httpx.Client(transport=Transport(self.strict, self.fault))
        )

    def call(self, asked: Asked, rng: Random, tries: int = 1) -> None:
        """Make a call in both worlds, by any of the endpoints of its version."""
        before = copy.deepcopy(self.native.clusters)
        native_body = None
        try:
            if asked.method == "PATCH":
                old = self.native.call(asked.version, "GET", "c")
            else:
                old = {}
            native_body = asked.make(old)
            native: Any = self.native.call(
                asked.version, asked.method, "c", native_body
            )
        except RefusedError as refused:
            native = refused
            self.native.clusters = before
        way = rng.choice(("v2", {V2: "v1.5", LEGACY: "v1.0"}[asked.version]))
        status, answer = self._shim(asked, way, tries)
        self.seen.append((asked.what, self._compare(native, before, status, answer)))
        # Ids that a refused call used are no difference.
        for world in (
            self.native,
            self.strict,
        ):
            world.numbers = count(1000 * len(self.seen))

    def _shim(self, asked: Asked, way: str, tries: int) -> tuple[int, Any]:
        media = f"application/vnd.atlas.{asked.version}+json"
        url = f"https://cloud.mongodb.com/api/atlas/{way}/{CLUSTERS}"
        headers = {"Accept": media, "Content-Type": media}
        if asked.method == "PATCH":
            path = f"{url}/c"
        else:
            path = url
        if asked.method == "PATCH":
            old = self._read(f"{url}/c", headers)
        else:
            old = {}
        body = asked.make(old) if isinstance(old, dict) else {}
        status = 0
        answer = None
        if old is None:
            return 400, {}
        for _ in range(tries):
            written = self.strict.written
            try:
                response = self.client.request(
                    asked.method, path, headers=headers, json=body
                )
            except httpx.TransportError:
                continue
            finally:
                assert self.strict.written - written < 2, "one call wrote twice"
            status = response.status_code
            answer = response.json()
            if status not in FAILED:
                break
        return status, answer

    def _read(self, url: str, headers: dict[str, str]) -> Any:
        for _ in range(20):
            try:
                response = self.client.get(url, headers=headers)
            except httpx.TransportError:
                continue
            if response.status_code == 200:
                return response.json()
            if response.status_code < 500:
                return None
        raise AssertionError("no read came through")

    def _compare(self, native: Any, before: Any, status: int, answer: Any) -> str:
        after = self._state(self.native)
        found = self._state(self.strict)
        if 0 < status < 400:
            if isinstance(native, RefusedError):
                return f"wrong: {status}, and natively {native}"
            if after == found:
                return "equal"
            return f"wrong: {status}, and {[*differences(after, found)][:3]}"
        if found == after and found != self._state(before):
            return "done"  # and the caller does not know
        self.native.clusters = before
        if found != self._state(before):
            return (
                f"wrong: {status}, and {[*differences(self._state(before), found)][:3]}"
            )
        return (
            "equal"
            if isinstance(native, RefusedError)
            else "failed"
            if status in FAILED
            else f"refused: {answer}"
        )

    @staticmethod
    def _state(world: Native | Strict | dict[str, Any]) -> dict[str, Any]:
        if isinstance(world, dict):
            clusters = world
        else:
            clusters = world.clusters
        return {name: normal(cluster) for name, cluster in clusters.items()}
