"""The program that was started is the process; with Atlas' host built in it works, and all else stays as it was."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.peers.raw import until
from tests.run.conftest import CURL, FIELDS, URL

CODE = (*CURL, "-o", os.devnull, "-w", "%{http_code}", URL)


def beside(folders):
    """Return the processes of a run's own, by the folder for temporary files that they were given."""
    own = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            environ, command = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
            if f"TMPDIR={folders}".encode() in environ and b"\0run\0" in command:
                own.append(int(process.name))
    return own


def test_the_exit_code_and_signals_are_the_programs(runs):
    """It is executed in the command's place, so its parent sees how it ended."""
    assert runs("sh", "-c", "exit 7").returncode == 7
    assert runs("sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM
    assert runs("nonsense-that-is-missing").returncode == 127


def test_nothing_is_left(runs, folders):
    """No folder and no process, once the program has ended."""
    assert runs(*CODE).stdout == "200"
    until(lambda: not beside(folders) and not list(folders.iterdir()), "nothing is left")


def test_no_key_is_on_disk_or_in_the_environment(runs, folders):
    """The folder is the user's own, and holds certificates alone."""
    script = f"ls -ld {folders}/*; grep -rl 'PRIVATE KEY' {folders}; env"
    done = runs("sh", "-c", script)
    first, rest = done.stdout.split("\n", 1)
    assert first.startswith("drwx------")
    assert "PRIVATE KEY" not in rest


def test_a_child_that_outlives_the_program_is_served(runs, folders):
    """Until it has ended, too; the program's own end is not held up by it."""
    inner = "sleep 1; " + " ".join(f"'{word}'" for word in CODE)
    done = runs("sh", "-c", f"({inner}) > {folders.parent}/code 2>&1 &")
    assert done.returncode == 0
    until(lambda: (folders.parent / "code").read_text() == "200", "its answer")
    until(lambda: not list(folders.iterdir()), "no folder is left")


def test_a_gateway_that_is_killed_is_started_again(runs, folders):
    """The next connections are served, to Atlas and to other hosts."""
    with runs.begin("sh", "-c", "echo up; read line; " + " ".join(f"'{word}'" for word in CODE)) as program:
        assert program.stdout.readline() == "up\n"
        os.kill(max(beside(folders)), signal.SIGKILL)  # the keeper was there first
        out, _ = program.communicate("go\n", timeout=60)
    assert out == "200"


def test_a_program_that_is_killed_takes_all_with_it(runs, folders):
    """The processes beside it notice its end by themselves."""
    with runs.begin("sh", "-c", "echo up; exec sleep 60") as program:
        assert program.stdout.readline() == "up\n"
        program.kill()
    until(lambda: not list(folders.iterdir()), "no folder is left")


def test_a_program_that_does_not_trust_the_certificate_is_named(runs, other, tmp_path):
    """Once, with the way out."""
    (tmp_path / "private.pem").write_bytes(other.pem)
    done = runs("sh", "-c", f"for n in 1 2; do curl -s --cacert {tmp_path}/private.pem {URL}; done")
    said = [line for line in done.stderr.splitlines() if line.startswith("atlas-shim: ")]
    assert len(said) >= 1
    assert "does not trust this run's certificate" in said[0]


def test_the_report_counts(runs):
    """At the end, on standard error; or it says that none came, and why that may be."""
    served = runs(*CODE, options=["--report"])
    assert (served.stdout, served.stderr) == ("200", "atlas-shim: 1 calls to Atlas, 1 of them retired\n")
    none = runs("sh", "-c", "exit 3", options=["--report"])
    assert none.returncode == 3
    assert "no call to Atlas was seen" in none.stderr


def test_show_prints_variables_alone(runs):
    """One a line; the program is not started."""
    done = runs("sh", "-c", "echo started", options=["--show"])
    lines = done.stdout.splitlines()
    assert "started" not in done.stdout
    assert all(re.match(r"\w+=", line) for line in lines)
    assert any(line.startswith("SSL_CERT_FILE=") for line in lines)


def test_wrong_settings_stop_the_start(runs):
    """Before the program runs, with the variable's name."""
    done = runs("sh", "-c", "echo started", ATLAS_SHIM_ROUTE="flexx")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ATLAS_SHIM_ROUTE" in done.stderr


def test_a_proxy_that_cant_be_passed_on_is_named(runs):
    """Other hosts would else be reached by another way than before, or not at all."""
    done = runs("sh", "-c", "echo started", ALL_PROXY="socks5://127.0.0.1:1080")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ALL_PROXY" in done.stderr


def test_another_users_process_gets_no_answer(runs):
    """The proxy would lend it the user's own proxy, and its password."""
    if os.getuid() or subprocess.run(["setpriv", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("only root can be somebody else, by setpriv")
    script = f"setpriv --reuid 65534 --clear-groups curl -sS {URL}; echo $?"
    assert runs("sh", "-c", script).stdout.split()[-1] != "0"


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


LED = f"""
import http.client, subprocess, urllib.request
import requests
url, fields = {URL!r}, {FIELDS!r}
print(requests.get(url, headers=fields).status_code)
print(urllib.request.urlopen(urllib.request.Request(url, headers=fields)).status)
connection = http.client.HTTPSConnection("cloud.mongodb.com")
connection.request("GET", url.partition(".com")[2], headers=fields)
print(connection.getresponse().status)
print(subprocess.run({[*CODE]!r}, capture_output=True, text=True).stdout)
"""


def test_an_upstream_that_is_set_holds_for_a_python_and_what_it_starts(runs, tmp_path):
    """The drop-in leads its libraries there, and the gateway all else: nothing reaches Atlas itself."""
    (tmp_path / "program.py").write_text(LED)
    done = runs(sys.executable, tmp_path / "program.py", options=("--via", "auto"), ATLAS_SHIM_WARNINGS="off")
    assert (done.returncode, done.stdout.split()) == (0, ["200"] * 4), done.stderr
