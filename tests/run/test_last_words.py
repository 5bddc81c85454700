"""The last line of a run: the refused calls, their number, and a command or setting that helps."""

import json
from collections import Counter

import pytest

from shim.codes import error_codes
from shim.core.recognize import shared_engine
from shim.gateway.ledger import Seen
from shim.run.causes import ProgramCalls, refused_calls
from tests.run.grid import FIELDS, URL

AGAIN = "atlas-shim run -- curl …"
LINES = [word for name, value in FIELDS.items() for word in ("-H", f"{name}: {value}")]
OPERATIONS = shared_engine({}).operations


def sentences(*errors, **counts):
    """Return the report of a program whose calls ended with this operation, code, status and number."""
    seen = {
        (operation, (code, status, "x")): Seen(0.0, calls=count)
        for operation, code, status, count in errors
    }
    refused = [*refused_calls(seen, OPERATIONS, AGAIN)]
    calls = ProgramCalls(
        counts=Counter(
            connections=1, calls=sum(error[3] for error in errors), **counts
        ),
        refused=refused,
        again=AGAIN,
        host="cloud.mongodb.com",
        others=(),
        unseen="",
    )
    return [*calls.last_words()]


@pytest.mark.parametrize(
    "code", [code for code, known in error_codes().items() if known.executed]
)
def test_each_refusal_has_its_sentence(code):
    """It has the number of calls, the status, the code and the remedy."""
    (said,) = sentences(("getServerlessInstance", code, 503, 2))
    assert said.startswith(f"2 calls got 503 {code}. ")
    assert len(said) > len(f"2 calls got 503 {code}. ") + 15
    assert "{" not in said


def test_a_disabled_write_has_its_switch():
    """The document defines the switch, if there is one."""
    (said,) = sentences(("createServerlessInstance", "SHIM_NO_SUCCESSOR", 410, 1))
    assert said.startswith(
        "1 call got 410 SHIM_NO_SUCCESSOR. createServerlessInstance: "
    )
    assert said.endswith(f" (as in: ATLAS_SHIM_WRITES=instances {AGAIN})")
    (said,) = sentences(("createUser", "SHIM_NO_SUCCESSOR", 410, 1))
    assert "The nearest replacement is an invitation" in said
    assert "ATLAS_SHIM_WRITES" not in said


def test_only_atlas_s_retirement_is_reported():
    """A 404, for example, concerns only the program and Atlas."""
    assert sentences(("other", None, 404, 3), ("other", None, 500, 1)) == []
    (said,) = sentences(("other", None, 410, 3))
    assert said.startswith("3 calls got 410 VERSION_GONE. ")


def test_the_most_frequent_comes_first():
    """Calls of several operations with one code are one line."""
    said = sentences(
        ("a", "SHIM_BUSY", 503, 1),
        ("b", "SHIM_UPSTREAM_TIMEOUT", 504, 2),
        ("c", "SHIM_UPSTREAM_TIMEOUT", 504, 1),
    )
    assert [one.split(".")[0] for one in said] == [
        "3 calls got 504 SHIM_UPSTREAM_TIMEOUT",
        "1 call got 503 SHIM_BUSY",
    ]


def test_the_report_has_a_form_for_programs(runs):
    """It is one line of JSON, with the same sentences."""
    call = ["-s", "-o", "/dev/null", *LINES]
    done = runs(
        "curl",
        *call,
        URL,
        "--next",
        *call,
        f"{URL}?pageNum=x",
        options=["--report", "-o", "json"],
    )
    report = json.loads(done.stderr)
    (refused,) = report["refused"]
    assert report["calls"] == 2
    assert report["retired"] == 2
    assert report["said"] == [refused["said"]]
    assert refused["code"] == "INVALID_QUERY_PARAMETER"
    assert refused["status"] == 400
    assert refused["calls"] == 1


GROUP = URL.partition("/serverless")[0]


@pytest.mark.parametrize(("words", "env", "said"), [
    (["-X", "POST", "-d", "{}", f"{GROUP}/serverless"], {}, "410 SHIM_NO_SUCCESSOR. createServerlessInstance: "),
    ([URL], {"ATLAS_SHIM_UPSTREAM": "http://127.0.0.1:1"}, "502 SHIM_UPSTREAM_UNREACHABLE. Make the call again."),
    ([URL], {"ATLAS_SHIM_ROUTE": "legacy"}, "410 VERSION_GONE. See whether the shim knows the call: "),
    ([f"{URL}?itemsPerPage=many"], {}, "400 INVALID_QUERY_PARAMETER. Correct the parameter that the detail names."),
])  # fmt: skip
def test_hidden_errors_are_mentioned(runs, words, env, said):
    """``curl -sf`` shows neither status nor reply."""
    done = runs("curl", "-sf", "-o", "/dev/null", *LINES, *words, **env)
    assert done.returncode == 22
    assert f"atlas-shim: 1 call got {said}" in done.stderr


def test_nested_runs_report_once(runs):
    """The run that served reports; the outer ones have seen no call."""
    around = runs.command("true", options=["--report"])[:-1]
    done = runs(
        *around,
        *around,
        "curl",
        "-sS",
        "-o",
        "/dev/null",
        *LINES,
        URL,
        options=["--report"],
    )
    assert done.stderr.splitlines() == [
        "atlas-shim: 1 call to Atlas, 1 of them retired"
    ]
