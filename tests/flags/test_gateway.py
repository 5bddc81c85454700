"""The gateway and programs with a flag: each project has its side, and record, log and page report the source."""

import json
import os
import re

import attrs
import pytest

import shim
from shim import httpx
from shim.core.settings import RouteWord
from shim.extras import hint
from shim.flags import values
from shim.flags.providers import PROVIDER
from shim.gateway.admin import text
from shim.gateway.option_values import CredentialsMode
from shim.gateway.options import Options
from shim.gateway.plan import Plan
from shim.gateway.run import serve_in_thread
from tests.doors.process import *  # noqa: F403 - its fixtures
from tests.gateway.credentials.worlds import KEY
from tests.gateway.test_translating import EMPTY, V1
from tests.peers.raw import converse, raw_upstream, reply, replying, until
from tests.peers.served import LOOPBACK, ask, calling, gateway, get

OTHER = V1.replace("6510aa1b", "00000000")
FLAG = "openfeature:atlas-route"


@pytest.fixture
def flags(tmp_path, monkeypatch):
    """Return a file of flags, which is checked every few milliseconds."""
    monkeypatch.setattr(
        "shim.flags.values.FeatureFlag.__init__.__kwdefaults__",
        {"every": 0.01},
        raising=False,
    )
    path = tmp_path / "flags.toml"
    monkeypatch.setenv(PROVIDER, f"file:{path}")
    path.write_text(
        '[atlas-route]\nvalue = "legacy"\nprojects = { 6510aa1b2c3d4e5f60718293 = "flex" }\n'
    )
    return path


def by_flag(upstream):
    """Run a gateway whose route is the flag's."""
    return gateway(upstream.origin, route=FLAG)


def sides(upstream):
    """The side of each call so far."""
    return ["flex" if b"flexClusters" in head else "legacy" for head in upstream.heads]


def until_said(served, pattern):
    """Wait until the gateway reports this value of the flag."""
    until(
        lambda: re.search(pattern, json.dumps(served._handler.flag.report())), pattern
    )


def test_a_switch_by_project_and_back(flags, caplog):
    """One project's calls go to flex, the others' to legacy; the flag's next value applies without a restart."""
    caplog.set_level("INFO", "shim")
    with replying(*[reply(EMPTY)] * 6) as upstream, by_flag(upstream) as served:
        ask(served, get(V1))
        ask(served, get(OTHER))
        assert sides(upstream) == ["flex", "legacy"]
        assert " Flag atlas-route: flex for 1, legacy for " in " ".join(
            text(served.status()).split()
        )
        flags.write_text('atlas-route = "legacy"\n')
        until_said(served, '"legacy": 2')
        ask(served, get(V1))
        assert sides(upstream)[2:] == ["legacy"]
    assert (
        caplog.text.count("the flag atlas-route is flex for 1, legacy for the others")
        == 1
    )
    assert "the route is set to flex; the flag atlas-route is flex" in caplog.text


def test_off_by_flag_passes_calls_through(flags, caplog):
    """It is the kill switch of one project: nothing is translated, and the call's log line has the reason."""
    caplog.set_level("INFO", "shim")
    flags.write_text('atlas-route = "off"\n')
    with replying(reply(EMPTY)) as upstream, by_flag(upstream) as served:
        head, _ = ask(served, get(V1))
        assert sides(upstream) == ["legacy"]
    assert b"Atlas-Shim" not in head
    assert "the flag atlas-route is off" in caplog.text


def test_without_a_value_the_route_is_auto(flags, caplog):
    """A missing file of flags delays no call, and the record shows that the flag has no value."""
    caplog.set_level("INFO", "shim")
    flags.unlink()
    with replying(reply(EMPTY)) as upstream, by_flag(upstream) as served:
        ask(served, get(V1))
        assert sides(upstream) == ["flex"]
        assert "No such file" in str(served._handler.flag.report()["fault"])
    assert "; the flag atlas-route has no value yet" in caplog.text


def test_a_reload_follows_the_route(flags):
    """It may change between a constant and a flag; the polling thread starts and stops with it."""
    with (
        replying(reply(EMPTY)) as upstream,
        gateway(upstream.origin, route=RouteWord.LEGACY) as served,
    ):
        plan = served._handler.plan
        assert served._handler.flag is None
        served.apply(Plan(attrs.evolve(plan.options, route=FLAG), plan.engine))
        until_said(served, '"others": "legacy"')
        served.apply(plan)
        assert served._handler.flag is None


def test_without_the_extra_the_flag_is_refused(retired, monkeypatch):
    """Creating a client fails with the package to install."""
    monkeypatch.setattr("shim.flags.providers.find_spec", lambda name: None)
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "openfeature:atlas-route")
    with pytest.raises(shim.SettingsError, match=re.escape(hint("openfeature"))):
        httpx.Client()


def verifying(upstream):
    """Run a gateway whose callers prove a key."""
    here = Options(
        listen=LOOPBACK,
        admin=None,
        public_url="http://shim.test",
        credentials=CredentialsMode.VERIFY,
    )
    return serve_in_thread(
        attrs.evolve(here, upstream=upstream.origin, route=FLAG),
        environ=KEY | os.environ,
    )


def invented(count, *lines):
    """Calls for this many projects that don't exist."""
    return [
        get(V1.replace("6510aa1b", f"{number:08x}"), *lines) for number in range(count)
    ]


def test_unauthenticated_calls_change_neither_flag_nor_memory(flags):
    """A refused call uses no project's slot, and affects no other call."""
    with replying() as upstream, verifying(upstream) as served:
        flag = served._handler.flag
        memory = served._handler.shared.memory
        assert flag is not None
        with calling(served) as peer:
            for request in invented(1100):
                peer.send(request)
                assert b" 401 " in peer.message()[0]
        assert [*flag._entries] == [""]
        assert len(memory._entries) == 0
        assert upstream.heads == []


def test_unauthenticated_calls_keep_a_tenant_s_flag(flags, monkeypatch):
    """In passthrough Atlas refuses them, so their projects replace only each other."""
    monkeypatch.setattr(values, "MAX_PROJECTS", 30)
    monkeypatch.setattr(values, "_IDLE", 10**6)
    refused = reply(b"{}", status="401 Unauthorized")

    def atlas(peer):
        converse(
            peer, lambda head, _: reply(EMPTY) if b"Bearer good" in head else refused
        )

    with raw_upstream(atlas) as upstream, by_flag(upstream) as served:
        for _ in range(2):
            head, _ = ask(served, get(V1, "Authorization: Bearer good"))
            assert b"Atlas-Shim: route=flex" in head
            with calling(served) as peer:
                for request in invented(50, "Authorization: Bearer bad"):
                    peer.send(request)
                    assert b" 401 " in peer.message()[0]
        assert V1.split("/")[5] in served._handler.flag._entries
