"""The page for people is one file that loads nothing, runs nothing, and shows whatever callers say as text."""

import base64
import hashlib
import json

import pytest
from click.testing import CliRunner

from shim.cli import main
from tests.peers.pages import HOSTILE, Page


def record(**members):
    return {"time": "2026-06-01T00:00:00Z", "operation": "listServerlessBackupSnapshots", "route": "flex", **members}


@pytest.fixture
def made(tmp_path):
    """Return a function that makes the page of some records, and returns its text."""

    def made(*records):
        (tmp_path / "calls.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in records))
        out = tmp_path / "page.html"
        done = CliRunner().invoke(main, ["inventory", str(tmp_path / "calls.jsonl"), "--html", str(out)])
        assert done.exit_code == 0, done.output
        return out.read_text("utf-8")

    return made


def test_the_verdict_comes_first_and_the_command_whole(made):
    """Then callers with their counts, what their answers lack, and the call to make instead."""
    page = Page(made(record(file="/srv/jobs.py", line=7, absent=["storageSizeBytes"], derived=["createdAt"])))
    assert "".join(page.texts["p"][:1]).strip().startswith("1 caller still calls retired endpoints: 1 call since")
    assert page.elements.index("p") < page.elements.index("table")
    assert "/srv/jobs.py:7" in page.texts["code"]
    assert {"absent: storageSizeBytes", "derived: createdAt"} <= set(page.texts["li"])
    assert page.texts["pre"] == [
        "atlas-shim explain GET '/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots'"
    ]


def test_the_command_names_a_version_where_a_later_one_is_another_operation(made):
    """Else it would explain the oldest of those that have the path."""
    page = Page(made(record(operation="listClusters", file="f", line=1)))
    (command,) = page.texts["pre"]
    assert "--accept application/vnd.atlas.2023-02-01+json" in command
    assert ", Accept: application/vnd.atlas.2024-08-05+json" in "".join(page.texts["li"])


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_caller_says_is_text(made, text):
    """Wherever it stands: an agent, an address, a file, an operation's name, a field."""
    plain = Page(made(record(agent="a", peer="p"), record(operation="o", file="f", line=1, absent=["x"])))
    page = Page(made(record(agent=text, peer=text), record(operation=text, file=text, line=1, absent=[text])))
    assert sorted(page.elements) == sorted(plain.elements)
    assert {(tag, name) for tag, name, _ in page.attributes} == {(tag, name) for tag, name, _ in plain.attributes}
    shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    assert f"{shown} from {shown}" in page.texts["code"]


def test_nothing_is_loaded_or_run(made):
    """There is no script, no address of another file and no style but the one whose digest the policy names."""
    page = Page(made(*(record(agent=text, absent=[text]) for text in HOSTILE)))
    assert not {"script", "link", "img", "iframe", "object", "a", "form"} & set(page.elements)
    assert not [one for one in page.attributes if one[1] in {"src", "href", "style", "srcset"} or one[1][:2] == "on"]
    (policy,) = (value for _, name, value in page.attributes if name == "content" and "default-src" in value)
    digest = base64.b64encode(hashlib.sha256(page.texts["style"][0].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in page.texts["style"][0]


def test_an_empty_inventory_has_a_page_too(made):
    """With the reason why it proves nothing."""
    page = Page(made())
    assert "".join(page.texts["strong"]) == "Not proven."
    assert any("No window was given" in text for text in page.texts["li"])


def test_a_page_that_can_not_be_written_is_one_line(tmp_path):
    """With the option's name."""
    (tmp_path / "calls.jsonl").touch()
    done = CliRunner().invoke(main, ["inventory", str(tmp_path / "calls.jsonl"), "--html", str(tmp_path / "no" / "x")])
    assert done.exit_code == 2
    assert "--html" in done.output


def test_an_inventory_is_never_written_over(tmp_path):
    """A slip of the hand must not cost the file."""
    path = tmp_path / "calls.jsonl"
    path.write_text("{}\n")
    assert CliRunner().invoke(main, ["inventory", str(path), "--html", str(path)]).exit_code == 2
    assert path.read_text() == "{}\n"
