"""Errors are one line with the next step; they contain no secret and no control characters."""

import httpx
import pytest

from shim.cli.failures import after_answer, after_fault, failure_of
from shim.errors import AtlasError

HOST = {"MONGODB_ATLAS_BASE_URL": "https://atlas.example:8443"}
KEY = {"MONGODB_ATLAS_PUBLIC_API_KEY": "a", "MONGODB_ATLAS_PRIVATE_API_KEY": "b"}


ACCOUNT = {
    "MONGODB_ATLAS_CLIENT_ID": "mdb_sa_id_1",
    "MONGODB_ATLAS_CLIENT_SECRET_FILE": "/run/secret",
}


@pytest.mark.parametrize(
    ("status", "code", "environ", "step"),
    [
        (
            401,
            "UNAUTHORIZED",
            KEY,
            ": check MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY",
        ),
        (
            401,
            "",
            ACCOUNT,
            ": check MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET_FILE,",
        ),
        (403, "USER_UNAUTHORIZED", KEY, "need a role in the project"),
        (
            403,
            "IP_ADDRESS_NOT_ON_ACCESS_LIST",
            KEY,
            "API access list this machine's address",
        ),
        (404, "CLUSTER_NOT_FOUND", KEY, ": check the project's id and the name."),
        (400, "INVALID", {}, "."),
    ],
)
def test_each_status_of_atlas_has_its_remedy(status, code, environ, step):
    """The error has the host in force and the variables in use, but never their values."""
    said = after_answer(AtlasError(status, error_code=code), {**HOST, **environ})
    assert said.startswith("atlas.example:8443 was called")
    assert step in said
    assert "mdb_sa" not in said


@pytest.mark.parametrize(
    ("error", "environ", "step"),
    [
        (
            httpx.ConnectError("[Errno -2]"),
            {},
            "if this network needs a proxy, set HTTPS_PROXY",
        ),
        (
            httpx.ConnectError("x"),
            {"HTTPS_PROXY": "http://u:hush@p"},
            "the proxy of HTTPS_PROXY",
        ),
        (
            httpx.ConnectError("x"),
            {"all_proxy": "http://u:hush@p"},
            "the proxy of all_proxy",
        ),
        (
            httpx.ProxyError("407"),
            {"https_proxy": "http://u:hush@p"},
            "the proxy of https_proxy refuses it",
        ),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), {}, "SSL_CERT_FILE"),
        (httpx.ReadTimeout(""), {}, ": try again."),
        (httpx.ConnectTimeout(""), {}, "check the name"),
    ],
)
def test_a_network_fault_has_the_host_and_its_source(error, environ, step):
    """It lists the usual reasons, and never shows a proxy's password."""
    error.request = httpx.Request("GET", "https://cloud.mongodb.com/api")
    said = after_fault(error, environ)
    assert said.startswith("cloud.mongodb.com:443 was called")
    assert step in said
    assert "hush" not in said


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (
            AtlasError(403, error_code="X", detail="No."),
            ["Atlas answered 403 X: No.", "  cloud.mongodb.com was called: "],
        ),
        (
            AtlasError(429, error_code="RATE_LIMITED", retry_after=9),
            ["Atlas answered 429 RATE_LIMITED; try again in 9 s", ""],
        ),
        (
            AtlasError(502, error_code="SHIM_X", detail="It."),
            ["atlas-shim answered 502 SHIM_X: It."],
        ),
    ],
)
def test_an_error_shows_who_replied(monkeypatch, error, lines):
    """It is one line plus one for the remedy; the shim's own error isn't attributed to Atlas."""
    monkeypatch.delenv("MONGODB_ATLAS_BASE_URL", raising=False)
    failure = failure_of(error)
    assert failure is not None
    assert failure.exit_code == 1
    said = failure.message.splitlines()
    assert [one.startswith(start) for one, start in zip(said, lines, strict=True)] == [
        True
    ] * len(lines)


@pytest.mark.parametrize("names", ["a document's", "a folder's", "a configuration's"])
def test_external_names_can_not_control_the_terminal(run, tmp_path, names):
    """ESC and C1 controls appear as question marks."""
    odd = "x\x1b[31m\x9by"
    file = tmp_path / (odd if names == "a folder's" else "a") / "a.toml"
    file.parent.mkdir()
    file.write_text(f'"{odd}" = 1\n'.replace("\x1b", "\\u001b"))
    done = run(
        *(
            ["serve", "--config", str(file)]
            if names == "a configuration's"
            else ["check", str(file.parent)]
        )
    )
    assert done.exit_code != 0
    assert "\x1b" not in done.output
    assert "\x9b" not in done.output
    assert "y" in done.output
