"""Each row of the troubleshooting page with a real gateway: the reply is the described one, and the cure works."""

import re
import time

import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.fake import (
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    FakeReply,
)
from tests.docs.trouble import (
    FLEX,
    FLEX_ACCEPT,
    JOB,
    JOBS,
    LEGACY_ACCEPT,
    LIMITED,
    OTHER_KEY,
    PAGE,
    RETIRED,
    SECTIONS,
    V2,
    Section,
    admin_of,
    ask,
    atlas,
    digest,
)
from tests.fake.asking import ACCOUNT, BEARER, KEY
from tests.peers.ports import free_port

VERIFY = "--credentials verify"
OWN = "--credentials own"
ALLOWED = "lent, reads, POST /api/atlas/v2/groups/*/clusters"


@pytest.fixture
def upstream():
    with atlas() as server:
        yield server


@pytest.fixture
def command(monkeypatch):
    """Run the command in this process, in a given environment."""

    def run(*words, **environ):
        monkeypatch.setenv("NO_PROXY", "*")
        return CliRunner().invoke(main, words, env=environ, prog_name="atlas-shim")

    return run


def test_the_list_of_symptoms_has_every_section():
    """The first lines of the page link to all of them, and to nothing else."""
    links = dict(
        re.findall(
            r"\[([^\]]+)\]\(#([\w-]+)\)", " ".join(PAGE.partition("\n## ")[0].split())
        )
    )
    assert [*links] == [
        title[0].lower() + title[1:] for title in SECTIONS if title != "Who answered"
    ]
    assert all(anchor == title.replace(" ", "-") for title, anchor in links.items())


def test_fields_show_who_replied(upstream):
    """It is the shim, Atlas through it, or Atlas alone."""
    with Section("401").gateway(upstream) as served:
        translated = ask(served, headers=BEARER)
        passed = ask(served, FLEX, headers={**BEARER, **FLEX_ACCEPT})
    direct = ask(upstream, headers=BEARER)
    assert translated.headers["Atlas-Shim"].startswith("route=flex")
    assert translated.headers["Via"] == "1.1 atlas-shim"
    assert passed.headers["Via"] == "1.1 atlas-shim"
    assert "Atlas-Shim" not in passed.headers
    assert "Via" not in direct.headers


SIGNED = {"auth": digest()}
WITH_TOKEN = {"headers": BEARER}
FROM_A_PAGE = {"headers": {"Origin": "https://example.org"}}
BY_NAME = {"headers": {"Host": "gateway.internal:8480"}, **SIGNED}
OLDER = {"Accept": "application/vnd.atlas.2023-02-01+json"}
CREATE = {"target": f"{V2}/clusters", "method": "POST", "json": {}, "headers": OLDER}
DELETE = {"target": f"{V2}/serverless/{DEMO_CLUSTER}", "method": "DELETE", **WITH_TOKEN}
ORDER = {"target": JOBS, "method": "POST", "json": JOB, **WITH_TOKEN}
ORDER_MUCH = {**ORDER, "json": {**JOB, "more": "x" * 1_100_000}}


def of_version(word):
    return {"headers": {**BEARER, "Accept": f"application/vnd.atlas.{word}+json"}}


FORMER = {"target": f"{V2}/clusters/{DEMO_CLUSTER}", **of_version("2024-08-05")}
NOWHERE = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("section", "words", "environ", "call", "status", "code"),
    [
        ("401", VERIFY, KEY, {}, 401, "SHIM_UNAUTHORIZED"),
        ("401", VERIFY, OTHER_KEY, SIGNED, 401, "SHIM_KEY_REFUSED"),
        (
            "401",
            OWN,
            {**ACCOUNT, "MONGODB_ATLAS_CLIENT_SECRET": "mdb_sa_sk_wrong"},
            {},
            502,
            "SHIM_SIGN_IN_FAILED",
        ),
        ("403", "", {}, SIGNED, 403, "SHIM_DIGEST_CANNOT_CROSS"),
        ("403", OWN, KEY, CREATE, 403, "SHIM_NOT_ALLOWED"),
        ("403", "--allow reads", {}, ORDER, 403, "SHIM_NOT_ALLOWED"),
        ("403", OWN, KEY, FROM_A_PAGE, 403, "SHIM_ORIGIN_REFUSED"),
        ("410", "", {}, DELETE, 410, "SHIM_NO_SUCCESSOR"),
        ("413", "", {}, ORDER_MUCH, 413, "SHIM_REQUEST_TOO_LARGE"),
        ("421", VERIFY, KEY, BY_NAME, 421, "SHIM_HOST_UNKNOWN"),
        (
            "502",
            f"--upstream http://{NOWHERE}",
            {},
            WITH_TOKEN,
            502,
            "SHIM_UPSTREAM_UNREACHABLE",
        ),
        (
            "503",
            f"{VERIFY} --nonce-store redis://{NOWHERE}/0",
            KEY,
            SIGNED,
            503,
            "SHIM_NONCE_STORE_UNREACHABLE",
        ),
        ("504", "--deadline 0.1", {}, WITH_TOKEN, 504, "SHIM_UPSTREAM_TIMEOUT"),
    ],
)
def test_a_row_has_the_gateway_s_reply(
    section, words, environ, call, status, code, upstream
):
    """The section of the status has the error, and the error links to that section."""
    if "redis:" in words:
        pytest.importorskip("redis", reason="redis is not installed")
    upstream.fake.overrides[:] = [lambda _: time.sleep(0.3)] if section == "504" else []
    with Section(section).gateway(upstream, words, environ) as served:
        Section(section).shows(ask(served, **call), status, code)


