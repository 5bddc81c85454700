"""Every entry point sends and answers each shipped call the same, in every version that Atlas has or had."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs
import pytest

from shim.core.messages import Call, Record, field
from shim.core.recognize import shared_engine
from shim.gateway.fields import notes
from shim.gateway.plan import Plan, read_options
from shim.gateway.run import serve_in_thread
from tests.doors.by_urllib3 import Urllib3
from tests.doors.conftest import DOORS
from tests.doors.door import Got
from tests.doors.process import clean_process, off  # noqa: F401 - fixtures of each test
from tests.family.grid import SETTINGS, Seen, expected, said_by_atlas, sent_line
from tests.peers.scripted import Arrival, Upstream, upstream, wire

Use = Callable[[Mapping[str, str]], None]
Ask = Callable[[Call], Seen]

WAYS = [*DOORS, "gateway"]


@pytest.fixture(scope="module")
def atlas():
    """An Atlas on a socket."""

    def answer(arrival: Arrival) -> bytes:
        return wire(
            *said_by_atlas(
                arrival.method, arrival.target, arrival.fields.get("accept", "*/*")
            )
        )

    with upstream(answer) as running:
        yield running


def seen(atlas: Upstream, got: Got, record: Record | str | None) -> Seen:
    """Return the result of a call from Atlas's requests and the caller's reply."""
    sent = [
        sent_line(one.method, one.target, one.fields, one.body)
        for one in atlas.arrivals
    ]
    return Seen(sent, got.status, got.field("content-type"), got.content, record)


@contextlib.contextmanager
def through_door(
    name: str, atlas: Upstream, patch: pytest.MonkeyPatch
) -> Iterator[tuple[Use, Ask]]:
    """Call through a Python library; it shows the whole record."""
    patch.setenv("ATLAS_SHIM_UPSTREAM", atlas.origin)
    patch.setenv("ATLAS_SHIM_WARNINGS", "off")
    door = DOORS[name]()

    def use(environ: Mapping[str, str]) -> None:
        for variable, word in environ.items():
            patch.setenv(variable, word)

    with door.open() as client:

        def ask(call: Call) -> Seen:
            if call.body is None:
                form = {}
            else:
                form = door.forms(call.body)["bytes"]()
            got = client.ask(
                atlas.origin + call.target, call.method, dict(call.headers), **form
            )
            return seen(atlas, got, got.record)

        yield use, ask


@contextlib.contextmanager
def through_gateway(atlas: Upstream) -> Iterator[tuple[Use, Ask]]:
    """Call the gateway, whose links lead back to itself; it shows one field of the record."""

    def planned(environ: Mapping[str, str]) -> Plan:
        flags = {"listen": "127.0.0.1:0", "admin": "off", "upstream": atlas.origin}
        return Plan(read_options(environ, flags), shared_engine(environ))

    first = planned({})
    with (
        serve_in_thread(first.options, first.engine) as served,
        Urllib3().open(own=True) as client,
    ):

        def ask(call: Call) -> Seen:
            if call.body is None:
                form = {}
            else:
                form = {"body": call.body}
            got = client.ask(
                served.url + call.target, call.method, dict(call.headers), **form
            )
            got = attrs.evolve(
                got,
                content=got.content.replace(served.url.encode(), atlas.origin.encode()),
            )
            return seen(atlas, got, next(iter(got.field("atlas-shim")), None))

        yield lambda environ: served.apply(planned(environ)), ask


def differences(
    name: str,
    atlas: Upstream,
    patch: pytest.MonkeyPatch,
    calls: Iterable[tuple[str, Call, Seen]],
) -> list[str]:
    """Make calls, and return the differences from the core's results, a line each."""
    used = ""
    found = list[str]()
    if name == "gateway":
        way = through_gateway(atlas)
    else:
        way = through_door(name, atlas, patch)
    with way as (use, ask):
        for settings, call, wanted in calls:
            if settings != used:
                use(SETTINGS[settings])
            atlas.arrivals.clear()
            used = settings
            got = ask(call)
            for part in attrs.fields_dict(Seen):
                is_so = getattr(got, part)
                should_be = getattr(wanted, part)
                if name == "gateway" and isinstance(should_be, Record):
                    should_be = dict(notes(should_be)).get("Atlas-Shim")
                if is_so != should_be:
                    made = f"{settings}: {call.method} {call.target} {field(call.headers, 'accept')}"
                    found.append(f"{made}: {part} is {is_so!r}, not {should_be!r}")
    return found


@pytest.mark.parametrize("name", WAYS)
def test_each_entry_point_equals_the_core(name, atlas, monkeypatch):
    """Each one gets different calls and settings, including calls that no document has."""
    most = -(-len(SETTINGS) // len(WAYS))
    turn = WAYS.index(name)
    settings = (*SETTINGS,)[turn * most :][:most]
    assert (
        differences(
            name,
            atlas,
            monkeypatch,
            expected(name, settings, atlas.origin, share=len(WAYS)),
        )
        == []
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("settings", SETTINGS)
def test_all_settings_work_as_in_the_core(name, settings, atlas, monkeypatch):
    """Each entry point gets a different third of the calls.

    On the route auto they run twice, the second time with the first one's knowledge.
    """
    times = 2 if settings.startswith("auto") else 1
    calls = expected(
        f"{name} {settings}", (settings,), atlas.origin, times=times, share=3
    )
    assert differences(name, atlas, monkeypatch, calls) == []
