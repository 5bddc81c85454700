"""The page of commands has every command and option that the help has, and no other."""

import re

import click
import pytest
from click.testing import CliRunner

from shim.cli import COMMANDS, main
from shim.gateway.options import TABLE
from tests.reference.commands import command_of

FLAG = r"--?[a-z][a-z-]*"


def leaves(names=()):
    """Yield the words of every command that does something."""
    command = command_of(names[0]) if names else None
    for name in names[1:]:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    below = COMMANDS if command is None else command.commands if isinstance(command, click.Group) else ()
    if not below:
        yield " ".join(names)
    for name in below:
        yield from leaves((*names, name))


LEAVES = tuple(leaves())


@pytest.fixture(scope="module")
def sections(page):
    """What the page says about each command."""
    pieces = re.split(r"^#{2,4} (.+)\n", page("commands.md"), flags=re.MULTILINE)
    return {
        heading.removeprefix("`atlas-shim ").rstrip("`"): text
        for heading, text in zip(pieces[1::2], pieces[2::2], strict=True)
        if heading.startswith("`")
    }


def test_every_command_has_its_section_and_nothing_else_has_one(sections):
    """Groups such as ``snapshots`` have one for themselves, and one for each of their commands."""
    groups = {names.rpartition(" ")[0] for names in LEAVES} - {""}
    assert set(sections) == {*LEAVES, *groups}


@pytest.mark.parametrize("words", LEAVES)
def test_the_options_are_those_of_the_help(words, sections):
    """Each in the first column of the table; those of the gateway in a list that leads to the settings."""
    shown = CliRunner().invoke(main, [*words.split(), "--help"], prog_name="atlas-shim", terminal_width=200).output
    named = re.findall(rf"^  ({FLAG}(?:, {FLAG})*)", shown.partition("Options:")[2], re.MULTILINE)
    expected = {flag for flags in named for flag in flags.split(", ")} - {"-h", "--help"}
    cells = re.findall(r"^\| (`-.+?) \|", sections[words], re.MULTILINE)
    listed = re.findall(r"^\* [^`]+((?:`--[a-z-]+`(?:, )?)+)$", sections[words], re.MULTILINE)
    assert bool(listed) == (words == "serve")
    assert {flag for cell in (*cells, *listed) for flag in re.findall(rf"`({FLAG})", cell)} == expected


@pytest.mark.parametrize("words", LEAVES)
def test_the_usage_is_that_of_the_help(words, sections):
    """The line that says in which order arguments come."""
    shown = CliRunner().invoke(main, [*words.split(), "--help"], prog_name="atlas-shim", terminal_width=200).output
    assert f"    {shown.splitlines()[0].removeprefix('Usage: ')}\n" in sections[words]


def test_exit_codes_that_are_not_the_usual_ones_are_told(sections):
    """A command whose help has such codes has them on the page."""
    for words in LEAVES:
        help_ = command_of(words.split()[0]).help or ""
        if "Exit codes" in help_ and " " not in words:
            assert "Exit codes: " in sections[words]


def test_every_option_of_the_gateway_is_listed(sections):
    """By its flag."""
    assert all(f"`{row.flag}`" in sections["serve"] for row in TABLE)
