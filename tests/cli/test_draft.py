"""``draft``, and ``check`` of what it wrote: the commands of the page about the next sunset."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from shim.fake import FakeAtlas, FakeReply
from shim.fake.server import FakeServer

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "next_sunset"
API, PAIRS = str(EXAMPLE / "greenhouses.json"), str(EXAMPLE / "greenhouse-pairs.jsonl")
GET = ("draft", API, "--operation", "getGreenhouse")


@pytest.fixture
def document(run, tmp_path):
    """A draft of the example, as a file."""
    file = tmp_path / "greenhouses.toml"
    assert run(*GET, "--operation", "listGreenhouses", "--pairs", PAIRS, "-o", str(file)).exit_code == 0
    return file


def test_a_file_is_written_with_the_next_step(run, tmp_path):
    """What to run next is a command that works."""
    file = tmp_path / "mine.toml"
    done = run(*GET, "--pairs", PAIRS, "-o", str(file))
    assert f"{file} is written, with 2 questions left (# ?)." in done.stdout
    command = shlex.split(re.search(r"run (atlas-shim check .+)", done.stdout)[1])  # type: ignore[index]  # it is there
    asked = json.loads(run("check", str(file), "-o", "json").stdout)["problems"]
    assert asked
    assert all(one.endswith("'?' is a question; say why") for one in asked)
    assert command[1:] == ["check", "--pairs", PAIRS, str(file)]


def test_pairs_say_which_versions_are_meant(run, tmp_path):
    """A description may have more versions than the two that were recorded."""
    api = json.loads(Path(API).read_text())
    for methods in api["paths"].values():
        content = methods["get"]["responses"]["200"]["content"]
        content["application/vnd.atlas.2022-01-01+json"] = content["application/vnd.atlas.2023-01-01+json"]
    (tmp_path / "api.json").write_text(json.dumps(api))
    draft = ("draft", str(tmp_path / "api.json"), "--operation", "getGreenhouse")
    assert 'versions = ">=2022.1.1,<2023.1.1"' in run(*draft).stdout
    assert 'versions = ">=2023.1.1,<2026.6.1"' in run(*draft, "--pairs", PAIRS).stdout


def test_what_is_wrong_is_one_line(run, tmp_path):
    """An unknown operation, and as many successors as operations."""
    done = run("draft", API, "--operation", "getShed")
    assert (done.exit_code, "has no operation 'getShed'" in done.stderr) == (2, True)
    done = run(*GET, "--operation", "listGreenhouses", "--successor", "x")
    assert (done.exit_code, "once for each --operation" in done.stderr) == (2, True)


def test_pairs_prove_a_document(run, document):
    """All fields are equal except those declared absent; the table has a JSON form, and the exit code is 0."""
    done = run("check", "--pairs", PAIRS, str(document))
    assert done.exit_code == 0, done.output
    assert "9 pairs of getGreenhouse, listGreenhouses" in done.stdout
    assert re.search(r"^keeper +- +- +8 +- +declared absent$", done.stdout, re.MULTILINE)
    assert done.stdout.endswith(
        "answers, except fields declared absent: crops, keeper, results[].crops, results[].keeper.\n"
    )
    found = json.loads(run("check", "--pairs", PAIRS, "-o", "json", str(document)).stdout)
    assert (found["ok"], found["pairs"], found["translated"]) == (True, 9, 9)
    keeper = next(line for line in found["fields"] if line["field"] == "keeper")
    assert (keeper["only_old"], keeper["absent"], keeper["line"], keeper["got"]) == (8, True, 1, None)


def test_pairs_deny_a_document(run, document):
    """Each field that differs is shown with its first example, and the exit code is 1."""
    document.write_text(document.read_text().replace('factor = "1/10"', "factor = 10"))
    done = run("check", "--pairs", PAIRS, str(document))
    assert done.exit_code == 1
    assert "heightCm: differs in 8 of 8; line 1: expected 400, got 40000" in done.stdout


def test_one_document_can_be_checked_alone(run, document):
    """A draft is checked without the shipped documents, whose operations it may repeat; pairs of it fail with them."""
    assert "no operation of the document is" in run("check", "--pairs", PAIRS).stdout
    document.write_text(document.read_text().replace('why = "?"', 'why = "Nobody knows."'))
    done = run("check", str(document))
    assert done.exit_code == 0
    assert "snapshots" not in done.stdout


@pytest.fixture
def greenhouse_api():
    """A server that answers the example's get in the version that Accept names."""
    pairs = [json.loads(line) for line in Path(PAIRS).read_text().splitlines()]

    def answer(arrival):
        pair = next(one for one in pairs if one["path"] == arrival.target)
        version = "old" if "2023-01-01" in arrival.header("Accept") else "new"
        return FakeReply(200, (), json.dumps(pair[version]).encode())

    fake = FakeAtlas()
    fake.overrides.append(answer)
    with FakeServer(fake) as server:
        yield server.url


def test_the_page_records_pairs_that_can_be_read(greenhouse_api, document, run, tmp_path):
    """Its two calls of curl make a file that ``check --pairs`` takes."""
    text = (ROOT / "docs" / "how-to" / "next-sunset.md").read_text("utf-8")
    script = next(block for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if "curl" in block)
    assert script.count("curl") == 1  # in a function that is called twice
    script = script.replace("https://cloud.mongodb.com", greenhouse_api)
    known = {"PATH": "/usr/bin:/bin", "GROUP": "6510aa1b2c3d4e5f60718293", "NO_PROXY": "*"}
    known |= {"MONGODB_ATLAS_PUBLIC_API_KEY": "a", "MONGODB_ATLAS_PRIVATE_API_KEY": "b"}
    done = subprocess.run(["sh", "-ec", script], cwd=tmp_path, env=known, capture_output=True, text=True, check=False)
    if done.returncode == 127:
        pytest.skip(f"curl or jq is not here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "pairs.jsonl").read_text().splitlines()) == 2
    assert run("check", "--pairs", str(tmp_path / "pairs.jsonl"), str(document)).exit_code == 0
