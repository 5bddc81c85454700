"""``atlas-shim front``: the configuration that it prints, and the calls that it routes."""

import re
import subprocess
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import shim
from shim.cli import main
from shim.documents.vocabulary import named_in, parse_versions
from shim.front.calls import another_version
from tests.core.small import START, operation
from tests.front.proxies import PROXIES, printed, program

FORMS = pytest.mark.parametrize("form", PROXIES)
MANY = (
    *(
        "--gateway",
        "10.0.0.5:8480",
        "--gateway",
        "[fd00::6]:8480",
        "--admin",
        "10.0.0.5:9000",
    ),
    *(
        "--admin",
        "[fd00::7]:9000",
        "--listen",
        "[::1]:8443",
        "--upstream",
        "https://127.0.0.1:8444",
    ),
)


def refused(*words, env=None):
    """Return the exit code and the message of a command that prints nothing."""
    done = CliRunner().invoke(main, ["front", *words], env=env, prog_name="atlas-shim")
    assert not done.stdout
    return done.exit_code, done.stderr


@FORMS
def test_the_first_lines_name_the_source(form):
    """They have the version, the documents, when to generate it again, and the gateway's options."""
    text = printed(form)
    comment = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    assert f"atlas-shim {shim.__version__} (atlas-shim front --for {form})" in comment
    assert "atlas-serverless/snapshots.toml" in comment
    assert "Generate it again when documents or options change" in comment
    assert "--public-url http://NAME_OF_THIS_PROXY:8400" in comment
    assert (
        "--proxy-protocol on" if form == "haproxy" else "--trusted-proxies 127.0.0.1/32"
    ) in comment


@FORMS
def test_an_operators_documents_are_included(form, tmp_path):
    """The first lines name those of ATLAS_SHIM_MAPPINGS, and the rules have their paths."""
    gone = 'gone = { detail = "Never.", see = "https://example.org" }'
    (tmp_path / "own.toml").write_text(
        START + operation("thaw", "POST", "/vaults/{name}", gone)
    )
    text = printed(form, env={"ATLAS_SHIM_MAPPINGS": str(tmp_path)})
    assert "#     own.toml\n" in text
    assert "/api/atlas/v2/vaults/[^/?]+/?" in text


@FORMS
def test_upstream_and_times_come_from_the_gateways_variables(form):
    """The gateway would read the same values.

    Its own address and certificate do not affect the proxy.
    """
    env = {
        "ATLAS_SHIM_UPSTREAM": "https://cloud.mongodbgov.com",
        "ATLAS_SHIM_UPSTREAM_TIMEOUT": "77",
    }
    text = printed(
        form,
        env={**env, "ATLAS_SHIM_LISTEN": "10.9.9.9:1", "ATLAS_SHIM_TLS_CERT": "/x.pem"},
    )
    assert "cloud.mongodbgov.com" in text
    assert "77s" in text
    assert "cloud.mongodb.com" not in text
    assert "10.9.9.9" not in text
    assert "/x.pem" not in text


CHECKERS = {
    "nginx": lambda found, path: [
        found,
        "-t",
        "-c",
        path,
        "-g",
        f"pid {path.parent}/pid;",
        "-e",
        "stderr",
    ],
    "haproxy": lambda found, path: [found, "-c", "-f", path],
    "envoy": lambda found, path: [found, "--mode", "validate", "-c", path],
}


@pytest.mark.slow
@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize(
    "words", [("--upstream", "https://127.0.0.1"), MANY, (*MANY[:4], "--admin", "off")]
)
def test_the_proxys_own_checker_accepts_it(proxy, words, tmp_path):
    """This covers one gateway, several with their own addresses, and one without health checks."""
    found = program(proxy)
    path = tmp_path / "front.yaml"
    path.write_text(
        printed(
            proxy,
            *words,
            *(() if "--upstream" in words else ("--upstream", "https://127.0.0.1")),
        )
    )
    done = subprocess.run(
        CHECKERS[proxy](found, path), capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not re.search(r"\[(warn|alert|error|crit)", said, re.IGNORECASE), said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--for", "apache"), "apache"),
        ((), "--for"),
        (("--for", "nginx", "--gateway", "nowhere"), "--gateway"),
        (("--for", "nginx", "--listen", "nowhere"), "--listen"),
        (("--for", "nginx", "--upstream", "ftp://x"), "--upstream"),
        (
            (
                "--for",
                "nginx",
                "--gateway",
                "a:1",
                "--gateway",
                "b:1",
                "--admin",
                "a:2",
            ),
            "--admin",
        ),
        (("--for", "nginx", "--admin", "99999"), "--admin"),
        (("--for", "nginx", "--tls-key", "/key.pem"), "--tls-cert"),
        (("--for", "nginx", "--tls-cert", "/a'; b.pem"), "may contain only letters"),
        (("--for", "envoy", "--gateway", "a b;:1"), "not an address"),
        (("--for", "haproxy", "--admin", "a'b:1"), "not an address"),
        (("--for", "envoy", "--admin", "elsewhere:1"), "--admin"),
        *(
            (("--for", one, "--upstream", "https://x;evil"), "--upstream")
            for one in PROXIES
        ),
        (
            ("--for", "haproxy", "--upstream", "https://x$y"),
            "--upstream: 'x$y' is not a name or address",
        ),
    ],
)
def test_bad_usage_is_refused(words, said):
    """The exit code is 2, the error has the option's name, and stdout is empty."""
    code, message = refused(*words)
    assert code == 2
    assert said in message


RANGES = [">=2023.1.1", ">=2023.1.1,<2025.3.19", ">=2023.2.1,<9999.12.30"]
DAYS = st.dates(date(2022, 1, 1), date(2032, 12, 31)) | st.sampled_from(
    [date(9999, 12, 30), date(9999, 12, 31)]
)


@pytest.mark.parametrize(
    ("text", "first"),
    [(RANGES[1], date(2025, 3, 19)), (">=2024.9.9,<2024.9.10", date(2024, 9, 10))],
)
def test_every_date_beyond_the_range_is_matched(text, first):
    """Dates match from the first day on, and not on the day before."""
    expression = another_version(parse_versions(text))
    found = [
        bool(
            re.fullmatch(
                expression,
                f"application/vnd.atlas.{first + timedelta(step)}+json",
                re.IGNORECASE,
            )
        )
        for step in (-1, 0, 1, 30, 365, 4000)
    ]
    assert found == [False, True, True, True, True, True]


WORDS = [
    "preview",
    "upcoming",
    "2030-01-01",
    "2023-01-01",
    "",
    "a",
    "+",
    "json",
    "q",
    "Q",
    "=",
    "0",
    "1",
]
PIECES = st.sampled_from(
    ["application/vnd.atlas", ".", "+json", ";", ",", " ", "\t", *WORDS]
)


@given(
    st.sampled_from(RANGES),
    st.lists(PIECES, max_size=9).map("".join)
    | DAYS.map("application/vnd.atlas.{}+json".format),
)
def test_a_matched_accept_field_has_no_legacy_version(text, accept):
    """Whatever form the field has, it is not matched if the gateway would read the legacy version from it."""
    versions = parse_versions(text)
    if re.fullmatch(another_version(versions), accept, re.IGNORECASE):
        named = named_in(accept)
        assert named is not None
        assert named not in versions
