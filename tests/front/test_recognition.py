"""The real proxies send the gateway everything that it recognizes, and the rest directly to Atlas."""

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shim.core.recognize import load_engine
from shim.documents.templates import parameter_name
from tests.front.proxies import recorded, who
from tests.peers.served import get

pytestmark = pytest.mark.slow  # third-party programs


@pytest.fixture(scope="module")
def own_documents(tmp_path_factory):
    """A folder with the invented document."""
    folder = tmp_path_factory.mktemp("documents")
    shutil.copy(Path(__file__).with_name("vaults.toml"), folder)
    return {"ATLAS_SHIM_MAPPINGS": str(folder)}


@pytest.fixture(scope="module")
def engine(own_documents):
    return load_engine(own_documents)


@pytest.fixture(scope="module")
def front(proxy, own_documents, tmp_path_factory):
    with recorded(tmp_path_factory.mktemp(proxy), proxy, env=own_documents) as found:
        yield found


RANGES = [
    "*/*", "application/json", "application/vnd.atlas.2022-12-31+json", "application/vnd.atlas.2023-01-01+json",
    "application/vnd.atlas.2025-01-01+json", "application/vnd.atlas.2025-03-19+json",
    "application/vnd.atlas.2025-12-01+json;charset=utf-8", "Application/Vnd.Atlas.2031-10-10+JSON",
    "application/vnd.atlas.2031-13-10+json", "application/vnd.atlas.preview+json",
    "application/vnd.atlas.preview+json ; Q=0.0", "application/vnd.atlas.upcoming.2026-01-01+json; q=0.5",
    "application/vnd.atlas.2023-01-01+csv", "application/vnd.atlasian", "text/vnd.atlas.preview+json",
]  # fmt: skip
ACCEPTS = st.lists(
    st.lists(st.sampled_from(RANGES), min_size=1, max_size=2).map(", ".join), max_size=2
)
SAFE = "-._~!$&'()*+,;=:@"
SEGMENTS = st.builds(
    lambda text, safe: quote(text, safe=safe),
    st.one_of(
        st.sampled_from(["orders", "..", ".", "a%2fb", ".;x", "serverless"]),
        st.text(min_size=1, max_size=8),
    ),
    st.sampled_from(["", SAFE]),
)


def spoiled(path, place, how):
    """A path with an unusual spelling at one place."""
    at = place % len(path)
    letter = path[at]
    return {
        "encode": path[:at] + f"%{ord(letter):02X}" + path[at + 1 :],
        "double": path[:at] + "/" + path[at:],
        "dots": path.replace("/groups", "/x/../groups"),
        "case": path[:at] + letter.swapcase() + path[at + 1 :],
        "slash": path + "/",
        "deeper": path + "/more",
        "shorter": path.rpartition("/")[0] or "/",
        "nothing": path,
    }[how]


@st.composite
def calls(draw, engine):
    """A method, target and Accept lines, at or near one operation on one API."""
    document = draw(st.sampled_from(engine.documents))
    operation = draw(st.sampled_from(document.operations))
    api = draw(st.sampled_from(list(document.apis.values())))
    segments = [
        draw(SEGMENTS) if parameter_name(segment) else segment
        for segment in operation.path.segments
    ]
    path = "/".join((api.base, *segments))
    ways = (
        ["nothing"] * 6
        + ["slash"] * 2
        + ["encode", "double", "dots", "case", "deeper", "shorter"]
    )
    path = spoiled(path, draw(st.integers(1, 400)), draw(st.sampled_from(ways)))
    methods = [operation.method] * 6 + [
        "HEAD",
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
    ]
    query = draw(
        st.sampled_from(
            ["", "", "?", "?a=b/c&pretty=true", "?/api/atlas/v2/groups/a/serverless"]
        )
    )
    return draw(st.sampled_from(methods)), path + query, draw(ACCEPTS)


def lines(accepts):
    return [f"Accept: {value}" for value in accepts]


