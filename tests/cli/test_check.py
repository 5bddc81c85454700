"""``check`` reports all problems at once, offline, and with ``--connect`` the replies of Atlas."""

import json
import os
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from shim.doors import switch
from shim.doors.served import STATE
from shim.fake import DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, FakeReply
from tests.core.small import HEAD, field
from tests.fake.asking import ACCOUNT, KEY, TlsServer


@pytest.fixture
def checked(run):
    """Return a function that runs the check and returns its JSON."""

    def checked(*words, env=None, code=0):
        done = run("check", *words, "-o", "json", env=env)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    return checked


def test_a_program_needs_no_gateway_file(run, checked, tmp_path):
    """Without the drop-in, a gateway's file and a document don't matter to it."""
    (tmp_path / "shim.toml").write_text("deadline = 3\n")
    assert checked("--config", str(tmp_path / "shim.toml"))["dropin"] is None
    shipped = Path(__file__).parents[2] / "mappings" / "atlas-serverless"
    said = run("check", str(shipped)).stdout
    assert said.endswith(
        "Settings and documents are valid. Atlas was not called (--connect).\n"
    )


def test_the_drop_in_is_left_unchanged(checked):
    """It is off again after a check if it was off before, and on if it was on."""
    found = checked()
    assert found["ok"] is True
    assert found["dropin"]["active"] == "by this command"
    assert not STATE.active
    switch.install()
    try:
        assert "atlas-shim run" in checked()["dropin"]["active"]
        assert STATE.active
    finally:
        switch.uninstall()


def test_each_setting_shows_its_source(checked, tmp_path):
    """The source is a default, a variable or a file; a variable has priority over the file."""
    file = tmp_path / "shim.toml"
    file.write_text('public-url = "https://a.example"\ndeadline = 3\nroute = "off"\n')
    found = checked("--config", str(file), env={"ATLAS_SHIM_DEADLINE": "4"}, code=1)
    settings = {one["name"]: (one["value"], one["source"]) for one in found["settings"]}
    assert settings["writes"] == ("off", "default")
    assert settings["deadline"] == ("4", "ATLAS_SHIM_DEADLINE")
    assert settings["public_url"] == ("https://a.example", f"{file}: public_url")
    assert found["problems"] == [
        f"{file}: route=off: the shim is switched off, retired calls fail"
    ]


def test_all_problems_are_listed_at_once(run, checked, tmp_path):
    """It reports wrong settings, misspelled names, half a pair of credentials, invalid documents and a wrong file."""
    (tmp_path / "mine.toml").write_text('format = 1\noverrides = "nothing"\n')
    file = tmp_path / "shim.conf"
    file.write_text('nonsense = 1\nadmin = "?[:"\n')
    env = {
        "ATLAS_SHIM_ROUTE": "of",
        "ATLAS_SHIM_ROUT": "off",
        "ATLAS_SHIM_DEADLINE": "0",
        "ATLAS_SHIM_MAPPINGS": str(tmp_path),
        "MONGODB_ATLAS_PUBLIC_API_KEY": "abcdefgh",
    }
    found = checked("--config", str(file), env=env, code=2)
    problems = "\n".join(found["problems"])
    for part in (
        "ATLAS_SHIM_ROUTE: 'of'",
        "did you mean ATLAS_SHIM_ROUTE?",
        "ATLAS_SHIM_DEADLINE",
        "mine.toml: overrides",
        "MONGODB_ATLAS_PRIVATE_API_KEY",
        "nonsense: no such option",
        "admin: '?[:'",
    ):
        assert part in problems
    assert len(found["problems"]) == 7
    assert "Problems: 7" in run("check", "--config", str(file), env=env).stdout


def test_a_dropped_member_is_a_remark_for_operators_documents(checked, tmp_path):
    """It concerns the document's author; shipped documents cause no remark."""
    ours = checked()["documents"]
    assert [one["remarks"] for one in ours if one["remarks"]] == []
    made_of = field("size", "integer", 'from = "newSize"\nfidelity = "renamed"')
    (tmp_path / "things.toml").write_text(
        f"{HEAD}[resource.thing]\nrest = true\n{made_of}"
    )
    lost = [
        "things.toml: resource.thing: 'newSize' becomes 'size', and is not kept under its own name"
    ]
    for given in (
        {"words": [str(tmp_path)]},
        {"words": [], "env": {"ATLAS_SHIM_MAPPINGS": str(tmp_path)}},
    ):
        documents = checked(*given.pop("words"), **given)["documents"]
        assert [one["remarks"] for one in documents if one["remarks"]] == [lost]


