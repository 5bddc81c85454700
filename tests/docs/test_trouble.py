"""Each row of the troubleshooting page with a real gateway: it gets that answer, and the cure helps."""

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
    """The command in this process, in an environment that is given."""

    def run(*words, **environ):
        monkeypatch.setenv("NO_PROXY", "*")
        return CliRunner().invoke(main, words, env=environ, prog_name="atlas-shim")

    return run


def test_the_first_lines_lead_to_every_section():
    """The list of what one sees has all of them, and nothing else."""
    links = dict(
        re.findall(
            r"\[([^\]]+)\]\(#([\w-]+)\)", " ".join(PAGE.partition("\n## ")[0].split())
        )
    )
    assert [*links] == [
        title[0].lower() + title[1:] for title in SECTIONS if title != "Who answered"
    ]
    assert all(anchor == title.replace(" ", "-") for title, anchor in links.items())


def test_fields_tell_who_answered(upstream):
    """The shim, Atlas through it, or Atlas alone."""
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
def test_a_row_says_what_the_gateway_answers(
    section, words, environ, call, status, code, upstream
):
    """The section of the status has the error, and the error leads to its own section."""
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
def test_a_row_says_what_atlas_answers(
    section, words, environ, call, status, code, upstream
):
    """It comes as Atlas sent it."""
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
def test_what_a_row_says_to_type_helps(
    section, words, environ, call, outcome, upstream
):
    """The call passes then; where the outcome is an error, Atlas says what is wrong with the call itself."""
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
def test_who_signs_as_the_page_says_is_let_in(words, environ, call, upstream):
    """The caller with verify, the gateway with own, and whoever has a token."""
    with Section("401").gateway(upstream, words, environ) as served:
        assert ask(served, **call).status_code == 200


def test_401_of_a_token_ends_with_a_new_one(upstream):
    """Which is fetched through the gateway."""
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


def test_401_of_an_unknown_key_ends_with_a_line_in_a_file(
    upstream, tmp_path, monkeypatch
):
    """Of ``--keys-file``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys.txt").write_text(f"{DEMO_PUBLIC_KEY}:{DEMO_PRIVATE_KEY}\n")
    with Section("401").gateway(
        upstream, f"{VERIFY} --keys-file keys.txt", cure=True
    ) as served:
        assert ask(served, auth=digest()).status_code == 200


def test_401_of_the_gateways_own_key_is_seen_by_check(upstream, command):
    """``check --connect`` says so, and that the right one is let in."""
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


def test_406_ends_with_a_dated_accept(upstream):
    """Which the section has; a retired call is served without one too."""
    assert all(
        f"-H 'Accept: {accept['Accept']}'" in Section("406").text
        for accept in (FLEX_ACCEPT, LEGACY_ACCEPT)
    )
    with Section("406").gateway(upstream) as served:
        assert ask(served, FLEX, headers={**BEARER, **FLEX_ACCEPT}).status_code == 200
        assert ask(served, headers={**BEARER, "Accept": "*/*"}).status_code == 200


def test_410_where_nothing_took_its_place(upstream, command):
    """The answer says what to do instead, and so does explain."""
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
def test_what_ends_by_itself(upstream, command, title, said):
    """429 has Retry-After; 502 names the HTML in ``detail``, and explain prints the call to look at it with."""
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


def test_connection_refused(upstream, command):
    """``status --probe ready`` says whether the gateway runs."""
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


def test_nothing_happens_and_explain_says_why(command):
    """What it says stands in the page, and its exit code."""
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


def test_a_value_that_nobody_knows_is_announced(upstream, command):
    """In the field of the answer, and by explain."""
    section = Section("Wrong values")
    with section.gateway(upstream) as served:
        answer = ask(served, headers=BEARER)
    assert 'absent=("storageSizeBytes")' in answer.headers["Atlas-Shim"]
    assert 'absent=("storageSizeBytes")' in section.text
    assert "storageSizeBytes" not in answer.json()["results"][0]
    assert re.search(
        r"absent +storageSizeBytes", command("explain", "GET", RETIRED).output
    )


def test_links_lead_to_the_public_name(upstream):
    """Once the gateway knows it."""
    with Section("Wrong values").gateway(
        upstream, "--public-url http://gateway.internal:8480", cure=True
    ) as served:
        link = ask(served, headers=BEARER).json()["links"][0]["href"]
    assert link.startswith(
        f"http://gateway.internal:8480/api/atlas/v2/groups/{DEMO_GROUP}/"
    )
