"""Validation of options and requests."""

import logging
from datetime import UTC, datetime

import pytest

from shim.core.settings import RouteWord
from shim.errors import SettingsError
from shim.gateway.option_values import Address
from shim.gateway.plan import PlanSource, read_options
from tests.gateway.test_translating import EMPTY, V1
from tests.peers.raw import reply, replying
from tests.peers.served import ask, calling, cross, gateway, get, status_of, value_of


def test_a_base_url_with_a_trailing_slash_is_explained():
    """Joined with a path it has two slashes; the response names the cause."""
    assert (
        "give the base URL without a slash at its end"
        in cross(get("//api/atlas/v2/groups")).json["detail"]
    )


def test_an_absolute_target_is_accepted():
    """It must name the gateway itself (RFC 9112, 3.2.2)."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        for target in (f"{served.url}/x?y", served.url):
            assert ask(served, get(target))[1] == b"hi"
        assert [head.split(b" ")[1] for head in upstream.heads] == [b"/x?y", b"/"]


@pytest.mark.parametrize("via", ["1.1 {}", "1.0 fred, 1.1 {} (x)", "HTTP/1.1 {}"])
def test_a_loop_is_detected(via):
    """A call that returns to the gateway gets 508, however another proxy writes Via."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, get("/x"))
        own = (value_of(upstream.heads.pop(), "Via") or "").partition(" ")[2]
        head, _ = ask(served, get("/x", f"Via: {via.format(own.upper())}"))
        assert b" 508 " in head
        assert "proxy_loop_detected" in (value_of(head, "Proxy-Status") or "")
        assert not upstream.heads


@pytest.mark.parametrize("path", ["/x", V1])
def test_gateways_can_be_chained(path):
    """A call may pass two gateways, whatever the names."""
    with (
        replying(reply(EMPTY)) as upstream,
        gateway(upstream.origin) as last,
        gateway(last.url) as first,
    ):
        head, content = ask(first, get(path, "Authorization: Bearer t"))
        assert status_of(head) == 200
        assert b"SHIM_" not in content
        assert len(upstream.heads) == 1


def test_other_entries_in_via_are_kept():
    """Another gateway's too; this gateway's entry comes last."""
    sent = cross(get("/x", "Via: 1.0 atlas-shim, 1.1 b")).sent
    assert b"Via: 1.0 atlas-shim, 1.1 b\r\nVia: 1.1 atlas-shim-" in sent


@pytest.mark.parametrize(("request_bytes", "status"), [
    (b"GET /x HTTP/1.1\r\nHost: a\r\nX-Big: " + b"s3cret" * 10000 + b"\r\n\r\n", b"431"),
    (b"GET /" + b"s3cret" * 10000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"414"),
    (b"GET /x HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer s3cret\r\n\r\n", b"400"), (b"s3cret\r\n\r\n", b"400"),
], ids=["field", "target", "credential", "nonsense"])  # fmt: skip
def test_unreadable_input_is_not_quoted(request_bytes, status, caplog):
    """Neither in the log nor in the response, because it may be a credential."""
    caplog.set_level(logging.DEBUG)
    with gateway("http://127.0.0.1:1") as served, calling(served) as peer:
        peer.send(request_bytes)
        head, content = peer.message()
        assert not peer.rest()
    assert head.split(b" ")[1] == status
    assert "s3cret" not in caplog.text + content.decode()
    assert not any(record.exc_info for record in caplog.records)


def test_a_defect_is_a_500_and_a_log_line(monkeypatch, caplog):
    """The caller gets no details, and the log a traceback."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret thought")

    monkeypatch.setattr("shim.gateway.call.check", broken)
    crossed = cross(get("/x"))
    assert crossed.status == 500
    assert crossed.json["errorCode"] == "SHIM_INTERNAL_ERROR"
    assert b"secret" not in crossed.head + crossed.content
    assert "a secret thought" in caplog.text
    assert value_of(crossed.head, "Connection") == "close"


@pytest.mark.parametrize("path", [V1, "/api/atlas/v2/groups"])
def test_a_translated_query_has_a_limited_number_of_parameters(path):
    """Decoding thousands would block other calls. Queries that pass are not decoded."""
    crossed = cross(get(f"{path}?a{'&a' * 7900}", "Authorization: Bearer t"))
    assert (crossed.status, len(crossed.upstream.heads)) == (
        (414, 0) if path == V1 else (200, 1)
    )


@pytest.mark.parametrize(
    "target", ["/tools/atlas{}", "{}", "http://tools.test/tools/atlas{}"]
)
def test_a_base_path_is_removed(target):
    """Callers may use the public URL's path, and links contain it; a proxy may also remove it."""
    answer = reply(b'{"links":[],"results":[{"id":"a"}],"totalCount":1}')
    with (
        replying(answer) as upstream,
        gateway(upstream.origin, public_url="http://tools.test/tools/atlas") as served,
    ):
        for path in (V1, "/api/atlas/v2/groups?pageNum=1"):
            request = get(
                target.format(path), "Authorization: Bearer t", host="tools.test"
            )
            head, content = ask(served, request)
            assert status_of(head) == 200
        assert upstream.heads[-1].split(b" ")[1] == b"/api/atlas/v2/groups?pageNum=1"
        _, content = ask(
            served, get(target.format(V1), "Authorization: Bearer t", host="tools.test")
        )
    assert f"http://tools.test/tools/atlas{V1}".encode() in content