def test_documents_are_listed_with_their_overridden_rules(checked, run, overriding):
    """Each rule that an operator's document replaces shows that file."""
    snapshots = next(
        one
        for one in checked(env=overriding)["documents"]
        if one["name"] == "snapshots"
    )
    assert snapshots["overridden"]["resource.snapshot.createdAt.flex"] == "mine.toml"
    assert (
        snapshots["overridden"]["operation.listServerlessBackupSnapshots.sunset"]
        == "mine.toml"
    )
    said = " ".join(run("check", env=overriding).stdout.split())
    assert (
        "snapshots: resource.snapshot.createdAt.flex: overridden by mine.toml" in said
    )


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('credentials = "own"', "credentials: 'own' needs"),
        ('credentials = "verify"', "credentials: 'verify' needs the callers' API keys"),
        ('tls_cert = "/nonexistent.pem"', "tls_cert: /nonexistent.pem: No such file"),
        ("[sunset]\nsnapshot = 2026-02-01", "sunset: 'snapshot' is not one of"),
        ('admin = "127.0.0.1:8480"', "admin: is the address of --listen"),
        (
            'upstream = "https://a.example:8443/x"',
            "upstream: give only the origin, as in https://a.example:8443",
        ),
        (
            'upstream = "http://localhost:8480"',
            "upstream: http://localhost:8480 is this gateway itself",
        ),
        (
            'keys_file = "/keys"',
            "keys_file: has no effect without credentials = 'verify'",
        ),
        (
            'nonce_store = "redis://127.0.0.1"',
            "nonce_store: has no effect without credentials = 'verify'",
        ),
        (
            'listen = "203.0.113.9:1"',
            "listen: can't listen at 203.0.113.9:1: cannot assign",
        ),
    ],
)
def test_a_gateway_that_can_not_start_is_a_problem(
    run, checked, tmp_path, setting, said
):
    """The problem includes file and key. ``serve`` has the same text and exit code."""
    (tmp_path / "shim.toml").write_text(setting)
    (problem,) = checked("--config", str(tmp_path / "shim.toml"), code=2)["problems"]
    assert problem.startswith(f"{tmp_path / 'shim.toml'}: {said}")
    done = run("serve", "--config", str(tmp_path / "shim.toml"))
    assert done.exit_code == 2
    assert problem in done.stderr


VERIFY = {"ATLAS_SHIM_CREDENTIALS": "verify", **KEY}


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["--memory", "1000"], {}, "--memory: one call needs 131072 bytes"),
        (["--body-limit", "1GiB"], {}, "--body-limit: is more than half of memory"),
        (
            ["--nonce-store", "redis://127.0.0.1:1"],
            VERIFY,
            "--nonce-store: no reply",
        ),
        (
            ["--admin", "off"],
            {"ATLAS_SHIM_INVENTORY": "/"},
            "ATLAS_SHIM_INVENTORY: / can't be written",
        ),
        (
            ["--admin", "off"],
            {"ATLAS_SHIM_MAPPINGS": "{empty}"},
            "ATLAS_SHIM_MAPPINGS: {empty} has no document",
        ),
    ],
)
def test_a_startup_warning_of_the_gateway_is_a_problem(
    checked, tmp_path, words, env, said
):
    """It would start, but not do what was intended."""
    env = {name: value.format(empty=tmp_path) for name, value in env.items()}
    (problem,) = checked("--listen", "127.0.0.1:0", *words, env=env, code=1)["problems"]
    assert problem.startswith(said.format(empty=tmp_path))


def test_an_address_in_use_is_not_a_problem(checked):
    """The gateway with these settings may be running."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        checked("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--admin", "off")


@pytest.mark.parametrize(
    "env",
    [
        KEY,
        {
            "MONGODB_ATLAS_PUBLIC_KEY": DEMO_PUBLIC_KEY,
            "MONGODB_ATLAS_PRIVATE_KEY": DEMO_PRIVATE_KEY,
        },
        ACCOUNT,
    ],
)
def test_no_secret_is_shown(run, atlas, env):
    """The output has the kind of credentials and their variables, never a value."""
    env = {"MONGODB_ATLAS_ACCESS_TOKEN": None, **env}
    done = run("check", "--connect", env=env)
    assert done.exit_code == 0
    assert all(name in done.stdout for name, value in env.items() if value)
    assert not [value for value in env.values() if value and value in done.output]
    done = run("check", env={"ATLAS_SHIM_UPSTREAM": "https://user:hunter2@a.example"})
    assert done.exit_code == 1
    assert "hunter2" not in done.output


def test_connect_asks_both_sides_although_the_drop_in_is_on(
    checked, atlas, monkeypatch
):
    """As under ``atlas-shim run``, it needs the retired endpoint's own reply."""
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", atlas.url)
    switch.install()
    try:
        assert checked("--connect")["connection"][0]["status"] == 410
    finally:
        switch.uninstall()


