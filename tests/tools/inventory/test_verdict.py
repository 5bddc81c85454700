"""The verdict of an inventory claims no more than its records prove, and lists calls that end later."""

import gzip
import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.errors import SettingsError
from shim.tools.inventory.reading import read_inventory
from shim.tools.inventory.verdict import parse_since

NOW = datetime.now(UTC)
LIST = "listServerlessBackupSnapshots"


def ago(**span):
    return (NOW - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def line(when, **members):
    return json.dumps(
        {"time": when, "operation": LIST, "file": "a.py", "line": 3, **members}
    )


def started(when):
    return json.dumps({"time": when, "started": "gateway"})


@pytest.fixture
def judged(tmp_path):
    """Return a function that computes the verdict on some lines; it returns exit code, word and all of the JSON."""

    def judged(
        *lines, since=("--since", "30d"), path=tmp_path / "calls.jsonl", env=None
    ):
        if lines:
            path.write_text("".join(f"{one}\n" for one in lines))
        done = CliRunner().invoke(
            main,
            ["inventory", str(path), *since, "--fail-if-called", "-o", "json"],
            env=env,
        )
        if done.exit_code != 2:
            found = json.loads(done.stdout)
        else:
            found = {"verdict": {"word": done.output}}
        return done.exit_code, found["verdict"]["word"], found

    return judged


def test_a_caller_in_the_window_decides_the_verdict(judged):
    """The text has the number of callers and calls and the last one; the exit code is its own."""
    code, word, found = judged(
        line(ago(days=90)),
        line(ago(days=3)),
        line(ago(days=2)),
        line(ago(days=2), line=9),
    )
    assert code == 4
    assert word == "called"
    assert found["verdict"]["sentence"].startswith(
        "2 callers still call retired endpoints: 3 calls since "
    )
    assert f"since {ago(days=30)[:10]} " in found["verdict"]["sentence"]
    assert found["earlier"] == 1
    assert found["window"] == {"first": ago(days=90), "last": ago(days=2)}


def test_an_empty_file_covers_the_time_since_its_creation(judged, tmp_path):
    """No call was recorded in it since."""
    path = tmp_path / "calls.jsonl"
    path.touch()
    code, word, found = judged()
    assert code == 5
    assert word == "unproven"
    assert "reaches back only to" in found["verdict"]["doubts"][0]
    long_ago = (NOW - timedelta(days=40)).timestamp()
    os.utime(path, (long_ago, long_ago))
    assert judged()[:2] == (0, "quiet")


@pytest.mark.parametrize(
    "lines",
    [
        (line(ago(days=90)),),
        (started(ago(days=40)),),
        (line(ago(days=80)), line(ago(days=90)), started(ago(days=40))),
    ],
    ids=[
        "a call before the window",
        "a gateway began before it",
        "lines are not in order",
    ],
)
def test_silence_in_a_covered_window_is_proof(judged, lines):
    """A line from before the window shows that the file covers it, in any order of lines."""
    code, word, found = judged(*lines)
    assert code == 0
    assert word == "quiet"
    assert "If every program and gateway" in found["verdict"]["sentence"]


@pytest.mark.parametrize(
    ("lines", "since", "doubt"),
    [
        (
            (json.dumps({"time": ago(days=9), "started": "gateway"}),),
            ("--since", "30d"),
            "not to",
        ),
        ((line(ago(days=90)), "{broken"), ("--since", "30d"), "1 line can't be read"),
        (
            (json.dumps({"time": ago(days=9), "started": "gateway"}),),
            (),
            "No time window was given",
        ),
        (("{broken",), ("--since", "30d"), "has no line that shows when"),
        (
            (line("1970-01-01T00:00:09Z"), started(ago(days=40))),
            ("--since", "30d"),
            "1 line can't be read",
        ),
    ],
)
def test_silence_that_proves_nothing_is_reported(judged, lines, since, doubt):
    """Each reason is printed, and the exit code is neither that of proof nor that of a call."""
    code, word, found = judged(*lines, since=since)
    assert code == 5
    assert word == "unproven"
    assert any(doubt in one for one in found["verdict"]["doubts"])
    assert "does not prove" in found["verdict"]["sentence"]


def test_compressed_files_are_read(judged, tmp_path):
    """Log rotation creates them; a truncated one is a doubt."""
    path = tmp_path / "calls.jsonl.1.gz"
    path.write_bytes(gzip.compress(f"{line(ago(days=3))}\n".encode()))
    assert judged(path=path)[:2] == (4, "called")
    path.write_bytes(path.read_bytes()[:-12])
    assert read_inventory([path]).broken == 1
    path.write_text("not packed")
    assert read_inventory([path]).broken == 1


def test_without_fail_if_called_the_exit_code_is_0(tmp_path):
    """Reading the inventory is not a check unless requested."""
    path = tmp_path / "calls.jsonl"
    path.write_text(line(ago(days=1)))
    done = CliRunner().invoke(main, ["inventory", str(path)])
    assert done.exit_code == 0
    assert "1 caller still calls" in done.output


@pytest.mark.parametrize(("text", "when"), [
    ("30d", NOW - timedelta(days=30)), ("12h", NOW - timedelta(hours=12)), ("4 w", NOW - timedelta(weeks=4)),
    ("45m", NOW - timedelta(minutes=45)), ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
    ("2026-05-01T02:00:00+02:00", datetime(2026, 5, 1, tzinfo=UTC)),
])  # fmt: skip
def test_a_window_starts_at_a_span_a_date_or_an_instant(text, when):
    """All three forms are accepted."""
    assert parse_since(text, NOW) == when


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "30",
        "-3d",
        "1y",
        "999999d",
        "2026-05-01T02:00:00",
        "2999-01-01",
        "30dd",
        "0d",
    ],
)
def test_an_invalid_window_is_refused(text):
    """The error lists the allowed forms."""
    with pytest.raises(SettingsError, match="--since"):
        parse_since(text, NOW)


