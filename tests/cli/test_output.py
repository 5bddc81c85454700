"""The writing that all commands share."""

import json

import click
import pytest
from click.testing import CliRunner

from shim.cli import output


def written(function, *arguments):
    """Return the bytes that a function writes to stdout."""
    return CliRunner().invoke(click.command()(lambda: function(*arguments))).stdout_bytes


@pytest.mark.parametrize("value", [{"a": "é…"}, {"b": 2**70}, ["\ud800"], {"c": None}])
def test_json_is_utf_8_and_comes_back_as_it_was(value):
    """Any JSON value survives, a lone surrogate and a large number included."""
    assert json.loads(written(output.write_json, value).decode("utf-8")) == value


@pytest.mark.parametrize(("value", "text"), [(None, "-"), ("", "-"), ("a\nb", "a?b"), (True, "true"), (["x"], '["x"]')])
def test_values_in_tables(value, text):
    """Missing is a dash, text is bare, the rest is JSON."""
    assert output.printable(value) == text


def test_an_empty_table_has_its_headings():
    """No results are not an error."""
    assert written(output.write_table, ("A", "B"), []) == b"A  B\n"


@pytest.mark.parametrize("names", ["a document's", "a folder's", "a configuration's"])
def test_names_from_outside_cant_steer_the_terminal(run, tmp_path, names):
    """ESC and C1 controls in what others have named are shown as question marks."""
    odd = "x\x1b[31m\x9by"
    if names == "a document's":
        (tmp_path / "a.toml").write_text(f'format = 1\noverrides = "snapshots"\n["{odd}"]\n'.replace("\x1b", "\\u001b"))
        words = ["check", str(tmp_path / "a.toml")]
    elif names == "a folder's":
        (tmp_path / odd).mkdir()
        (tmp_path / odd / "a.toml").write_text("format = 2\n")
        words = ["check", str(tmp_path / odd)]
    else:
        (tmp_path / "shim.toml").write_text(f'"{odd}" = 1\n'.replace("\x1b", "\\u001b"))
        words = ["serve", "--config", str(tmp_path / "shim.toml")]
    done = run(*words)
    assert done.exit_code != 0
    assert "\x1b" not in done.output
    assert "\x9b" not in done.output
    assert "y" in done.output
