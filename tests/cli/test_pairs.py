"""``pairs``: the commands of the page about the next sunset, also with its document changed."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from shim.fake import FakeAtlas, FakeReply
from shim.fake.server import FakeServer

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "next_sunset"
DOCUMENT = str(EXAMPLE / "greenhouses.toml")
PAIRS = str(EXAMPLE / "greenhouse-pairs.jsonl")


def test_pairs_confirm_a_document(run):
    """All fields are equal except those declared absent. The exit code is 0, and --json has the same table."""
    done = run("pairs", PAIRS, "--document", DOCUMENT)
    assert done.exit_code == 0, done.output
    assert "5 pairs of getGreenhouse, listGreenhouses" in done.stdout
    assert re.search(
        r"^keeper +- +- +4 +- +declared absent$", done.stdout, re.MULTILINE
    )
    assert done.stdout.endswith(
        "answers, except fields declared absent: keeper, results[].keeper.\n"
    )
    found = json.loads(run("pairs", PAIRS, "-o", "json", "--document", DOCUMENT).stdout)
    assert found["ok"] is True
    assert found["pairs"] == 5
    assert found["translated"] == 5
    keeper = next(line for line in found["fields"] if line["field"] == "keeper")
    assert keeper["only_old"] == 4
    assert keeper["absent"] is True
    assert keeper["line"] == 1
    assert keeper["got"] is None


def test_an_absent_field_is_listed_if_an_old_reply_has_it(run, tmp_path):
    """A field that occurs in no recorded reply is not an exception."""
    first = json.loads(Path(PAIRS).read_text().splitlines()[0])
    del first["old"]["keeper"]
    (tmp_path / "pairs.jsonl").write_text(json.dumps(first))
    done = run("pairs", str(tmp_path / "pairs.jsonl"), "--document", DOCUMENT)
    assert done.stdout.endswith("equal the recorded old answers.\n")


def test_pairs_contradict_a_document(run, tmp_path):
    """Each field that differs has its first example, and the exit code is 1."""
    document = tmp_path / "greenhouses.toml"
    document.write_text(
        Path(DOCUMENT).read_text().replace('OPEN = "open"', 'OPEN = "opened"')
    )
    done = run("pairs", PAIRS, "--document", str(document))
    assert done.exit_code == 1
    assert (
        "status: is equal in 2 of 4; line 1: expected open, got opened" in done.stdout
    )


def test_a_value_of_the_wrong_type_is_explained(run, tmp_path):
    """The reason shows upstream's value, which isn't of the field's type."""
    first = json.loads(Path(PAIRS).read_text().splitlines()[0])
    (tmp_path / "pairs.jsonl").write_text(
        json.dumps({**first, "new": {**first["new"], "status": [{"is": "OPEN"}]}})
    )
    done = run("pairs", str(tmp_path / "pairs.jsonl"), "--document", DOCUMENT)
    said = " ".join(done.stdout.split())
    assert (
        "status: is equal in 0 of 1; line 1: expected open, got - (upstream has [{'is': 'OPEN'}]: "
        in said
    )


def test_null_is_shown_as_null(run, tmp_path):
    """A dash means a missing value."""
    first = json.loads(Path(PAIRS).read_text().splitlines()[0])
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(
        json.dumps(
            {
                **first,
                "old": {**first["old"], "status": None, "name": None, "more": None},
            }
        )
    )
    done = run("pairs", str(pairs), "--document", DOCUMENT)
    assert "status: is equal in 0 of 1; line 1: expected null, got open" in done.stdout
    assert "more: is equal in 0 of 1; line 1: expected null, got -" in done.stdout


def test_one_document_can_be_checked_alone(run):
    """It may repeat operations of the shipped documents; checked together with them its pairs fail."""
    assert "no operation of the document is" in run("pairs", PAIRS).stdout
    done = run("check", DOCUMENT)
    assert done.exit_code == 0
    assert "snapshots" not in done.stdout


@pytest.fixture
def greenhouse_api():
    """A server that returns the example in the version of the Accept field."""
    pairs = [json.loads(line) for line in Path(PAIRS).read_text().splitlines()]

    def answer(arrival):
        pair = next(one for one in pairs if one["path"] == arrival.target)
        if "2023-01-01" in arrival.header("Accept"):
            version = "old"
        else:
            version = "new"
        return FakeReply(200, (), json.dumps(pair[version]).encode())

    fake = FakeAtlas()
    fake.overrides.append(answer)
    with FakeServer(fake) as server:
        yield server.url


def test_the_page_records_usable_pairs(greenhouse_api, run, tmp_path):
    """Its two curl calls create a file that ``pairs`` accepts."""
    text = (ROOT / "docs" / "how-to" / "next-sunset.md").read_text("utf-8")
    script = next(
        block
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        if "curl" in block
    )
    assert script.count("curl") == 1  # in a function that is called twice
    script = script.replace("https://cloud.mongodb.com", greenhouse_api)
    known = {
        "PATH": "/usr/bin:/bin",
        "GROUP": "6510aa1b2c3d4e5f60718293",
        "NO_PROXY": "*",
    }
    known |= {"MONGODB_ATLAS_PUBLIC_API_KEY": "a", "MONGODB_ATLAS_PRIVATE_API_KEY": "b"}
    done = subprocess.run(
        ["sh", "-ec", script],
        cwd=tmp_path,
        env=known,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 127:
        pytest.skip(f"curl or jq is not here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "pairs.jsonl").read_text().splitlines()) == 2
    assert (
        run("pairs", str(tmp_path / "pairs.jsonl"), "--document", DOCUMENT).exit_code
        == 0
    )
