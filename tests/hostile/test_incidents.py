"""Vulnerabilities of other proxies and servers, one test each; more are rows of ``rows.py``."""

import logging
import re

import pytest

from tests.gateway.credentials.worlds import signing
from tests.hostile.calls import BACKUP, CALLS, LINES
from tests.peers.raw import reply, replying
from tests.peers.served import ask, calling, gateway, get, status_of, value_of


@pytest.mark.parametrize(
    "lines",
    [
        ("Connection: close, Authorization", "Authorization: Bearer right"),
        ("Connection: close, X-Forwarded-For", "X-Forwarded-For: 127.0.0.1"),
        (
            "X-Original-URL: /admin",
            "X-Rewrite-URL: /admin",
            "X-Forwarded-Uri: /admin",
            "X-Forwarded-Host: evil.test",
        ),
        ("User-Agent: kube-probe/1.29",),
        ("User-Agent: GoogleHC/1.0",),
    ],
    ids=[
        "CVE-2022-31813",
        "CVE-2021-33197",
        "GHSA-7x63-xv5r-3p2x",
        "GHSA-5hvv-m4w4-gf6v",
        "GHSA-5hvv, another probe",
    ],
)
def test_no_field_grants_access(lines):
    """Fields that other proxies trusted, or removed on a client's request, don't replace a valid key."""
    with replying(reply()) as upstream, signing("verify", upstream.origin) as served:
        for path in ("/x", "/livez", "/readyz", "/metrics", f"{BACKUP}/snapshots"):
            with calling(served) as peer:
                host = served.url.removeprefix("http://")
                plain = [line for line in lines if "Bearer" not in line]
                peer.send(get(path, *plain, host=host))
                assert status_of(peer.message()[0]) in {400, 401}
        assert not upstream.heads


@pytest.mark.parametrize("text", ["%0d%0aforged", "%1b[31mred", "%e2%80%a8line"])
def test_log_lines_are_plain_text(text, caplog):
    """CVE-2020-7694 (uvicorn): a caller can't forge a line or a color in the log."""
    caplog.set_level(logging.DEBUG, "shim")
    with replying(reply(b"<html>")) as upstream, gateway(upstream.origin) as served:
        ask(served, get(f"{BACKUP}/snapshots?x={text}", *LINES, f"User-Agent: {text}"))
        ask(served, get(f"/a{text}/../b"))
    assert caplog.records
    for record in caplog.records:
        assert re.fullmatch(r"[\x20-\x7e]*", record.getMessage())


def test_redirects_are_left_to_the_caller():
    """CVE-2026-44431 (urllib3), CVE-2018-18074 (requests): the gateway doesn't follow them, so no credentials leak."""
    answer = reply(b"", "Location: http://127.0.0.1:1/steal", status="302 Found")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        for name, status, location in (
            ("GET", 302, "http://127.0.0.1:1/steal"),
            ("retired GET", 502, None),
        ):
            head, _ = ask(
                served,
                CALLS[name].replace(
                    b"\r\n\r\n", b"\r\nAuthorization: Bearer s3cret\r\n\r\n", 1
                ),
            )
            assert status_of(head) == status
            assert value_of(head, "Location") == location
        assert len(upstream.heads) == 2
