"""The output formats, compared with Go's text/template, text/tabwriter and encoding/json; json-path."""

import json
import sys
from pathlib import Path

import pytest

from shim.atlas import models
from shim.atlas.convert import Model
from shim.cli.atlas_cli.commands import COMMANDS
from shim.cli.atlas_cli.flags import CliError
from shim.cli.atlas_cli.output import printer, selector
from shim.extras import hint
from shim.fake import DEMO_CLUSTER, DEMO_GROUP
from tests.fake.asking import received

RECORDED = json.loads((Path(__file__).parent / "templates.json").read_text("utf-8"))

BY_PATH = {command.path: command for command in COMMANDS}
LIST = BY_PATH["atlas serverless backups snapshots list"]
DESCRIBE = BY_PATH["atlas serverless backups snapshots describe"]

MODELS: dict[str, type[Model]] = {
    "PaginatedApiAtlasServerlessBackupSnapshot": models.PaginatedServerlessBackupSnapshots,
    "ServerlessBackupSnapshot": models.ServerlessBackupSnapshot,
    "PaginatedApiAtlasServerlessBackupRestoreJob": models.PaginatedServerlessBackupRestoreJobs,
    "ServerlessBackupRestoreJob": models.ServerlessBackupRestoreJob,
    "PaginatedServerlessInstanceDescription": models.PaginatedServerlessInstances,
    "ServerlessInstanceDescription": models.ServerlessInstanceDescription,
}


def snapshot(**members):
    return models.ServerlessBackupSnapshot.from_json(members)


@pytest.mark.parametrize(
    "case", RECORDED["cases"], ids=lambda case: f"{case['command']} {case['value']}"
)
def test_replies_are_printed_as_go_prints_them(case):
    """Tables, sentences and JSON equal byte for byte those that Go printed for the same reply."""
    value = RECORDED["values"][case["value"]]
    show = printer(
        BY_PATH[case["command"]], "json" if case["template"] == "json" else ""
    )
    assert show(MODELS[value["struct"]].from_json(value["json"])) == case["output"]


def test_every_command_that_shows_a_reply_has_a_recorded_output():
    """The recorded outputs cover all commands that show fields of a reply."""
    recorded = {
        case["command"] for case in RECORDED["cases"] if case["template"] != "json"
    }
    shows = {command.path for command in COMMANDS if "watch" not in command.path}
    assert (
        shows - {f"atlas serverless {verb}" for verb in ("create", "update", "delete")}
        <= recorded
    )


@pytest.mark.parametrize(
    "output", ["yaml", "plaintext", "json-path", "go-template", ""]
)
def test_an_unknown_format_prints_the_table(output):
    """The CLI did not check the format either, and printed its own table."""
    assert printer(DESCRIBE, output)(snapshot(id="x")).splitlines() == [
        "ID    SNAPSHOT TYPE   EXPIRES AT",
        "x     <nil>           <nil>",
    ]


@pytest.mark.parametrize("members", [{"id": 1}, {"expiresAt": "soon"}])
def test_a_reply_of_another_shape_is_an_error(members):
    """A field of another JSON type is refused, as Go's decoder did."""
    with pytest.raises(CliError, match="json: cannot unmarshal"):
        printer(DESCRIBE, "")(snapshot(**members))


def test_an_unprintable_format_orders_nothing(atlas, signed_in, server):
    """A restore with a failing format is refused before anything is sent, with exit code 1."""
    words = f"serverless backups restores create --clusterName {DEMO_CLUSTER} --deliveryType download --snapshotId"
    for output in ("go-template={{.Id}}", "go-template-file=x", "json-path=$.[?"):
        done = atlas(*words.split(), "6a6e2746f892dad018f3f094", "-o", output)
        assert done.exit_code == 1
        assert done.stdout == ""
        assert "-o json | jq -r '" in done.stderr
    assert received(server.fake, "POST") == []


def test_a_missing_library_is_an_error_with_the_extra(atlas, signed_in, monkeypatch):
    """`json-path` needs the extra `cli`; the other formats don't."""
    monkeypatch.setitem(sys.modules, "jsonpath", None)
    done = atlas(
        "serverless", "list", "--projectId", DEMO_GROUP, "-o", "json-path=$..id"
    )
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr == f"Error: {hint('jsonpath')}\n"


PAGE = {
    "results": [
        {
            "id": "a",
            "status": "completed",
            "size": 5,
            "links": [{"rel": "self"}],
            "failed": False,
        },
        {"id": "b", "status": "failed", "size": 7, "links": [], "failed": True},
        {"id": "c", "status": "completed", "odd name": True},
    ],
    "totalCount": 3,
}


@pytest.mark.parametrize(("path", "expected"), [
    ("$.totalCount", 3), ("totalCount", 3), ("$.results[0].id", "a"), ("$.results[2]['odd name']", True),
    ("$.results[*].id", ["a", "b", "c"]), ("$..links[0].rel", ["self"]), ("$.results[0:2].id", ["a", "b"]),
    ("$.results[?(@.status == 'completed')].id", ["a", "c"]),
    ("$.results[?(@.size > 5 && @.failed == true)].id", ["b"]), ("$.results[?(@.status == 'none')].id", []),
    ("$.results[*].nothing", []),
])  # fmt: skip
def test_a_path_returns_its_value(path, expected):
    """A path that can match only one value returns it; any other returns a list."""
    assert selector(path)(PAGE) == expected


@pytest.mark.parametrize(
    ("path", "said"),
    [
        *(
            (path, "unknown key or index")
            for path in ("$.nothing", "$.results[7]", "$.results.id", "$.totalCount.x")
        ),
        ("$.results[(@.length-1)]", "jq reads more"),
    ],
)
def test_a_path_without_a_match_is_an_error(path, said):
    """A script that asks for one value gets an exit code instead of an empty line."""
    with pytest.raises(CliError, match=said):
        selector(path)(PAGE)