def test_recognized_calls_reach_the_gateway(front, engine):
    """They do with every spelling of values and versions, and every target arrives as written."""
    at, atlas, gateway = front

    @settings(max_examples=250)
    @given(calls(engine))
    def check(call):
        method, target, accepts = call
        recognized = engine.recognize(
            method, target, tuple(("Accept", value) for value in accepts)
        )
        answered = who(
            at, get(target, *lines(accepts), "Content-Length: 0", method=method)
        )
        assert (
            answered == "gateway"
            if recognized
            else answered in {"gateway", "atlas", None}
        )
        if answered:
            head = (gateway if answered == "gateway" else atlas).heads[-1]
            assert head.split(b"\r\n")[0] == f"{method} {target} HTTP/1.1".encode()

    check()


def test_every_operation_on_every_api(front, engine):
    """With and without a slash at the end, by the oldest version and with none, by HEAD and by GET."""
    at, _, _ = front
    for document in engine.documents:
        for operation in document.operations:
            for api in document.apis.values():
                path = api.base + re.sub(r"\{\w+\}", "a-1", operation.path.text)
                accept = f"Accept: application/vnd.atlas.{operation.version}+json"
                for method in {
                    operation.method,
                    operation.method.replace("GET", "HEAD"),
                }:
                    if engine.recognize(method, path, ()) is None:
                        # this API's fixed version is not in the operation's range
                        continue
                    for target in (path, f"{path}/", f"{path}?a=b", f"{path}/?a=b"):
                        assert (
                            who(at, get(target, "Content-Length: 0", method=method))
                            == "gateway"
                        )
                        assert (
                            who(
                                at,
                                get(target, accept, "Content-Length: 0", method=method),
                            )
                            == "gateway"
                        )


@pytest.mark.parametrize(
    ("method", "target", "accept"),
    [
        ("GET", "/", ""),
        ("GET", "/api/atlas/v2/groups/a/clusters/b/backup/snapshots", ""),
        ("GET", "/api/atlas/v2/groups/a/serverless//", ""),
        ("GET", "/api/atlas/v2/groups//serverless", ""),
        ("GET", "/api/atlas/v2/groups/a/Serverless", ""),
        ("GET", "/api/atlas/v2/groups/a/serverles%73", ""),
        ("GET", "/api/atlas/v3/groups/a/serverless", ""),
        ("GET", "/api/atlas/v1x0/groups/a/serverless", ""),
        ("GET", "/x/api/atlas/v2/groups/a/serverless", ""),
        ("PUT", "/api/atlas/v2/groups/a/serverless", ""),
        ("OPTIONS", "/api/atlas/v2/groups/a/serverless", ""),
        (
            "GET",
            "/api/atlas/v2/groups/a/serverless",
            "application/vnd.atlas.preview+json",
        ),
        (
            "GET",
            "/api/atlas/v2/groups/a/vaults",
            "application/vnd.atlas.2025-01-01+json",
        ),
        (
            "GET",
            "/api/atlas/v2/groups/a/vaults",
            "Application/vnd.atlas.2031-10-10+json; charset=utf-8",
        ),
        (
            "GET",
            "/api/atlas/v2/groups/a/clusters",
            "application/vnd.atlas.2024-08-05+json",
        ),
        (
            "GET",
            "/api/atlas/v2/groups/a/clusters/b/processArgs",
            "application/vnd.atlas.2024-08-05+json",
        ),
        ("GET", "/api/atlas/v1.0/groups/a/containers", ""),
        (
            "POST",
            "/api/atlas/v2/groups/a/clusters",
            "application/vnd.atlas.2024-10-23+json",
        ),
        (
            "PUT",
            "/api/atlas/v2/groups/a/serverless/it's;(1)/b",
            "application/vnd.atlas.2025-03-19+json",
        ),
    ],
)
def test_other_calls_go_directly_to_atlas(front, engine, method, target, accept):
    """They have another operation's path or method, or certainly another version."""
    at, _, _ = front
    assert engine.recognize(method, target, (("Accept", accept),)) is None
    assert (
        who(
            at,
            get(
                target, f"Accept: {accept or '*/*'}", "Content-Length: 0", method=method
            ),
        )
        == "atlas"
    )


def test_an_absolute_target_is_routed_by_its_path(front):
    """A client that uses the proxy as its forward proxy sends this form (RFC 9112, 3.2.2)."""
    at, _, _ = front
    authority = at.url.removeprefix("http://")
    for path, answered in (
        ("/api/atlas/v2/groups/a/serverless", "gateway"),
        ("/api/atlas/v2/groups", "atlas"),
    ):
        assert who(at, get(at.url + path, host=authority)) == answered