ANYBODY: dict[str, str | None] = {"MONGODB_ATLAS_ACCESS_TOKEN": None}


@pytest.mark.parametrize(
    ("group", "env", "statuses", "good", "meaning"),
    [
        ((), {}, [410, 404], [True, True], "reached and signed in"),
        (("--group", DEMO_GROUP), {}, [410, 200], [True, True], ""),
        (("--group", "f" * 24), {}, [410, 404], [True, False], ""),
        ((), {"MONGODB_ATLAS_ACCESS_TOKEN": "wrong"}, [401, 401], [False, False], ""),
        (
            (),
            {**ANYBODY, **ACCOUNT, "MONGODB_ATLAS_CLIENT_SECRET": "wrong"},
            [401, 401],
            [False, False],
            "",
        ),
        ((), ANYBODY, [401, 401], [True, True], "callers must send their own"),
        (
            (),
            {"MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:1"},
            [None, None],
            [False, False],
            "",
        ),
    ],
    ids=[
        "no project",
        "a project",
        "an unknown project",
        "a wrong token",
        "a wrong account",
        "callers'",
        "nobody",
    ],
)
def test_connect_makes_two_reads_and_explains_them(
    checked, atlas, group, env, statuses, good, meaning
):
    """They go to the retired endpoint and to flex, for a project that isn't expected to exist."""
    found = checked("--connect", *group, env=env, code=0 if all(good) else 1)
    assert [(one["status"], one["good"]) for one in found["connection"]] == list(
        zip(statuses, good, strict=True)
    )
    assert meaning in found["connection"][1]["meaning"]
    assert len(found["problems"]) == good.count(False)
    assert {arrival.method for arrival in atlas.fake.arrivals} <= {"GET", "POST"}


@pytest.mark.parametrize(
    ("status", "content"),
    [(404, b"<html>"), (200, b"<html>Sign in"), (200, b'{"results": 5}')],
)
def test_a_reply_that_is_not_atlas_s_is_detected(checked, atlas, status, content):
    """A proxy's sign-in page is an example."""
    atlas.fake.overrides.append(
        lambda arrival: FakeReply(status, (("Content-Type", "text/html"),), content)
    )
    assert [one["good"] for one in checked("--connect", code=1)["connection"]] == [
        False,
        False,
    ]


@pytest.mark.parametrize("way", ["variable", "file"])
def test_connect_asks_the_configured_upstream(checked, atlas, tmp_path, way):
    """It uses that upstream's CA file and ignores Atlas's own variables."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "roots.pem"))
    with TlsServer(context, atlas.fake) as upstream:
        (tmp_path / "shim.toml").write_text(f"upstream = {upstream.url!r}\n")
        env = {
            "MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:1",
            "SSL_CERT_FILE": str(tmp_path / "roots.pem"),
        }
        env |= {"ATLAS_SHIM_UPSTREAM": upstream.url} if way == "variable" else {}
        config = (("--config", str(tmp_path / "shim.toml"))) if way == "file" else (())
        found = checked("--connect", *config, env=env)
    assert [one["status"] for one in found["connection"]] == [410, 404]
    assert all(upstream.url in one["request"] for one in found["connection"])


def test_connect_with_an_invalid_upstream_asks_no_other_host(checked, atlas):
    """The real Atlas isn't asked instead, and the report has the reason."""
    found = checked("--connect", env={"ATLAS_SHIM_UPSTREAM": "nonsense"}, code=1)
    assert found["connection"] == []
    assert atlas.fake.arrivals == []
    assert (
        "Atlas was not called (--connect): no setting names its address"
        in found["problems"]
    )


@pytest.mark.parametrize("words", ["check --config", "pairs", "calendar --seen"])
def test_a_named_pipe_does_not_block_a_command(run, tmp_path, words):
    """There may never be a writer."""
    os.mkfifo(tmp_path / "pipe")
    done = run(*words.split(), str(tmp_path / "pipe"))
    assert done.exit_code in {1, 2}
    assert "not a regular file" in " ".join(done.output.split())


@pytest.mark.parametrize(
    "words",
    [
        "--calendar",
        "--within 3",
        "--seen calls.jsonl",
        "--pairs pairs.jsonl",
        "--prove /x",
    ],
)
def test_options_of_other_commands_are_refused(run, words):
    """None is ignored silently."""
    done = run("check", *words.split())
    assert done.exit_code == 2
    assert "No such option" in done.output