def test_the_number_of_distinct_callers_is_limited(judged, monkeypatch):
    """The rest are counted together, in the verdict too."""
    monkeypatch.setattr("shim.tools.inventory.reading.MAX_CALLERS", 2)
    monkeypatch.setattr("shim.tools.inventory.verdict.MAX_CALLERS", 2)
    _, word, found = judged(*(line(ago(days=1), line=number) for number in range(5)))
    assert word == "called"
    assert found["untold"] == 3
    assert found["verdict"]["sentence"].startswith(
        "More than 2 callers still call retired endpoints: 5 calls"
    )


def test_announcements_are_not_calls(judged, monkeypatch):
    """Beyond the limit of callers, they don't make a quiet program a caller of a retired endpoint."""
    monkeypatch.setattr("shim.tools.inventory.reading.MAX_CALLERS", 1)
    announced = [
        json.dumps({"time": ago(days=40), "announced": f"GET /{number}"})
        for number in range(3)
    ]
    recent = [
        json.dumps({"time": ago(days=1), "announced": f"GET /{number}"})
        for number in range(3)
    ]
    _, word, found = judged(*announced, *recent)
    assert word == "quiet"
    assert found["untold"] == 0


def test_a_line_without_an_end_uses_no_memory(tmp_path):
    """However long, it is malformed, and the next line counts."""
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"x" * 1_000_000 + f"\n{line(ago(days=1))}\n".encode())
    found = read_inventory([path])
    assert found.lines - found.broken == 1
    assert len(found.callers) == 1


COMING = {"ATLAS_SHIM_SUNSET": "clusters=2999-07-01"}
PAST = {"ATLAS_SHIM_SUNSET": "clusters=2026-02-01"}
SAID = "listClusters ends on 2999-07-01, and is called"


@pytest.fixture
def foreseen(judged):
    """Return a function that computes the verdict on a program's lines, which start before the window."""

    def foreseen(*lines, env=COMING):
        begun = started(ago(days=40))
        made = (
            {"operation": "listClusters", "route": "legacy", **members}
            for members in lines
        )
        code, _, found = judged(
            begun, *(line(one.pop("when", ago(days=1)), **one) for one in made), env=env
        )
        return code, found["verdict"]

    return foreseen


def test_calls_that_end_later_have_their_own_sentence(foreseen, tmp_path):
    """No retired calls are made, and JSON and text show when the shim will be needed."""
    code, verdict = foreseen({"when": ago(days=2)}, {"line": 9})
    last = ago(days=1)
    said = f"{SAID} (2 calls, the last {last[:10]} {last[11:16]} UTC)."
    assert code == 0
    assert verdict["word"] == "quiet"
    assert verdict["ahead"] == [said]
    text = (
        CliRunner()
        .invoke(
            main,
            ["inventory", str(tmp_path / "calls.jsonl"), "--since", "30d"],
            env=COMING,
        )
        .stdout
    )
    assert said in " ".join(text.split())


@pytest.mark.parametrize(
    "over", [{"operation": "listServerlessInstances"}, {"route": "dedicated"}]
)
def test_both_kinds_are_counted_separately(foreseen, over):
    """One caller makes both kinds; a call that a successor answered counts as retired, whatever its date."""
    last = ago(days=3)
    code, verdict = foreseen({"when": last, **over}, {})
    assert code == 4
    assert verdict["sentence"].startswith(
        "1 caller still calls retired endpoints: 1 call since "
    )
    assert f"the last {last[:10]} {last[11:16]} UTC" in verdict["sentence"]
    assert verdict["ahead"][0].startswith(
        f"{SAID} (1 call, the last {ago(days=1)[:10]}"
    )


@pytest.mark.parametrize(
    ("members", "environ"),
    [
        ({}, PAST),
        ({"route": ""}, COMING),
        ({"operation": "unheardOf"}, COMING),
        (
            {"operation": "listServerlessInstances"},
            {"ATLAS_SHIM_SUNSET": "instances=2999-01-01"},
        ),
    ],
    ids=[
        "sunset has passed",
        "line of no side",
        "unknown operation",
        "answers mean nothing any more",
    ],
)
def test_other_calls_count_as_retired(foreseen, members, environ):
    """They are calls of an unknown kind, and calls whose reply from Atlas is useless."""
    code, verdict = foreseen(members, env=environ)
    assert code == 4
    assert verdict["word"] == "called"
    assert verdict["ahead"] == []


def test_the_next_end_comes_first(foreseen):
    """Each operation has a sentence."""
    environ = {"ATLAS_SHIM_SUNSET": "clusters=2999-07-01,snapshots=2998-01-01"}
    _, verdict = foreseen(
        {}, *({"operation": one} for one in ("getCluster", LIST)), env=environ
    )
    assert [said.partition(",")[0] for said in verdict["ahead"]] == [
        f"{LIST} ends on 2998-01-01", "getCluster ends on 2999-07-01", "listClusters ends on 2999-07-01",
    ]  # fmt: skip