def test_a_signature_with_the_base_path_is_not_sent():
    """Atlas gets a path without it, and would refuse the signature without an explanation."""
    with (
        replying(reply()) as upstream,
        gateway(upstream.origin, public_url="http://tools.test/atlas") as served,
    ):
        path = "/atlas/api/atlas/v2/groups"
        signed = f'Authorization: Digest username="u", realm="r", nonce="n", uri="{path}", response="x"'
        head, content = ask(served, get(path, signed, host="tools.test"))
        assert status_of(head) == 403
        assert b"SHIM_DIGEST_CANNOT_CROSS" in content
        assert not upstream.heads


@pytest.mark.parametrize(
    "path", [V1, "/api/public/v1.0/groups", "/api/atlas/v2/groups"]
)
def test_an_unknown_base_path_is_explained(path):
    """The response includes the fix."""
    crossed = cross(get(f"/tools{path}"))
    assert crossed.status == 404
    assert crossed.json["errorCode"] == "SHIM_BASE_PATH_UNKNOWN"
    assert "/tools" in crossed.json["detail"]
    assert "--public-url" in crossed.json["detail"]
    assert not crossed.upstream.heads


def test_flag_beats_environment_beats_file():
    """The value closest to the command wins."""
    file = {"route": "legacy", "drain": 3, "deadline": 7}
    environ = {
        "ATLAS_SHIM_ROUTE": "flex",
        "ATLAS_SHIM_DRAIN": "2",
        "ATLAS_SHIM_DEADLINE": "",
    }
    options = read_options(environ, flags={"route": "off", "drain": None}, file=file)
    assert options.route == RouteWord.OFF
    assert options.drain == 2.0
    assert options.deadline == 7.0


def test_a_file_may_use_tomls_types(tmp_path):
    """Booleans for switches, arrays for lists, a table for dates."""
    file = tmp_path / "shim.toml"
    file.write_text(
        'proxy-protocol = true\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n[sunset]\nsnapshots = 2026-02-01\n'
    )
    options = PlanSource({}, {}, file).read().options
    assert options.proxy_protocol
    assert list(map(str, options.trusted_proxies)) == ["10.0.0.0/8", "::1/128"]
    assert f"{options.sunset['snapshots']:%Y-%m-%d}" == "2026-02-01"


@pytest.mark.parametrize(("name", "text", "wanted"), [
    ("listen", "127.0.0.1:1", Address("127.0.0.1", 1)), ("listen", ":0", Address("127.0.0.1", 0)),
    ("listen", "[::1]:8480", Address("::1", 8480)), ("listen", "localhost:80", Address("localhost", 80)),
    ("admin", "off", None), ("public_url", "https://Tools.test/", "https://tools.test"),
    ("public_url", "https://tools.test:8443/atlas/", "https://tools.test:8443/atlas"),
    ("public_url", "http://tools.test/a/b.c", "http://tools.test/a/b.c"), ("public_url", "", None),
    ("drain", "15", 15), ("drain", "15s", 15), ("drain", "1.5m", 90), ("drain", "500ms", 0.5), ("drain", "1 h", 3600),
    ("memory", "1024", 1024), ("memory", "64MiB", 1 << 26), ("memory", "1 GiB", 1 << 30), ("memory", "2Ki", 2048),
])  # fmt: skip
def test_values_are_parsed(name, text, wanted):
    """An address has an optional host and a port; a public URL may have a path; amounts have units."""
    assert getattr(read_options({}, flags={name: text}), name) == wanted


@pytest.mark.parametrize(("name", "text"), [
    *(("listen", text) for text in ("", "localhost", "8480", "a:b", "a:99999", "a:1/x", "me@a:1", "[::1:2")),
    *(("public_url", f"https://a{text}") for text in ("/b?c", "/b#c", "/../b", "/b//c", "/b c", "/%62", "@b/c")),
    *(("deadline", text) for text in ("0", "-1", "nan", "inf", "x", "", "s", "5M", "1 hour", "0s", "1e999")),
    *(("memory", text) for text in ("0", "-1MiB", "1.5MiB", "64MB", "64 mib", "inf", "MiB")),
])  # fmt: skip
def test_invalid_addresses_and_amounts_are_refused(name, text):
    """No port, an infinite or missing amount, or unknown units."""
    with pytest.raises(SettingsError, match=f"--{name.replace('_', '-')}"):
        read_options({}, flags={name: text})


def test_the_core_gets_its_options():
    """Route, dates, limits, and upstream as the only origin."""
    options = read_options(
        {
            "ATLAS_SHIM_UPSTREAM": "http://127.0.0.1:1",
            "ATLAS_SHIM_SUNSET": "snapshots=2026-02-01",
            "ATLAS_SHIM_BODY_LIMIT": "9",
            "ATLAS_SHIM_DEADLINE": "1.5",
        }
    )
    settings = options.settings()
    assert settings.origins == {"http://127.0.0.1:1"}
    assert settings.sunsets == {"snapshots": datetime(2026, 2, 1, tzinfo=UTC)}
    assert settings.page_cap == 20
    assert settings.body_limit == 9
    assert settings.deadline == 1.5
