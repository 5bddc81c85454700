"""Raw requests, each with its only correct reply or with the bytes that upstream must receive."""

from collections.abc import Iterator

import attrs

from tests.peers.served import get

GROUP = "6510aa1b2c3d4e5f60718293"
SNAPSHOTS = f"/api/atlas/v2/groups/{GROUP}/serverless/orders/backup/snapshots"
RESTORES = f"/api/atlas/v1.0/groups/{GROUP}/serverless/orders/backup/restoreJobs"


@attrs.frozen
class Refused:
    """A request that the gateway itself replies to, after which the connection ends."""

    name: str
    request: bytes
    status: int = 400


@attrs.frozen
class Passed:
    """A request that is passed on, as ``start`` and ``content``."""

    name: str
    request: bytes
    start: str = "GET /x HTTP/1.1"
    content: bytes = b""


def post(*lines: str, content: bytes = b"", target: str = "/x") -> bytes:
    """Return a POST with these field lines and this content, both unchecked."""
    return get(target, *lines, method="POST") + content


def chunked(content: bytes) -> bytes:
    """Return a POST whose content is framed by hand."""
    return post("Transfer-Encoding: chunked", content=content)


def bare(text: str) -> bytes:
    """Return exactly these bytes."""
    return text.encode("latin-1")


def first(start: str) -> bytes:
    """Return a request with this first line."""
    return bare(f"{start}\r\nHost: shim.test\r\n\r\n")


def target(path: str) -> bytes:
    """Return a GET of this target."""
    return first(f"GET {path} HTTP/1.1")


HELLO = b"hello"
ONE = b"1\r\na\r\n0\r\n\r\n"
LONG = 70_000
CHUNKED = "Transfer-Encoding: chunked"
SMUGGLED = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: shim.test\r\n\r\n"