@pytest.mark.parametrize(
    ("section", "words", "environ", "call", "status", "code"),
    [
        ("401", "", {}, {"headers": {"Authorization": "Bearer old"}}, 401, ""),
        ("401", OWN, OTHER_KEY, {}, 401, ""),
        (
            "406",
            "",
            {},
            {"target": FLEX, "headers": {**BEARER, "Accept": "*/*"}},
            406,
            "INVALID_VERSION_DATE",
        ),
        ("406", "", {}, of_version("2022-01-01"), 406, "INVALID_VERSION_DATE"),
        ("406", "", {}, of_version("preview"), 406, "INVALID_VERSION_DATE"),
        ("400", "", {}, FORMER, 400, "CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API"),
        ("410", "--route off", {}, WITH_TOKEN, 410, "VERSION_GONE"),
        ("410", "--route legacy", {}, WITH_TOKEN, 410, "VERSION_GONE"),
    ],
)
def test_a_row_has_atlas_s_reply(section, words, environ, call, status, code, upstream):
    """It arrives as Atlas sent it."""
    with Section(section).gateway(upstream, words, environ) as served:
        Section(section).passes(ask(served, **call), status, code)


@pytest.mark.parametrize(("section", "words", "environ", "call", "outcome"), [
    ("403", VERIFY, KEY, SIGNED, 200), ("403", f"{OWN} --allow '{ALLOWED}'", KEY, CREATE, "SHIM_NO_SUCCESSOR"),
    ("403", "--allow all", {}, ORDER, "TENANT_SNAPSHOT_NOT_FOUND"),
    ("400", "--reads former-clusters", {}, FORMER, 200), ("410", "--route auto", {}, WITH_TOKEN, 200),
    ("410", "--writes instances", {}, DELETE, 202),
    ("421", f"{VERIFY} --public-url http://gateway.internal:8480", KEY, BY_NAME, 200),
    ("504", "--deadline 120", {}, WITH_TOKEN, 200),
])  # fmt: skip
def test_the_command_of_a_row_works(section, words, environ, call, outcome, upstream):
    """Then the call passes; if an error is the expected outcome, Atlas reports a problem of the call itself."""
    upstream.fake.overrides[:] = [lambda _: time.sleep(0.3)] if section == "504" else []
    with Section(section).gateway(upstream, words, environ, cure=True) as served:
        answer = ask(served, **call)
    assert outcome == (
        answer.status_code if isinstance(outcome, int) else answer.json()["errorCode"]
    )


@pytest.mark.parametrize(
    ("words", "environ", "call"),
    [(VERIFY, KEY, SIGNED), (OWN, ACCOUNT, {}), (OWN, KEY, {}), ("", {}, WITH_TOKEN)],
)
def test_each_way_to_sign_in_works(words, environ, call, upstream):
    """They are the caller's own key with verify, the gateway's key with own, and a token."""
    with Section("401").gateway(upstream, words, environ) as served:
        assert ask(served, **call).status_code == 200


def test_the_cure_of_401_with_a_token_works(upstream):
    """A new one is requested through the gateway."""
    with Section("401").gateway(upstream) as served:
        form = {"grant_type": "client_credentials"}
        given = ask(
            served, "/api/oauth/token", "POST", data=form, auth=(*ACCOUNT.values(),)
        )
        assert (
            ask(
                served,
                headers={"Authorization": f"Bearer {given.json()['access_token']}"},
            ).status_code
            == 200
        )


