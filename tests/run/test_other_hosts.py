"""Calls to other hosts are the same with and without a run."""

import json
import os
import shutil
from pathlib import Path

import pytest

from shim.fake import FakeReply
from shim.run.variables import Run, environment_of
from tests.docs.pages import DOCS
from tests.run.grid import BARE, FIELDS, HOST, OTHERS, URL, table_of_other_hosts

DRIVER = """
import json, subprocess, sys
for name, command in json.loads(sys.argv[1]).items():
    done = subprocess.run(command, capture_output=True, text=True)
    print(json.dumps([name, done.stdout, done.stderr, done.returncode]))
"""
ROOTS = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
# Wget reads only the lower-case variable.
PROXIES = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "http_proxy"), "{corporate}")
SETTINGS = {
    "nothing": {},
    "roots": dict.fromkeys(ROOTS, "{ca}"),
    "a proxy with a password": PROXIES,
    "NO_PROXY": {
        **PROXIES,
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.2,.mongodb.com"),
    },
}


DAILY = [("nothing", [*OTHERS][::2]), ("a proxy with a password", [*OTHERS][1::2])]


@pytest.mark.parametrize(
    ("settings", "programs"),
    [
        *DAILY,
        *(pytest.param(name, [*OTHERS], marks=pytest.mark.slow) for name in SETTINGS),
    ],
)
def test_other_hosts_see_no_difference(
    runs, other, corporate, tmp_path, settings, programs
):
    """Each program's output, errors and exit code are the same, and so are the requests to its proxy."""
    names = {
        "ca": str(tmp_path / "private.pem"),
        "url": f"https://127.0.0.2:{other.port}/x",
    }
    names |= {
        "plain": f"http://127.0.0.2:{other.plain_port}/x",
        "corporate": corporate.url,
    }

    def filled(text):
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    commands = {
        name: [*map(filled, row)]
        for name in programs
        if shutil.which((row := OTHERS[name])[0])
    }
    environ = {name: filled(value) for name, value in SETTINGS[settings].items()}
    seen = []
    for way in (runs.plainly, runs):
        corporate.asked.clear()
        done = way(BARE, "-c", DRIVER, json.dumps(commands), **environ)
        seen.append(
            (
                [json.loads(line) for line in done.stdout.splitlines()],
                done.stderr,
                [*corporate.asked],
            )
        )
    for without, with_run in zip(seen[0][0], seen[1][0], strict=True):
        assert with_run == without
    assert seen[1][1] == seen[0][1]
    # git waits for a challenge before it sends the password, and the run does not: it
    # may send one request more, or one less.
    asked = [{one for one in way[2] if one[1] is not None} for way in seen]
    assert asked[1] == asked[0]


def test_the_page_has_the_table():
    """It is the output of ``python -m tests.run.grid``."""
    assert table_of_other_hosts() in (DOCS / "how-to" / "hard-coded-host.md").read_text(
        "utf-8"
    )


def environment(folder, **environ):
    """Return the variables of a program."""
    origins = (f"https://{HOST}", "http://127.0.0.1:9")
    return environment_of(
        Run(HOST, origins, drop_in=False, guarded=False, folder=folder, port=7), environ
    )


@pytest.mark.parametrize(
    ("entry", "stays"),
    [("ongodb.com", True), (".mongodb.com", False), ("*", False), ("x", True)],
)
def test_no_proxy_loses_only_atlas_s_names(monkeypatch, tmp_path, entry, stays):
    """Calls to Atlas must go through the run. ``b.com`` matches ``a.b.com`` and not ``ab.com``."""
    monkeypatch.setenv("NO_PROXY", entry)
    shown = environment(tmp_path)
    assert (entry in shown["no_proxy"].split(",")) == stays
    assert shown["no_proxy"] == shown["NO_PROXY"]


def test_options_of_java_are_extended(tmp_path):
    """The user's own come last, so they have priority."""
    options = environment(tmp_path, JAVA_TOOL_OPTIONS="-Dmine=1")["JAVA_TOOL_OPTIONS"]
    assert options.startswith("-Dhttps.proxyHost=127.0.0.1 ")
    assert options.endswith(" -Dmine=1")


def test_a_wgetrc_is_extended(tmp_path):
    """Only the user can read the copy, since it may contain passwords."""
    (tmp_path / "mine").write_text("password = secret")
    copy = Path(environment(tmp_path, WGETRC=str(tmp_path / "mine"))["WGETRC"])
    assert copy.read_text().startswith("password = secret\nca_certificate = ")
    assert copy.stat().st_mode & 0o777 == 0o600


