"""Go's text/template, carried out on the structs of a reply.

Where Go printed a pointer's address or refused to compare one, the value is taken: no script can have relied on that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from shim.cli.atlas_cli.structs import STRUCTS, Pointer, Struct, Time
from shim.cli.atlas_cli.template_functions import FUNCTIONS, SHORT_CIRCUITS, format_time, printed, target, truth
from shim.cli.atlas_cli.template_parse import Block, Call, Chain, Leave, Literal, Node, Operand, Pipeline, TemplateError

_NONE = object()
"""No final argument: the first command of a pipeline is given none."""


class _Left(Exception):  # noqa: N818 - no error: control that leaves a loop
    """A ``break`` or ``continue`` on its way to its range."""

    def __init__(self, word: str) -> None:
        self.word = word


def execute(nodes: Iterable[Node], data: Any) -> str:
    """Return what a template prints of ``data``; raises TemplateError with the line."""
    return "".join(_Run([("$", data)]).walk(nodes, data))


@attrs.define
class _Run:
    """One execution: the variables in force, the innermost last."""

    variables: list[tuple[str, Any]]

    def walk(self, nodes: Iterable[Node], dot: Any) -> Iterator[str]:
        for node in nodes:
            match node:
                case str():
                    yield node
                case Pipeline():
                    value = self.evaluate(node, dot)
                    if not node.names:
                        yield self.show(node, value)
                case Leave(word):
                    raise _Left(word)
                case Block():
                    mark = len(self.variables)
                    yield from self.block(node, dot)
                    del self.variables[mark:]

    def show(self, node: Pipeline, value: Any) -> str:
        try:
            return printed(value)
        except ValueError as error:
            raise TemplateError(node.line, str(error)) from None

    def block(self, node: Block, dot: Any) -> Iterator[str]:
        if node.word == "range":
            yield from self.range(node, dot)
            return
        value = self.evaluate(node.pipeline, dot)
        inner = value if node.word == "with" and truth(value) else dot
        yield from self.walk(node.body if truth(value) else node.otherwise, inner)

    def range(self, node: Block, dot: Any) -> Iterator[str]:
        names = node.pipeline.names
        over = target(self.evaluate(attrs.evolve(node.pipeline, names=()), dot))
        items = list(range(over)) if type(over) is int else over
        if items is None or items == []:
            yield from self.walk(node.otherwise, dot)
            return
        if not isinstance(items, list):
            raise TemplateError(node.pipeline.line, f"range can't iterate over {printed(over)}")
        mark = len(self.variables)
        for at, item in enumerate(items):
            self.variables += zip(names, (at, item) if len(names) == 2 else (item,), strict=bool(names))
            try:
                yield from self.walk(node.body, item)
            except _Left as left:
                if left.word == "break":
                    return
            finally:
                del self.variables[mark:]

    def evaluate(self, node: Pipeline, dot: Any) -> Any:
        value: Any = _NONE
        for command in node.commands:
            value = self.command(command, dot, value, node.line)
        if node.declares:
            self.variables += [(name, value) for name in node.names]
        elif node.names:
            self.assign(node.names[-1], value, node.line)
        return value

    def assign(self, name: str, value: Any, line: int) -> None:
        for at in reversed(range(len(self.variables))):
            if self.variables[at][0] == name:
                self.variables[at] = (name, value)
                return
        raise TemplateError(line, f'undefined variable "{name}"')

    def command(self, operands: tuple[Operand, ...], dot: Any, final: Any, line: int) -> Any:
        first, *rest = operands
        last = [] if final is _NONE else [final]
        if isinstance(first, Call):
            return self.call(first.name, rest, last, dot, line)
        if isinstance(first, Chain) and first.fields:
            owner = self.operand(attrs.evolve(first, fields=first.fields[:-1]), dot, line)
            return self.field(owner, first.fields[-1], [*(self.operand(one, dot, line) for one in rest), *last], line)
        if rest or last:
            raise TemplateError(line, "can't give argument to non-function")
        if first == Literal(None):
            raise TemplateError(line, "nil is not a command")
        return self.operand(first, dot, line)

    def operand(self, operand: Operand, dot: Any, line: int) -> Any:
        match operand:
            case Literal(value):
                return value
            case Call(name):
                return self.call(name, [], [], dot, line)
            case Chain(base, fields):
                value = dot if base is None else self.base(base, dot, line)
                for name in fields:
                    value = self.field(value, name, [], line)
                return value

    def base(self, base: str | Pipeline, dot: Any, line: int) -> Any:
        if isinstance(base, Pipeline):
            return self.evaluate(base, dot)
        for name, value in reversed(self.variables):
            if name == base:
                return value
        raise TemplateError(line, f'undefined variable "{base}"')

    def call(self, name: str, operands: list[Operand], last: list[Any], dot: Any, line: int) -> Any:
        if name in SHORT_CIRCUITS:
            if not (operands or last):
                raise TemplateError(line, f"wrong number of args for {name}: want at least 1 got 0")
            value: Any = None
            for operand in operands:
                value = self.operand(operand, dot, line)
                if truth(value) is SHORT_CIRCUITS[name]:
                    return value
            return last[0] if last else value
        if name not in FUNCTIONS:
            known = ", ".join(sorted({*FUNCTIONS, *SHORT_CIRCUITS}))
            raise TemplateError(line, f'function "{name}" not defined (atlas-shim has {known})')
        given = [*(self.operand(one, dot, line) for one in operands), *last]
        try:
            return FUNCTIONS[name](*given)
        except (TypeError, ValueError, IndexError) as error:
            raise TemplateError(line, f"error calling {name}: {error}") from None

    def field(self, owner: Any, name: str, given: list[Any], line: int) -> Any:
        """Return a field, or what a method returns: the SDK's getters, and those of time.Time."""
        value = owner.to if isinstance(owner, Pointer) else owner
        if isinstance(value, Struct):
            names = value.names()
            if name in names and not given:
                return value.members[names[name]]
            if name[3:] in names and not given and name.startswith(("Get", "Has")):
                member = value.members[names[name[3:]]]
                if name.startswith("Has"):
                    return member is not None
                return _zero(STRUCTS[value.kind][names[name[3:]]]) if member is None else target(member)
            fields = ", ".join(names)
            raise TemplateError(line, f"can't evaluate field {name} in type admin.{value.kind} (it has {fields})")
        if isinstance(value, Time):
            return _method(value, name, given, line)
        if value is None:
            raise TemplateError(line, f"nil pointer evaluating .{name}")
        raise TemplateError(line, f"can't evaluate field {name} in {printed(value)}")


def _zero(kind: str) -> Any:
    """Return what a getter says when there is nothing."""
    return {"string": "", "int": 0, "bool": False}.get(kind[1:])


def _method(value: Time, name: str, given: list[Any], line: int) -> Any:
    when = value.when
    match name, given:
        case "Format", [str(layout)]:
            return format_time(value, layout)
        case "String", []:
            return str(value)
        case "Unix", []:
            return int(when.timestamp() // 1)
        case (("Year" | "Day" | "Hour" | "Minute" | "Second"), []):
            return getattr(when, name.lower())
    raise TemplateError(line, f"atlas-shim does not speak .{name} of a time; it does .Format LAYOUT and .Unix")