def test_the_cure_of_401_with_an_unknown_key_works(upstream, tmp_path, monkeypatch):
    """It is a line in the file of ``--keys-file``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys.txt").write_text(f"{DEMO_PUBLIC_KEY}:{DEMO_PRIVATE_KEY}\n")
    with Section("401").gateway(
        upstream, f"{VERIFY} --keys-file keys.txt", cure=True
    ) as served:
        assert ask(served, auth=digest()).status_code == 200


def test_check_reports_a_401_of_the_gateway_s_own_key(upstream, command):
    """``check --connect`` accepts the right key."""
    tried = command(
        "check", "--connect", MONGODB_ATLAS_BASE_URL=upstream.url, **OTHER_KEY
    )
    assert tried.exit_code == 1
    assert "are refused" in tried.output
    assert (
        command(
            "check", "--connect", MONGODB_ATLAS_BASE_URL=upstream.url, **KEY
        ).exit_code
        == 0
    )


def test_the_cure_of_406_works(upstream):
    """The section has a dated Accept; a retired call needs none."""
    assert all(
        f"-H 'Accept: {accept['Accept']}'" in Section("406").text
        for accept in (FLEX_ACCEPT, LEGACY_ACCEPT)
    )
    with Section("406").gateway(upstream) as served:
        assert ask(served, FLEX, headers={**BEARER, **FLEX_ACCEPT}).status_code == 200
        assert ask(served, headers={**BEARER, "Accept": "*/*"}).status_code == 200


def test_410_without_a_replacement_is_explained(upstream, command):
    """The reply and explain have the next step."""
    section = Section("410")
    target = f"{V2}/privateEndpoint/serverless/instance/{DEMO_CLUSTER}/endpoint"
    upstream.fake.overrides.append(
        lambda arrival: FakeReply(410, (), b'{"error":410,"errorCode":"VERSION_GONE"}')
    )
    with section.gateway(upstream) as served:
        answer = ask(served, target, headers=BEARER)
        section.shows(answer, 410, "SHIM_NO_SUCCESSOR")
    advice = "dedicated cluster"
    assert advice in answer.json()["detail"]
    assert advice in " ".join(command("explain", "GET", target).output.split())


HTML = FakeReply(200, (("Content-Type", "text/html"),), b"<html>Please sign in</html>")


@pytest.mark.parametrize(("title", "said"), [("429", LIMITED), ("502", HTML)])
def test_temporary_errors_are_described(upstream, command, title, said):
    """429 has Retry-After; 502 mentions the HTML in ``detail``, and explain prints the call for a closer look."""
    section = Section(title)
    with section.gateway(upstream) as served:
        upstream.fake.overrides.append(lambda arrival: said)
        answer = ask(served, headers=BEARER)
        if title == "429":
            section.passes(answer, 429, "RATE_LIMITED_TOKEN_BUCKET")
            assert answer.headers["Retry-After"] == "7"
        else:
            section.shows(answer, 502, "SHIM_UPSTREAM_UNREADABLE")
            assert "text/html" in answer.json()["detail"]
        upstream.fake.overrides.clear()
        assert ask(served, headers=BEARER).status_code == 200
    assert (
        f"/flexClusters/{DEMO_CLUSTER}/backup/snapshots"
        in command("explain", "GET", RETIRED).output
    )


def test_connection_refused_is_described(upstream, command):
    """``status --probe ready`` shows whether the gateway runs."""
    assert (
        command(
            "status", "--probe", "ready", "--admin", f"127.0.0.1:{free_port()}"
        ).exit_code
        == 1
    )
    with Section("Connection refused").gateway(upstream) as served:
        asked = command(
            "status",
            "--probe",
            "ready",
            "--admin",
            admin_of(served).removeprefix("http://"),
        )
    assert asked.exit_code == 0
    assert asked.output == "ok\n"


def test_explain_has_the_reason_of_an_unchanged_call(command):
    """The page has the same text and exit code."""
    text = Section("Nothing happens").text
    unknown = command("explain", "GET", f"{V2}/serverles/x/backup/snapshots")
    known = command("explain", "GET", RETIRED)
    assert unknown.exit_code == 1
    assert known.exit_code == 0
    early = command("explain", "GET", RETIRED, "--at", "2026-01-01")
    said = [
        (unknown, "Not recognized"),
        (early, "Sent to legacy"),
        (known, "Sent to flex"),
    ]
    assert all(words in done.output and f'"{words}"' in text for done, words in said)
    assert (
        "Sent to flex"
        in command(
            "explain", "GET", RETIRED, "--at", "2026-01-01", ATLAS_SHIM_ROUTE="flex"
        ).output
    )


def test_an_absent_value_is_announced(upstream, command):
    """A field of the reply and explain list it."""
    section = Section("Wrong values")
    with section.gateway(upstream) as served:
        answer = ask(served, headers=BEARER)
    assert 'absent=("storageSizeBytes")' in answer.headers["Atlas-Shim"]
    assert 'absent=("storageSizeBytes")' in section.text
    assert "storageSizeBytes" not in answer.json()["results"][0]
    assert re.search(
        r"absent +storageSizeBytes", command("explain", "GET", RETIRED).output
    )


def test_links_have_the_public_name(upstream):
    """The gateway has to know it."""
    with Section("Wrong values").gateway(
        upstream, "--public-url http://gateway.internal:8480", cure=True
    ) as served:
        link = ask(served, headers=BEARER).json()["links"][0]["href"]
    assert link.startswith(
        f"http://gateway.internal:8480/api/atlas/v2/groups/{DEMO_GROUP}/"
    )
