"""Programs with Atlas' host built in work unchanged; all that they do with other hosts stays as it was."""

import os
import shutil
import sys

import pytest

from tests.run.conftest import CURL, FIELDS, URL

PYTHON = f"""
import http.client, urllib.request
request = urllib.request.Request({URL!r}, headers={FIELDS!r})
print(urllib.request.urlopen(request).status)
connection = http.client.HTTPSConnection("cloud.mongodb.com")
connection.request("GET", {URL.removeprefix("https://cloud.mongodb.com")!r}, headers={FIELDS!r})
print(connection.getresponse().status)
"""
NODE = f"""
const https = require('node:https');
const headers = {FIELDS!r};
fetch({URL!r}, {{headers}}).then((reply) => {{
  console.log(reply.status);
  https.get({URL!r}, {{headers}}, (answer) => {{ console.log(answer.statusCode); answer.resume(); }});
}});
"""
FOR_PERL = ", ".join(f"'{name}' => '{value}'" for name, value in FIELDS.items())
PERL = f"""
use HTTP::Tiny;
my $reply = HTTP::Tiny->new(verify_SSL => 1)->get('{URL}', {{headers => {{{FOR_PERL}}}}});
print "$reply->{{status}}\\n";
"""
WGET = ("wget", "-q", "-O", "/dev/null", *(f"--header={name}: {value}" for name, value in FIELDS.items()), URL)


def test_curl(runs):
    """With nothing but its name: the proxy and the trust come by variables."""
    done = runs(*CURL, "-w", "%{http_code}", "-o", os.devnull, URL)
    assert (done.stdout, done.stderr, done.returncode) == ("200", "", 0)


@pytest.mark.parametrize(
    ("program", "answers"),
    [(("wget", *WGET[1:]), 0), (("node", "-e", NODE), 2), (("perl", "-MIO::Socket::SSL", "-e", PERL), 1)],
)
def test_programs_of_other_languages(runs, program, answers):
    """Each finds the gateway by the variables of its own runtime."""
    if shutil.which(program[0]) is None:
        pytest.skip(f"this machine has no {program[0]}")
    done = runs(*program)
    if "IO/Socket/SSL.pm" in done.stderr:
        pytest.skip("this Perl has no TLS")
    assert (done.stdout.split(), done.returncode) == (["200"] * answers, 0), done.stderr


def test_a_python_that_lacks_the_shim(runs):
    """Even where it reads no proxy: its sitecustomize leads it."""
    done = runs(sys.executable, "-c", PYTHON)
    assert (done.stdout.split(), done.stderr) == (["200", "200"], "")


def test_a_shell_script_and_what_it_starts(runs, atlas):
    """Children of children are served, and a base URL that names Atlas leads to the gateway, with its path."""
    inner = f"curl -sS -o {os.devnull} -w '%{{http_code}} ' -H 'Authorization: {FIELDS['Authorization']}' "
    base = "${MONGODB_ATLAS_BASE_URL}groups"
    script = f"{inner} {URL}; sh -c \"{inner} '{URL}'\"; echo {base}"
    done = runs("sh", "-c", script, MONGODB_ATLAS_BASE_URL="https://cloud.mongodb.com/api/atlas/v1.0/")
    first, second, named = done.stdout.split()
    assert (first, second) == ("200", "200")
    assert named.startswith("http://127.0.0.1:")
    assert named.endswith("/api/atlas/v1.0/groups")


def test_another_host_is_reached_through_the_proxy_that_was_set(runs, other, corporate, tmp_path):
    """Its TLS is not ended on the way: the program sees the certificate of a private authority that it trusts."""
    (tmp_path / "private.pem").write_bytes(other.pem)
    environ = {"https_proxy": corporate.url, "SSL_CERT_FILE": str(tmp_path / "private.pem")}
    done = runs("curl", "-sS", "https://other.example/x", NO_PROXY="127.0.0.1", **environ)
    assert (done.stdout, done.stderr) == ("other", "")
    assert corporate.asked == [("other.example:443", "Basic dXNlcjpzZWNyZXQ=")]


def test_no_proxy_is_obeyed_as_it_was_set(runs, other, corporate, tmp_path):
    """A host that it names is reached directly, and what it says of Atlas' own host is not the program's to follow."""
    (tmp_path / "private.pem").write_bytes(other.pem)
    environ = {
        "HTTPS_PROXY": corporate.url,
        "NO_PROXY": "127.0.0.1,.mongodb.com",
        "CURL_CA_BUNDLE": str(tmp_path / "private.pem"),
    }
    done = runs("curl", "-sS", f"https://127.0.0.1:{other.port}/x", **environ)
    assert (done.stdout, corporate.asked) == ("other", [])
    assert runs(*CURL, "-o", os.devnull, "-w", "%{http_code}", URL, **environ).stdout == "200"


def test_requests_in_the_clear_are_passed_on(runs, other, corporate):
    """One by one, with their content, directly or through the proxy that was set."""
    url = f"http://127.0.0.1.nip.invalid:{other.plain_port}/x"
    through = runs("curl", "-sS", url, http_proxy=corporate.url)
    assert (through.stdout, corporate.asked) == ("through", [(url, "Basic dXNlcjpzZWNyZXQ=")])
    here = f"http://localhost:{other.plain_port}"
    chunked = ("-H", "Transfer-Encoding: chunked", f"{here}/b")
    sent = runs("curl", "-sS", "--noproxy", "-", "-d", "abc", f"{here}/a", *chunked)
    assert sent.stdout == "otherother"
    assert [arrival.body for arrival in other.fake.arrivals] == [b"abc", b"abc"]


def test_a_host_that_is_not_there_is_a_502(runs):
    """The program hears why, as from any proxy."""
    done = runs("curl", "-sS", "https://nowhere.invalid/")
    assert done.returncode == 56
    assert "502" in done.stderr