RAW = """
import os, socket, sys
for head in sys.argv[1:]:
    with socket.create_connection(("127.0.0.1", int(os.environ["HTTPS_PROXY"].rpartition(":")[2]))) as connection:
        connection.sendall(head.replace("|", "\\r\\n").encode())
        answer = b""
        try:
            while piece := connection.recv(999):
                answer += piece
        except OSError:  # what it has not read is reset
            pass
    ends = answer.count(b"\\r\\nConnection: close\\r\\n") + answer.count(b"keep-alive")
    print(answer.split(b" ")[1].decode(), ends, answer.rpartition(b"\\r\\n\\r\\n")[2][:5])
"""


def raw(start, *heads, **environ):
    """Send heads to a run's proxy; return the status, the connection's end and the content of each reply."""
    return start(BARE, "-c", RAW, *heads, **environ).stdout.splitlines()


def test_a_proxy_s_own_fields_are_removed(shared, other):
    """Connection, Keep-Alive and every Proxy- field are hop-by-hop between program and run (RFC 9110, 7.6.1)."""
    url = f"http://127.0.0.2:{other.plain_port}/x"
    head = f"GET {url} HTTP/1.1|Host: 127.0.0.2|Proxy-Authorization: Basic eA==|Proxy-Connection: keep-alive|X-Own: 1"
    assert raw(shared, f"{head}|Connection: keep-alive|Keep-Alive: 5||") == [
        "200 1 b'other'"
    ]
    (arrival,) = other.fake.arrivals
    names = {name.lower(): value for name, value in arrival.headers}
    assert names["x-own"] == "1"
    assert names["connection"] == "close"
    assert not names.keys() & {"proxy-authorization", "proxy-connection", "keep-alive"}


def test_the_other_host_judges_a_head(shared, other):
    """Methods and bytes that the gateway refuses are passed on."""
    head = f"LABEL_IT http://127.0.0.2:{other.plain_port}/\u00fc HTTP/1.1|Host: 127.0.0.2|X-Own: \u00fc||"
    assert raw(shared, head) == ["200 1 b'other'"]
    assert [(one.method, one.target) for one in other.fake.arrivals] == [
        ("LABEL_IT", "/\u00c3\u00bc")
    ]


def test_a_slow_reader_gets_the_whole_reply(shared, other):
    """Only another user's connection is reset on close."""
    other.fake.overrides[:] = [lambda _: FakeReply(200, (), bytes(3_000_000))]
    slowly = (
        "curl",
        "-s",
        "--limit-rate",
        "20M",
        "-o",
        "/dev/null",
        "-w",
        "%{size_download}",
    )
    assert shared(*slowly, f"http://127.0.0.2:{other.plain_port}/x").stdout == "3000000"


def test_a_request_of_unclear_length_is_refused(shared, other):
    """Otherwise a second request behind it would go to the first one's host."""
    start = f"POST http://127.0.0.2:{other.plain_port}/x HTTP/1.1|Host: a|"
    second = "|GET /second HTTP/1.1|Host: b||"
    unclear = [
        "Content-Length: -5|",
        "Content-Length: 1|Content-Length: 2|",
        "Content-Length: 1|Transfer-Encoding: chunked|",
    ]
    clear = [
        "Content-Length: 0|",
        "Transfer-Encoding: chunked||0|",
        "Content-Length: 5||hello",
    ]
    answers = raw(shared, *(start + lengths + second for lengths in (*unclear, *clear)))
    assert [answer[:5] for answer in answers] == ["400 1"] * 3 + ["200 1"] * 3
    assert [arrival.target for arrival in other.fake.arrivals] == ["/x"] * 3


def test_an_invalid_proxy_request_is_refused(shared):
    """Examples are a path, another scheme, and a tunnel without a port."""
    heads = [
        f"{line} HTTP/1.1||"
        for line in ("GET /x", "GET ftp://127.0.0.2/x", "CONNECT cloud.mongodb.com")
    ]
    assert [answer[:5] for answer in raw(shared, *heads)] == ["400 1"] * 3


def test_a_proxy_request_may_have_an_https_url(runs, shared, other, tmp_path):
    """Axios and needle send one: the gateway serves Atlas, and another host's certificate is verified here."""
    fields = "|".join(f"{name}: {value}" for name, value in FIELDS.items())
    atlas = f"GET {URL} HTTP/1.1|Host: cloud.mongodb.com|{fields}||"
    elsewhere = f"https://127.0.0.2:{other.port}/x"
    head = f"GET {elsewhere} HTTP/1.1|Host: 127.0.0.2||"
    assert [line[:5] for line in raw(shared, atlas, head)] == ["200 1", "502 1"]
    # The files in a run's variables may be relative to its folder.
    private = os.path.relpath(tmp_path / "private.pem")
    assert raw(runs, head, SSL_CERT_FILE=private) == ["200 1 b'other'"]