def framing() -> Iterator[Refused]:
    """Content whose end two parsers could find in different places (RFC 9112, 6 and 7)."""
    yield Refused(
        "CL.TE",
        post("Content-Length: 6", "Transfer-Encoding: chunked", content=SMUGGLED),
    )
    yield Refused(
        "TE.CL",
        post("Transfer-Encoding: chunked", "Content-Length: 4", content=SMUGGLED),
    )
    for coding in (
        "xchunked",
        "chunked, identity",
        "identity",
        "gzip, chunked",
        "chunked, chunked",
        "chunked;x=1",
    ):
        yield Refused(
            f"TE {coding}", post(f"Transfer-Encoding: {coding}", content=SMUGGLED)
        )
    for coding in ("\x0bchunked", '"chunked"', "", "chunked\x00"):
        yield Refused(
            f"TE {coding!r}", post(f"Transfer-Encoding: {coding}", content=SMUGGLED)
        )
    yield Refused(
        "TE twice",
        post(
            "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", content=SMUGGLED
        ),
    )
    yield Refused(
        "TE x and chunked",
        post("Transfer-Encoding: x", "Transfer-Encoding: chunked", content=SMUGGLED),
    )
    yield Refused(
        "TE space before colon", post("Transfer-Encoding : chunked", content=SMUGGLED)
    )
    yield Refused("TE folded", post("Transfer-Encoding:\r\n chunked", content=SMUGGLED))
    old = first("POST /x HTTP/1.0").replace(
        b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    yield Refused("TE in HTTP/1.0", old + SMUGGLED)
    for length in (
        "5, 5",
        "5,6",
        "+5",
        "-5",
        "0x5",
        "",
        "5 5",
        "5_0",
        "\u0665".encode().decode("latin-1"),
        "9" * 30,
    ):
        yield Refused(
            f"CL {length!r}", post(f"Content-Length: {length}", content=HELLO)
        )
    yield Refused(
        "CL twice", post("Content-Length: 5", "Content-Length: 5", content=HELLO)
    )
    yield Refused(
        "CL twice and not the same",
        post("Content-Length: 5", "Content-Length: 50", content=HELLO),
    )
    yield Refused("CL space before colon", post("Content-Length : 5", content=HELLO))
    yield Refused(
        "CL beyond counting",
        post("Content-Length: 9223372036854775808", content=HELLO),
        413,
    )


def chunks() -> Iterator[Refused]:
    """Chunks that violate RFC 9112, 7.1."""
    yield Refused("XX after chunk data", chunked(b"1\r\naXX0\r\n\r\n"))
    for size in ("zz", "-1", "+1", "0x1", "1_0", " 1", "1 ", "", "f" * 17, "1\x00"):
        yield Refused(
            f"chunk size {size!r}", chunked(size.encode() + b"\r\na\r\n0\r\n\r\n")
        )
    yield Refused("chunk extension with LF", chunked(b"1;x\na\r\n0\r\n\r\n"))
    yield Refused("chunk extension with CR", chunked(b"1;x\ry\r\na\r\n0\r\n\r\n"))
    yield Refused("chunk lines end with LF", chunked(b"1\na\n0\n\n"))
    yield Refused("chunk data ends with LF", chunked(b"1\r\na\n0\r\n\r\n"))
    yield Refused("chunk data too long", chunked(b"1\r\naa\r\n0\r\n\r\n"))
    for line in (
        "X T: 1",
        "no colon",
        "Content-Length: 9",
        "Transfer-Encoding: chunked",
    ):
        yield Refused(
            f"trailer {line!r}", chunked(b"1\r\na\r\n0\r\n%b\r\n\r\n" % line.encode())
        )
    yield Refused(
        "chunk extension too long", chunked(b"1;" + b"a" * LONG + b"\r\na\r\n0\r\n\r\n")
    )
    yield Refused(
        "chunk extensions too long",
        chunked((b"1;" + b"a" * 4000 + b"\r\na\r\n") * 256 + b"0\r\n\r\n"),
    )
    yield Refused(
        "zeros before a chunk's size", chunked(b"0" * LONG + b"1\r\na\r\n0\r\n\r\n")
    )
    yield Refused("trailer too long", chunked(b"0\r\nX: " + b"a" * LONG + b"\r\n\r\n"))
    yield Refused(
        "broken content of a retired call",
        post(CHUNKED, content=b"1\r\n{\r\nnonsense\r\n", target=RESTORES),
    )
    for path in ("/x", RESTORES):
        endless = post(
            "Transfer-Encoding: chunked",
            content=b"0\r\n" + b"X: a\r\n" * LONG,
            target=path,
        )
        yield Refused(f"trailers without an end to {path}", endless)


def fields() -> Iterator[Refused]:
    """Field lines that violate RFC 9112, 5, and RFC 9110, 5 and 7.2."""
    yield Refused("LF ends lines", b"GET /x HTTP/1.1\nHost: shim.test\n\n")
    yield Refused(
        "LF ends one line", b"GET /x HTTP/1.1\r\nHost: shim.test\nX: y\r\n\r\n"
    )
    yield Refused("LF ends the head", b"GET /x HTTP/1.1\r\nHost: shim.test\r\n\n")
    yield Refused("CR within a value", get("/x", "X: y\rz"))
    yield Refused("folded line", get("/x", "X: a\r\n b"))
    yield Refused("folded line with a tab", get("/x", "X: a\r\n\tb"))
    yield Refused("folded first line", b"GET /x HTTP/1.1\r\n Host: shim.test\r\n\r\n")
    for line in (
        "X : a",
        "X\t: a",
        ": a",
        "Xa",
        "X(a): a",
        "X\xe9: a",
        "X\x00: a",
        "X a: a",
    ):
        yield Refused(f"line {line!r}", get("/x", line))
    for value in ("a\x00b", "a\x01b", "a\x7fb", "caf\xe9"):
        yield Refused(f"value {value!r}", get("/x", f"X: {value}"))
    yield Refused("no Host", b"GET /x HTTP/1.1\r\n\r\n")
    yield Refused("two Hosts", get("/x", "Host: other.test"))
    yield Refused("two Hosts that are the same", get("/x", "Host: shim.test"))
    for host in (
        "",
        "a/?x=",
        "u@a",
        "a, b",
        "a b",
        "a:b",
        "a:1:2",
        "[::1",
        "a\\b",
        "a#b",
    ):
        yield Refused(f"Host {host!r}", get("/x", host=host))
    yield Refused("a line without an end", b"A" * LONG, 414)
    yield Refused("a field without an end", b"GET /x HTTP/1.1\r\n" + b"a" * LONG, 431)
    yield Refused(
        "too many fields", get("/x", *(f"X-{number}: 1" for number in range(128))), 431
    )
    yield Refused("one field too large", get("/x", "X: " + "a" * 32800), 431)
    yield Refused("a name too large", get("/x", "X" * 32800 + ": a"), 431)
    yield Refused(
        "all fields too large",
        get("/x", *(f"X-{number}: {'a' * 8000}" for number in range(9))),
        431,
    )


def starts() -> Iterator[Refused]:
    """First lines that are invalid for a gateway (RFC 9112, 3)."""
    for path in (
        "@evil/x",
        "x",
        "*",
        "?x",
        ".",
        "evil:80",
        "http:/x",
        "http:x",
        "",
        "/x y",
        "/x\x00",
        "/caf\xe9",
    ):
        yield Refused(f"target {path!r}", target(path))
    yield Refused("OPTIONS *", first("OPTIONS * HTTP/1.1"))
    for path in (
        "//evil/x", "//", "/a/../b", "/a/./b", "/..", "/a/.", "/a/%2e%2e/b", "/a/.%2E/b", "/a/%252e%252e/b",
        "/a/%25252E./b", "/a/%c0%ae%c0%ae/b", "/a/%e0%80%ae./b", "/user/..;a=b/c", "/a/%2e%2e;x/b", "/a/..%3bx/b",
        "/a\\b", "/a%5Cb", "/a%00b", "/a#fragment", "/a?b#fragment", SNAPSHOTS + "/%2e%2e/snapshots",
        *(SNAPSHOTS.replace(*how) for how in (("/backup", "%2Fbackup"), ("/snap", "%2fsnap"), ("/atlas", "%2Fatlas"))),
    ):  # fmt: skip
        yield Refused(f"path {path!r}", target(path))
    for where in (
        "http://evil.test", "http://shim.test", "http://u:p@shim.test", "https://shim.test", "ftp://shim.test", "http://",
    ):  # fmt: skip
        yield Refused(f"absolute {where + '/x'!r}", target(f"{where}/x"))
    yield Refused("target too long", target("/" + "x" * 17000), 414)
    for start in (
        "CONNECT evil.test:443 HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "TRACE /x HTTP/1.1",
    ):
        yield Refused(start, first(start), 405)
    for method in ("get", "trace", "connect", "FROB", "Get", "A" * 100):
        yield Refused(f"method {method[:10]}", first(f"{method} /x HTTP/1.1"), 501)
    yield Refused("method that is not a token", first("G(T /x HTTP/1.1"))
    for version in (
        "HTTP/1.2",
        "HTTP/9.9",
        "http/1.1",
        "HTTP/01.1",
        "HTTP/1.1 ",
        "HTTP/1",
        "FTP/1.1",
    ):
        yield Refused(f"version {version!r}", first(f"GET /x {version}"))
    yield Refused("HTTP/0.9", b"GET /x\r\n\r\n")
    yield Refused("HTTP/2.0 as a version", first("GET /x HTTP/2.0"), 505)
    yield Refused(
        "HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"
    )
    yield Refused(
        "TLS on a plain port",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 50 + b"\r\n\r\n",
    )


def hello(name: str, *lines: str, length: str = "5") -> Passed:
    """Return a POST of five bytes that is passed on, whatever these lines contain."""
    return Passed(
        name,
        post(*lines, f"Content-Length: {length}", content=HELLO),
        "POST /x HTTP/1.1",
        HELLO,
    )


REFUSED = (*framing(), *chunks(), *fields(), *starts())

TARGETS = [
    "/", "/api/atlas/v2/groups", "/x?", "/x?a=1&a=%20+;b=%C3%A9?c", "/%41%62c/~user/a;b=c/@me:1", "/a//b/",
    "/x?next=//evil/../%2e%2e%2f%00\\", "/api/atlas/v2/groups/g/databaseUsers/admin/CN%3Da%2Fb", "/.well-known/x",
]  # fmt: skip
METHODS = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "PROPFIND")
LARGEST = f"GET /{'x' * 8000} HTTP/1.1"
PASSED = (
    Passed("plain", get("/x")),
    Passed("HTTP/1.0", first("GET /x HTTP/1.0")),
    Passed("HTTP/1.0 without Host", b"GET /x HTTP/1.0\r\n\r\n"),
    Passed("empty lines before", b"\r\n\r\n" + get("/x")),
    Passed("content of a GET", get("/x", "Content-Length: 5") + HELLO, content=HELLO),
    hello("length with zeros", length="005"),
    Passed(
        "TE Chunked",
        post("Transfer-Encoding: Chunked", content=ONE),
        "POST /x HTTP/1.1",
        b"a",
    ),
    Passed(
        "TE after a tab",
        post("Transfer-Encoding:\tchunked", content=ONE),
        "POST /x HTTP/1.1",
        b"a",
    ),
    Passed(
        "chunk extension",
        chunked(b'1;a="b"\r\na\r\n0\r\n\r\n'),
        "POST /x HTTP/1.1",
        b"a",
    ),
    Passed(
        "trailer", chunked(b"1\r\na\r\n0\r\nX-T: 1\r\n\r\n"), "POST /x HTTP/1.1", b"a"
    ),
    hello("TE with an underscore", "Transfer_Encoding: chunked"),
    hello("CL with an underscore", "Content_Length: 1"),
    hello("expectation", "Expect: 100-continue"),
    hello("Connection names Content-Length", "Connection: Content-Length"),
    hello(
        "upgrade to h2c with content",
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AA",
    ),
    Passed(
        "upgrade to a websocket",
        get(
            "/x",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
        ),
    ),
    Passed(
        "dots that are no segment",
        target("/...%2e/a..b/.c"),
        "GET /...%2e/a..b/.c HTTP/1.1",
    ),
    Passed("encoded slash elsewhere", target("/a%2Fb"), "GET /a%2Fb HTTP/1.1"),
    Passed("encoded line break", target("/x%0d%0aX:y"), "GET /x%0d%0aX:y HTTP/1.1"),
    Passed(
        "query that isn't parsed",
        target("/x?a=%00&b=%zz&;&a"),
        "GET /x?a=%00&b=%zz&;&a HTTP/1.1",
    ),
    *(
        Passed(f"target {path}", target(path), f"GET {path} HTTP/1.1")
        for path in TARGETS
    ),
    *(
        Passed(
            one,
            get("/x", "Content-Length: 5", method=one) + HELLO,
            f"{one} /x HTTP/1.1",
            HELLO,
        )
        for one in METHODS
    ),
    Passed("UTF-8 in a value", get("/x")[:-2] + "X: café\r\n\r\n".encode()),
    Passed(
        "as many fields as allowed",
        get("/x", *(f"X-{number}: 1" for number in range(127))),
    ),
    Passed(
        "largest head",
        get(f"/{'x' * 8000}", *(f"X-{n}: {'a' * 480}" for n in range(100))),
        LARGEST,
    ),
)
