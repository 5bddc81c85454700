"""The formats of the output, against what Go's own text/template, text/tabwriter and encoding/json printed."""

import json
from pathlib import Path

import pytest

from shim.cli.atlas_cli.commands import COMMANDS
from shim.cli.atlas_cli.errors import CliError
from shim.cli.atlas_cli.output import formatted

RECORDED = json.loads((Path(__file__).parent / "templates.json").read_text("utf-8"))
PRINTED = [case for case in RECORDED["cases"] if "output" in case]
FAILED = [case for case in RECORDED["cases"] if "error" in case]


def printed(case):
    value = RECORDED["values"][case["value"]]
    template, output = case["template"], "" if case["template"] != "json" else "json"
    return formatted(value["json"], value["struct"], template, output)


@pytest.mark.parametrize("case", PRINTED, ids=lambda case: case["value"])
def test_templates_print_what_go_prints(case):
    """A template, and JSON, are byte for byte what Go made of the same reply."""
    assert printed(case) == case["output"]


@pytest.mark.parametrize("case", FAILED, ids=lambda case: case["value"])
def test_templates_fail_where_go_fails(case):
    """A template that Go could not read or carry out fails, and the error has Go's line."""
    with pytest.raises(CliError) as caught:
        printed(case)
    place = ":".join(case["error"].split(":")[:3])
    assert str(caught.value).startswith(place)


def test_every_command_has_a_recorded_output():
    """The templates of all commands that show a reply are among the recorded ones."""
    recorded = {case["template"] for case in RECORDED["cases"]}
    assert {command.answer for command in COMMANDS if command.struct and ".Id" in command.answer} <= recorded


def test_a_misspelt_field_is_told_the_fields_there_are():
    """JSON names in a template, which Go does not know, are answered with the Go names."""
    value = RECORDED["values"]["snapshot"]
    with pytest.raises(CliError, match=r"can't evaluate field id .* \(it has CreatedAt, .* Id, "):
        formatted(value["json"], value["struct"], "", "go-template={{.id}}")


def test_pointers_are_values_where_go_printed_addresses():
    """`printf` and `eq` take what a field points to, where Go printed an address or failed."""
    value = RECORDED["values"]["snapshot"]
    template = '{{printf "%s" .Id}} {{if eq .SnapshotType "scheduled"}}yes{{end}}'
    assert formatted(value["json"], value["struct"], template, "") == "6a6f78e0cab84da5c4476b25 yes"


def test_a_missing_list_is_empty_in_range():
    """A job without links does not end the loop with an error."""
    assert formatted({}, "ServerlessBackupRestoreJob", "{{range .DeliveryUrl}}x{{else}}none{{end}}", "") == "none"


@pytest.mark.parametrize("text", ["{{define `x`}}{{end}}", "{{template `x`}}", "{{block `x` .}}{{end}}"])
def test_templates_of_templates_are_refused_by_name(text):
    """What is not spoken is said to be so."""
    with pytest.raises(CliError, match=r"atlas-shim does not speak \{\{(define|template|block)\}\}"):
        formatted({}, "ServerlessBackupSnapshot", text, "")


def test_a_whole_struct_is_refused():
    """Go printed a struct with the addresses of its members: nobody wants that, and the way out is named."""
    with pytest.raises(CliError, match="print its fields, or use -o json"):
        formatted({}, "ServerlessBackupSnapshot", "{{.}}", "")


def test_a_template_comes_from_a_file(tmp_path):
    """`go-template-file=` reads the template, and a missing file is told in the CLI's words."""
    file = tmp_path / "template"
    file.write_text("{{.Id}}\n", encoding="utf-8")
    assert formatted({"id": "x"}, "ServerlessBackupSnapshot", "", f"go-template-file={file}") == "x\n"
    with pytest.raises(CliError, match=f"^error loading template: {file}2, open {file}2: no such file"):
        formatted({}, "ServerlessBackupSnapshot", "", f"go-template-file={file}2")


@pytest.mark.parametrize("output", ["yaml", "plaintext", "json-path", "go-template", ""])
def test_an_unknown_format_is_the_table(output):
    """The CLI did not check the format; what it did not know was its own template."""
    assert formatted({"id": "x"}, "ServerlessBackupSnapshot", "{{.Id}}\n", output) == "x\n"


def test_a_whole_number_may_be_written_with_a_point():
    """Go refused 5.0 where it wanted 5; nobody is helped by that."""
    raw = {"effectiveDiskSizeGBLimit": 5.0, "backingProviderName": "AWS", "regionName": "X"}
    shown = formatted(raw, "ServerlessProviderSettings", "{{.EffectiveDiskSizeGBLimit}}", "")
    assert shown == "5"


def test_a_reply_of_another_shape_is_an_error():
    """A member of another JSON type is refused, as Go's decoder refused it."""
    with pytest.raises(CliError, match="json: cannot unmarshal int into Go value of type string"):
        formatted({"id": 1}, "ServerlessBackupSnapshot", "{{.Id}}", "")
    with pytest.raises(CliError, match="cannot parse 'soon' as a time"):
        formatted({"expiresAt": "soon"}, "ServerlessBackupSnapshot", "{{.Id}}", "")
