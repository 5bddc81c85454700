"""What an expression of a scanned program may be, as far as reading it tells.

A value is a tuple of alternatives, since a name may have been given several things. A text is
known in parts: ``HOLE`` stands for any characters that are only known when the program runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from shim.scan.modules import Module

HOLE = "\x00"
"""Stands for any text in a Text; a NUL of the program itself is read as U+FFFD."""

_MOST = 16
_LONGEST = 4000


@attrs.frozen
class Place:
    """Where something stands: file as given, lines from 1, columns from 1 in characters."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@attrs.frozen
class Text:
    """A text with holes, and the places of the literals that it was made from."""

    s: str
    atoms: frozenset[Place] = frozenset()


@attrs.frozen
class Seq:
    """A list or tuple; ``rest`` says that there may be more or fewer items than these."""

    items: tuple[Value, ...]
    rest: bool = False


@attrs.frozen
class Table:
    """A dict with text keys; ``rest`` says that there may be other keys."""

    items: tuple[tuple[str, Value], ...]
    rest: bool = False

    def get(self, key: str) -> Value | None:
        """Return the value at a key, the last one given."""
        return next((value for name, value in reversed(self.items) if name == key), None)


@attrs.define(eq=False)
class Frame:
    """The names of one scope while it is followed; ``generic`` when its parameters are unknown."""

    module: Module
    parent: Frame | None = None
    names: dict[str, Value] = attrs.field(factory=dict)
    generic: bool = True
    is_class: bool = False
    owner: Class | None = None
    me: Instance | None = None
    function: str = ""
    branches: int = 0
    returns: list[Value] = attrs.field(factory=list)
    yields: list[Value] = attrs.field(factory=list)
    outer: set[str] = attrs.field(factory=set)

    def find(self, name: str) -> Value | None:
        """Return what a name stands for, looking outwards."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names and (frame is self or not frame.is_class):
                return frame.names[name]
            frame = frame.parent
        return None


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@attrs.frozen(eq=False)
class Func:
    """A function of the scanned program, the scope it was made in, and its class if it is a method."""

    node: FunctionNode
    frame: Frame
    owner: Class | None = None


@attrs.frozen
class Bound:
    """A method together with the object it is called on."""

    func: Func
    me: Instance | Class


@attrs.define(eq=False)
class Class:
    """A class of the scanned program; ``foreign`` when a base of it is not."""

    name: str
    frame: Frame
    bases: tuple[Class, ...] = ()
    foreign: bool = False
    fields: tuple[str, ...] = ()
    attributes: dict[str, Value] | None = None

    def find(self, name: str) -> Value | None:
        """Return an attribute of the class or of its bases."""
        if name in self.frame.names:
            return self.frame.names[name]
        return next((value for base in self.bases if (value := base.find(name)) is not None), None)


@attrs.define(eq=False)
class Instance:
    """An object of a scanned class (None for a plain namespace); ``base`` is its HTTP base URL if known."""

    kind: Class | None
    attributes: dict[str, Value] = attrs.field(factory=dict)
    writes: int = 0
    base: Text | None = None


@attrs.frozen
class Super:
    """``super()`` in a method of a class."""

    owner: Class
    me: Instance | None


@attrs.frozen(eq=False)
class Whole:
    """A scanned module as a value."""

    module: Module


@attrs.frozen
class Ref:
    """Something unknown, by the dotted name it was reached by.

    ``external`` says that the name leads into a package that is not being scanned; ``base`` is
    the base URL of an HTTP client.
    """

    name: str = ""
    external: bool = False
    base: Text | None = None

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]


Thing = Text | Seq | Table | Func | Bound | Class | Instance | Super | Whole | Ref
Value = tuple[Thing, ...]

Keywords = Mapping[str, Value]
"""Keyword arguments."""

UNKNOWN: Value = (Ref(),)


def join(values: Iterable[Value]) -> Value:
    """Return one value for all alternatives of several, each once."""
    things = tuple(dict.fromkeys(thing for value in values for thing in value))
    return things[:_MOST] or UNKNOWN


def texts(value: Value) -> tuple[Text, ...]:
    """Return the texts that a value may be when it is put into a text."""
    return tuple(dict.fromkeys(thing if isinstance(thing, Text) else Text(HOLE) for thing in value))


def known(value: Value) -> tuple[Text, ...]:
    """Return the alternatives that are texts."""
    return tuple(thing for thing in value if isinstance(thing, Text))


def text(s: str, atoms: Iterable[Place] = ()) -> Text:
    """Return a text; neighbouring holes are one, and one too long is only a hole."""
    while HOLE * 2 in s:
        s = s.replace(HOLE * 2, HOLE)
    return Text(HOLE) if len(s) > _LONGEST else Text(s, frozenset(atoms))


def concat(parts: Iterable[Value]) -> Value:
    """Return the texts that parts make when put one after the other."""
    done: list[Text] = [Text("")]
    for part in parts:
        done = [text(left.s + right.s, left.atoms | right.atoms) for left in done for right in texts(part)][:_MOST]
    return tuple(dict.fromkeys(done))


def url_join(parts: Iterable[Value]) -> Value:
    """Return the paths that parts make with one slash between them; an absolute URL starts anew."""
    done: list[Text] = []
    for part in parts:
        rights = texts(part)
        done = [_under(left, right) for left in done for right in rights][:_MOST] if done else list(rights)
    return tuple(dict.fromkeys(done)) or UNKNOWN


def _under(left: Text, right: Text) -> Text:
    if "://" in right.s or not left.s:
        return right
    return text(left.s.rstrip("/") + "/" + right.s.lstrip("/"), left.atoms | right.atoms)
