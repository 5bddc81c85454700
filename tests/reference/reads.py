"""Where the code reads its environment, found in its syntax trees.

A mapping is taken for the environment by its name: ``os.environ``, or ``environ`` wherever it came from. A read whose
name is written there, or in a constant of a module, is resolved; every other one is a place that a test has to
account for. What would hide a read is found too: an environment under another name, or handed to a parameter of another
name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path

import attrs

SHIM = Path(__file__).resolve().parents[2] / "shim"

_NAMES = frozenset({"environ", "_environ", "environb"})


@attrs.frozen
class Place:
    """A function in a module, as ``credentials:_given``."""

    module: str
    function: str

    def __str__(self) -> str:
        """Return it as tests name it."""
        return f"{self.module}:{self.function}"


@attrs.define
class Reads:
    """What a tree of sources reads: names, where others are made up, and what may be an environment in disguise."""

    names: dict[str, set[str]] = attrs.field(factory=dict)
    made_up: set[str] = attrs.field(factory=set)
    disguised: set[str] = attrs.field(factory=set)


def reads(root: Path = SHIM, package: str = "shim") -> Reads:
    """Return what all modules below ``root`` read; each is imported where a constant of it names a variable."""
    found = Reads()
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(root.rglob("*.py"))}
    parameters = _parameters(trees.values())
    for path, tree in trees.items():
        parts = path.relative_to(root).with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        _Module(f"{package}.{module}".rstrip("."), module, found, parameters).visit(tree)
    return found


def _parameters(trees: Iterable[ast.Module]) -> Mapping[str, list[list[str]]]:
    """Return the parameters of all functions and classes by name; those of a class are its ``__init__``'s or fields."""
    found: dict[str, list[list[str]]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.setdefault(node.name, []).append(_positional(node))
            elif isinstance(node, ast.ClassDef):
                made = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
                fields = [
                    one.target.id
                    for one in node.body
                    if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                ]
                found.setdefault(node.name, []).append(_positional(made[0]) if made else fields)
    return found


def _positional(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def is_environment(node: ast.AST) -> bool:
    """Tell whether an expression is the environment, by its name, or a copy of it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _NAMES
        case (
            ast.Call(func=ast.Name(id="dict"), args=[inner, *_])
            | ast.Call(func=ast.Attribute(value=inner, attr="copy"))
        ):
            return is_environment(inner)
        case ast.IfExp(body=body, orelse=orelse):
            return is_environment(body) or is_environment(orelse)
        case ast.Dict(keys=keys, values=values):
            return any(key is None and is_environment(value) for key, value in zip(keys, values, strict=True))
    return False


class _Module(ast.NodeVisitor):
    """Looks through one module."""

    def __init__(self, dotted: str, short: str, found: Reads, parameters: Mapping[str, list[list[str]]]) -> None:
        self._dotted = dotted
        self._short = short
        self._found = found
        self._parameters = parameters
        self._functions = ["<module>"]
        self._seen: set[ast.AST] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._functions.append(node.name)
        self.generic_visit(node)
        self._functions.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast's name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if node.module == "os" and alias.name in {"environ", "environb", "getenv", "getenvb"}:
                self._hide(f"from os import {alias.name}")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if is_environment(node.value):
            self._seen.add(node.value)
            if isinstance(node.ctx, ast.Load):
                self._read(node.slice)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        keys = [node.left, *node.comparators]
        for key, operator, right in zip(keys, node.ops, node.comparators, strict=False):
            if is_environment(right):
                self._seen.add(right)
                if isinstance(operator, ast.In | ast.NotIn):
                    self._read(key)
        if is_environment(node.left):
            self._seen.add(node.left)  # compared with None
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        callee = node.func
        if is_environment(node):  # a copy
            self._seen |= set(node.args) | ({callee, callee.value} if isinstance(callee, ast.Attribute) else set())
            if node not in self._seen:
                self._hide("a copy")
            return
        name = callee.attr if isinstance(callee, ast.Attribute) else callee.id if isinstance(callee, ast.Name) else ""
        if isinstance(callee, ast.Attribute) and is_environment(callee.value) and name in {"get", "pop", "setdefault"}:
            self._seen |= {callee.value, callee}
            self._read(node.args[0])
        elif name in {"getenv", "getenvb"}:
            self._seen.add(callee)
            self._read(node.args[0])
        elif name in {"expandvars", "getproxies", "getproxies_environment"}:
            self._made_up()
        for keyword in node.keywords:
            if keyword.arg in {"envvar", "show_envvar", "auto_envvar_prefix"}:  # click's
                self._read(keyword.value)
            elif keyword.arg in _NAMES and is_environment(keyword.value):
                self._seen.add(keyword.value)
        for position, argument in enumerate(node.args):
            if is_environment(argument):
                self._seen.add(argument)
                known = self._parameters.get(name, [])
                if not any(names[position : position + 1] and names[position] in _NAMES for names in known):
                    self._hide(f"given to {name or 'a call'}")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if is_environment(node.value) and node not in self._seen:
            self._seen.add(node.value)
            if node.attr not in {"update", "encodekey"}:
                self._made_up()  # items, keys, or a method that is handed on
        elif node.attr in {"getenv", "getenvb"} and node not in self._seen:
            self._hide("getenv that is handed on")
        elif is_environment(node) and node not in self._seen and isinstance(node.ctx, ast.Load):
            self._other(node)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if is_environment(node) and node not in self._seen and isinstance(node.ctx, ast.Load):
            self._other(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if node.value in ("environ", "getenv", "auto_envvar_prefix"):
            self._hide("named in a text")  # as in getattr(os, "environ")

    def visit_Assign(self, node: ast.Assign) -> None:
        if is_environment(node.value) and all(map(is_environment, node.targets)):
            self._seen.add(node.value)
        self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> None:
        for one, value in zip(reversed(node.args), reversed(node.defaults), strict=False):
            if is_environment(value) and one.arg in _NAMES:
                self._seen.add(value)
        for one, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            if default is not None and is_environment(default) and one.arg in _NAMES:
                self._seen.add(default)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        self._seen |= {value for key, value in zip(node.keys, node.values, strict=True) if key is None}
        if is_environment(node) and node not in self._seen:
            self._hide("a copy with more in it")
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._seen |= {one for one in (node.body, node.orelse) if is_environment(one)}
        if is_environment(node) and node not in self._seen:
            self._hide("one of two")
        self.generic_visit(node)

    def _other(self, node: ast.AST) -> None:
        self._made_up() if isinstance(node, ast.Name) else self._hide(ast.unparse(node))

    def _read(self, key: ast.expr) -> None:
        name = self._text(key)
        if name is None:
            self._made_up()
        else:
            self._found.names.setdefault(name, set()).add(self._place)

    def _text(self, key: ast.expr) -> str | None:
        """Return the text of an expression that is a constant, or is made of some."""
        match key:
            case ast.Constant(value=str(text)):
                return text
            case ast.JoinedStr(values=values):
                parts = [self._text(one.value if isinstance(one, ast.FormattedValue) else one) for one in values]
                return None if None in parts else "".join(part for part in parts if part is not None)
            case ast.Name() | ast.Attribute():
                value: object = import_module(self._dotted)
                for part in ast.unparse(key).split("."):
                    value = getattr(value, part, None)
                return value if isinstance(value, str) else None
        return None

    @property
    def _place(self) -> str:
        return str(Place(self._short, self._functions[-1]))

    def _made_up(self) -> None:
        self._found.made_up.add(self._place)

    def _hide(self, how: str) -> None:
        self._found.disguised.add(f"{self._place}: {how}")
