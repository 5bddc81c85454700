"""Printing a reply in the format that was asked for: the command's template, JSON, JSONPath or the user's template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shim.cli.atlas_cli.errors import CliError
from shim.cli.atlas_cli.jsonpath import PathError, select
from shim.cli.atlas_cli.structs import marshal, plain, read
from shim.cli.atlas_cli.tabwriter import align
from shim.cli.atlas_cli.template_parse import TemplateError, parse
from shim.cli.atlas_cli.template_run import execute


def formatted(raw: object, struct: str, template: str, output: str) -> str:
    """Return what the CLI printed of a reply; a format that it did not know is the command's template, as there.

    ``raw`` is the reply's JSON, ``struct`` its Go type ("" for a command that prints no reply), ``output`` the
    value of ``--output``. Raises CliError on a template or path that can't be carried out.
    """
    kind, _, argument = output.partition("=")
    try:
        value = read(struct, raw) if struct else None
        if output == "json":
            return marshal(plain(value)) + "\n"
        if kind == "json-path" and "=" in output:
            return marshal(select(argument, plain(value))) + "\n"
        if kind == "go-template" and "=" in output:
            template = argument
        if kind == "go-template-file" and "=" in output:
            template = _content(argument)
        return align(execute(parse(template), value)) if template else _bare(value)
    except (TemplateError, PathError, ValueError) as error:
        raise CliError(str(error)) from None


def _content(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        why = (error.strerror or "").lower()
        raise CliError(f"error loading template: {path}, open {path}: {why}") from None


def _bare(value: Any) -> str:
    """Refuse an empty template: Go printed the struct with the addresses of its members."""
    raise CliError(f"the template is empty; atlas-shim prints a {type(value).__name__} by its fields only")
