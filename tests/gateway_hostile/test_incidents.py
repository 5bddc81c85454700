"""Vulnerabilities of other proxies and servers, each tried once here, but for those that are rows of ``rows.py``."""

import logging
import re

import pytest

from tests.gateway_credentials.worlds import signing
from tests.gateway_hostile.calls import BACKUP, CALLS, LINES
from tests.gateway_hostile.rows import post
from tests.peers.raw import reply, replying
from tests.peers.served import ask, calling, gateway, get, lines_of, status_of, value_of


@pytest.mark.parametrize("path", ["/x", f"{BACKUP}/restoreJobs"], ids=["passed", "retired"])
def test_content_is_framed_once(path):
    """GHSA-pf96-p4fj-6566: content that came in chunks leaves framed in one way, with no trailers or extensions."""
    content = CALLS["retired POST"].partition(b"\r\n\r\n")[2]
    framed = b"%x;a=b\r\n%b\r\n0;c\r\nX-Trailer: s3cret\r\n\r\n" % (len(content), content)
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, post(*LINES, "Transfer-Encoding: chunked", "Trailer: X-Trailer", content=framed, target=path))
        (head,) = upstream.heads
    framings = [name for name, _ in lines_of(head) if name in {"content-length", "transfer-encoding", "trailer"}]
    assert framings == (["transfer-encoding"] if path == "/x" else ["content-length"])
    assert b"s3cret" not in head


@pytest.mark.parametrize(
    "lines",
    [
        ("Connection: close, Authorization", "Authorization: Bearer right"),
        ("Connection: close, X-Forwarded-For", "X-Forwarded-For: 127.0.0.1"),
        ("X-Original-URL: /admin", "X-Rewrite-URL: /admin", "X-Forwarded-Uri: /admin", "X-Forwarded-Host: evil.test"),
        ("User-Agent: kube-probe/1.29",),
        ("User-Agent: GoogleHC/1.0",),
    ],
    ids=["CVE-2022-31813", "CVE-2021-33197", "GHSA-7x63-xv5r-3p2x", "GHSA-5hvv-m4w4-gf6v", "GHSA-5hvv, another probe"],
)
def test_no_field_changes_who_may_call(lines):
    """Fields that other proxies believed, or let be stripped, open no door: who proves no key isn't let in."""
    with replying(reply()) as upstream, signing("verify", upstream.origin) as served:
        for path in ("/x", "/livez", "/readyz", "/metrics", f"{BACKUP}/snapshots"):
            with calling(served) as peer:
                host = served.url.removeprefix("http://")
                plain = [line for line in lines if "Bearer" not in line]
                peer.send(get(path, *plain, host=host))
                assert status_of(peer.message()[0]) in {400, 401}
        assert not upstream.heads


def test_authority_of_upstream_comes_from_the_options_only():
    """Host, X-Forwarded-Host and an absolute target of ours do not move the call elsewhere."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        own = served.url.removeprefix("http://")
        for request in (
            get("/x", host="evil.test"),
            get("/x", "X-Forwarded-Host: evil.test", "Forwarded: host=evil.test"),
            get(f"http://{own}/x", host="evil.test"),
        ):
            assert status_of(ask(served, request)[0]) == 200
        for head in upstream.heads:
            assert value_of(head, "Host") == upstream.origin.removeprefix("http://")
            assert b"evil.test" not in head


@pytest.mark.parametrize("text", ["%0d%0aforged", "%1b[31mred", "%e2%80%a8line"])
def test_logs_have_one_line_of_plain_text_each(text, caplog):
    """CVE-2020-7694 (uvicorn): what a caller writes forges no line and no colour in the log."""
    caplog.set_level(logging.DEBUG, "shim")
    with replying(reply(b"<html>")) as upstream, gateway(upstream.origin) as served:
        ask(served, get(f"{BACKUP}/snapshots?x={text}", *LINES, f"User-Agent: {text}"))
        ask(served, get(f"/a{text}/../b"))
    assert caplog.records
    for record in caplog.records:
        assert re.fullmatch(r"[\x20-\x7e]*", record.getMessage())


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x", "a\nb", "a\rb"])
def test_replies_are_not_split(value):
    """CVE-2020-7695 (uvicorn): neither names of a target nor upstream's fields add a line to a reply."""
    target = f"{BACKUP}/snapshots?x=%0d%0aSet-Cookie:%20x"
    answer = reply(b"{}", f"X-Odd: {value}", status="400 Bad Request")
    with replying(answer) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get(target, *LINES))
        head = peer.take(b"\r\n\r\n")
    names = [name for name, _ in lines_of(head)]
    assert ("set-cookie" in names) == ("\r\n" in value)  # a line of upstream's own is upstream's to send
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert b"\r" not in head.replace(b"\r\n", b"")


def test_redirects_and_their_credentials_stay_with_the_caller():
    """CVE-2026-44431 (urllib3), CVE-2018-18074 (requests): a redirect is not followed, nor the way round the shim."""
    answer = reply(b"", "Location: http://127.0.0.1:1/steal", status="302 Found")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        for name, status, location in (("GET", 302, "http://127.0.0.1:1/steal"), ("retired GET", 502, None)):
            head, _ = ask(served, CALLS[name].replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer s3cret\r\n\r\n", 1))
            assert (status_of(head), value_of(head, "Location")) == (status, location)
        assert len(upstream.heads) == 2


def test_ranges_are_upstreams():
    """CVE-2025-62727 (Starlette): thousands of ranges are handed on unread, and dropped where they mean nothing."""
    ranges = "Range: bytes=" + ",".join(f"{number}-" for number in range(3000))
    with replying(reply(b'{"results":[]}')) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, get("/x", ranges))[0]) == 200
        assert status_of(ask(served, get(f"{BACKUP}/snapshots", *LINES, ranges))[0]) == 200
        assert [value_of(head, "Range") is None for head in upstream.heads] == [False, True]
