"""Secrets appear in no log, metric, error, repr, traceback or report."""

import logging
import traceback

import httpx
import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.errors import SettingsError
from shim.fake.http import FakeReply
from shim.gateway.option_values import CredentialsMode
from shim.gateway.options import Options
from shim.gateway.server import Gateway
from tests.fake.asking import knowing_atlas
from tests.gateway.credentials.worlds import (
    FLEX,
    RETIRED,
    UNTOUCHED,
    V2,
    Signature,
    line,
    nonce_of,
    signing,
    world,
)
from tests.peers.raw import reply, replying
from tests.peers.served import LOOPBACK

KEY = {
    "MONGODB_ATLAS_PUBLIC_API_KEY": "canary01",
    "MONGODB_ATLAS_PRIVATE_API_KEY": "canary-of-the-key",
}
ACCOUNT = {
    "MONGODB_ATLAS_CLIENT_ID": "canary_sa_id",
    "MONGODB_ATLAS_CLIENT_SECRET": "canary-of-the-account",
}
TOKEN = "canary-of-a-token"
CALLERS = (
    "Authorization: Bearer canary-of-a-caller",
    "Authorization: Basic Y2FuYXJ5LW9mLWEtY2FsbGVy",
    'Authorization: Digest username="canary-of-a-caller", response="canary-of-a-caller"',
    "Cookie: session=canary-of-a-caller",
    "X-Api-Key: canary-of-a-caller\x01",
)


def clean(*texts):
    for text in texts:
        for mark in ("canary", "Y2FuYXJ5"):
            assert mark not in text, text[max(0, text.index(mark) - 200) :][:400]


def issuing(fake):
    """Make a fake issue a token that contains a canary, and accept it."""

    def answer(arrival):
        if arrival.path == "/api/oauth/token":
            return FakeReply(200, (), b'{"access_token": "%s"}' % TOKEN.encode())
        if (arrival.header("Authorization") or "").startswith("Bearer"):
            return FakeReply(401)
        return None

    fake.overrides.append(answer)
    return fake


@pytest.mark.parametrize(
    ("mode", "environ"),
    [("passthrough", {}), ("own", KEY), ("own", ACCOUNT), ("verify", KEY)],
    ids=range(4),
)
def test_no_call_leaves_a_secret(mode, environ, caplog, capfd):
    """The calls are good ones, bad ones, and every kind of refusal."""
    caplog.set_level(logging.DEBUG)
    bodies = []
    with world(
        mode, environ, issuing(knowing_atlas(canary01="canary-of-the-key"))
    ) as seen:
        for path in (RETIRED, UNTOUCHED, "/x?token=canary", "/canary/../x", "//canary"):
            bodies += [seen.ask(path, caller, f"Accept: {V2}") for caller in CALLERS]
            bodies.append(seen.ask(path, f"Accept: {V2}"))
        signature = Signature(
            nonce_of(seen), name="canary01", secret="canary-of-the-key"
        )
        for _ in range(2):
            bodies.append(seen.ask(UNTOUCHED, line(signature.parts), f"Accept: {FLEX}"))
        bodies.append(seen.ask(UNTOUCHED, "Authorization: Bearer " + "canary" * 10000))
        metrics = seen.gateway.metrics.text().decode()
        handler = seen.gateway._handler
        gate = handler.gate
        signers = [
            *getattr(gate, "_known", {}).values(),
            *filter(None, [getattr(gate, "_signer", None)]),
        ]
        assert (mode == "passthrough") == (not signers)
        parts = [
            getattr(signer, name)
            for signer in signers
            for name in dir(signer)
            if name[:2] != "__" and name != "proven"
        ]
        reprs = [
            repr(thing) for thing in (seen.gateway, handler, gate, *signers, *parts)
        ]
    out = capfd.readouterr()
    # Only the public part of a verified key may be logged.
    assert (mode == "verify") == (" key canary01 " in caplog.text)
    clean(caplog.text.replace(" key canary01 ", ""), metrics, out.out, out.err, *reprs)
    clean(
        *(content.decode("latin-1") for head, content in bodies if b" 404 " not in head)
    )


def test_connection_errors_contain_no_secret(caplog):
    """Errors of a broken upstream connection omit the sent data."""
    caplog.set_level(logging.DEBUG)
    for answer in (
        b"",
        b"nonsense\r\n\r\n",
        reply(b"{}", "Transfer-Encoding: canary-free", status="500 x"),
    ):
        with (
            replying(answer) as upstream,
            signing("own", upstream.origin, ACCOUNT) as served,
        ):
            clean(httpx.get(served.url + RETIRED, headers={"Accept": V2}).text)
    clean(caplog.text)


def test_tracebacks_contain_no_secret(monkeypatch, caplog):
    """They include lines of code, but no values."""
    caplog.set_level(logging.DEBUG)

    def broken(*_, **__):
        raise RuntimeError("a defect")

    with world("own", KEY) as seen:
        monkeypatch.setattr("shim.gateway.credentials.signers.Nonce.sign", broken)
        seen.ask(RETIRED, f"Accept: {V2}")
        _, content = seen.ask(RETIRED, f"Accept: {V2}", CALLERS[0])
    assert "a defect" in caplog.text
    clean(caplog.text, content.decode())


@pytest.mark.parametrize("environ", [
    {"MONGODB_ATLAS_PRIVATE_API_KEY": "canary"}, KEY | ACCOUNT,
    KEY | {"MONGODB_ATLAS_PRIVATE_API_KEY": "canary with spaces"}, {"MONGODB_ATLAS_ACCESS_TOKEN": "canary"},
], ids=range(4))  # fmt: skip
def test_invalid_settings_are_reported_without_values(environ):
    """Errors at the start include only the names of variables."""
    for mode in (CredentialsMode.OWN, CredentialsMode.VERIFY):
        try:
            Gateway(Options(listen=LOOPBACK, credentials=mode), environ=environ)
        except SettingsError:
            clean(traceback.format_exc())
        else:
            pytest.fail("started")


@pytest.mark.parametrize("words", [
    ["check"], ["check", "-o", "json"], ["explain", "GET", f"https://cloud.mongodb.com{RETIRED}"],
], ids=range(3))  # fmt: skip
@pytest.mark.parametrize("credentials", [KEY, ACCOUNT], ids=["key", "account"])
def test_reports_contain_no_secret(words, credentials):
    """``check`` and ``explain`` show which credentials are set, but not their values."""
    store = {"ATLAS_SHIM_NONCE_STORE": "redis://:canary@127.0.0.1/0"}
    done = CliRunner().invoke(
        main, words, env={**credentials, **store, "ATLAS_SHIM_CREDENTIALS": "own"}
    )
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.stdout
    clean(done.stdout, done.stderr)
