"""What an expression of a Python program may be, as far as reading it tells.

A value is a tuple of alternatives, since a name may have been given several things.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

import attrs

from shim.scan.python.modules import SourceModule
from shim.scan.texts import HOLE, Text, concat, made, url_join

_MOST = 16
_SAME = frozenset({"value", "path", "url", "raw_path", "text", "parent", "_value_"})
"""Attributes of an enum member or of a URL that are, as far as a path is concerned, the text itself."""
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@attrs.frozen(cache_hash=True)
class Listing:
    """A list, tuple, set or generator; with ``keys`` a dict or namespace."""

    values: tuple[Value, ...] = ()
    keys: tuple[str, ...] | None = None

    def get(self, key: str) -> Value | None:
        """Return the value at a key, the last one given, or at an index."""
        if self.keys is not None:
            return dict(zip(self.keys, self.values, strict=True)).get(key)
        return self.values[int(key)] if key.isdecimal() and len(key) < 9 and int(key) < len(self.values) else None

    def updated(self, others: Mapping[str, Value]) -> Listing:
        """Return a dict with more keys; anything else stays as it is."""
        return self if self.keys is None else Listing((*self.values, *others.values()), (*self.keys, *others))


@attrs.define(eq=False)
class Scope:
    """The names of a module, class or call while its statements are read; a module's is the module as a value.

    A ``noted`` one is read for itself, and what is seen in it is told. ``function`` is the one that is read, ``me``
    its object, ``forks`` counts the branches and loops around.
    """

    module: SourceModule
    outer: Scope | None = None
    names: dict[str, Value] = attrs.field(factory=dict)
    noted: bool = True
    function: Function | None = None
    me: Instance | None = None
    owner: Class | None = None
    """The class whose body this is."""
    forks: int = 0
    returns: list[Value] = attrs.field(factory=list)
    yields: list[Value] = attrs.field(factory=list)
    outside: set[str] = attrs.field(factory=set)
    """Names that are the module's, by ``global``."""

    @property
    def top(self) -> Scope:
        """The module's names."""
        return self if self.outer is None else self.outer.top

    def find(self, name: str) -> Value | None:
        """Return what a name stands for, looking outwards."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or scope.owner is None):
                return scope.names[name]
            scope = scope.outer
        return None


@attrs.frozen(cache_hash=True)
class Function:
    """A function of the scanned program, where it was made, its class, and the arguments it has been given already."""

    node: FunctionNode
    scope: Scope
    owner: Class | None = None
    args: tuple[Value, ...] = ()
    kwargs: tuple[tuple[str, Value], ...] = ()

    @property
    def name(self) -> str:
        """The function's name, empty for a lambda."""
        return "" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def marks(self) -> frozenset[str]:
        """The last names of the decorators."""
        marks = [] if isinstance(self.node, ast.Lambda) else self.node.decorator_list
        return frozenset(dotted(mark.func if isinstance(mark, ast.Call) else mark).rpartition(".")[2] for mark in marks)

    def bound(self, me: Instance | Class) -> Function:
        """Return the function as a method of an object or class has it: with its first argument."""
        if "staticmethod" in self.marks:
            return self
        if "classmethod" in self.marks:
            return attrs.evolve(self, args=((me if isinstance(me, Class) else me.kind,),))
        return self if isinstance(me, Class) else attrs.evolve(self, args=((me,),))


@attrs.define(eq=False)
class Class:
    """A class of the scanned program; ``foreign`` when a base of it is not. ``fields`` are declared with a type.

    ``shared`` is what its methods give to ``self``, all together, ``base`` its objects' HTTP base URL if known.
    """

    scope: Scope
    bases: tuple[Class, ...] = ()
    foreign: bool = False
    fields: tuple[str, ...] = ()
    shared: dict[str, Value] = attrs.field(factory=dict)
    base: Text | None = None

    def line(self) -> Iterator[Class]:
        """Yield the class and those it inherits from."""
        yield self
        for base in self.bases:
            yield from base.line()

    def share(self, me: Instance) -> None:
        """Take over what a method has made of an object."""
        self.base = self.base or me.base
        self.shared.update((name, either([self.shared.get(name, ()), value])) for name, value in me.names.items())

    def find(self, name: str) -> Value | None:
        """Return an attribute of the class or of its bases."""
        return next((one.scope.names[name] for one in self.line() if name in one.scope.names), None)


@attrs.define(eq=False)
class Instance:
    """An object of a scanned class; ``me`` is the object itself when this is it as ``super()``."""

    kind: Class
    names: dict[str, Value] = attrs.field(factory=dict)
    base: Text | None = None
    me: Instance | None = None

    def above(self, kind: Class | None) -> Instance:
        """Return ``super()`` in a method of a class."""
        bases = kind.bases if kind is not None else ()
        return Instance(Class(Scope(self.kind.scope.module), bases, foreign=True), self.names, self.base, self)


@attrs.frozen
class External:
    """Something unknown, by the dotted name it was reached by.

    ``foreign`` says that the name leads into a package that is not being scanned; ``base`` is
    the base URL of an HTTP client.
    """

    name: str = ""
    foreign: bool = False
    base: Text | None = None

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]


Thing = Text | Listing | Function | Class | Instance | Scope | External
Value = tuple[Thing, ...]
Keywords = Mapping[str, Value]

UNKNOWN: Value = (External(),)


def either(values: Iterable[Value]) -> Value:
    """Return one value for all alternatives of several, each once."""
    return tuple(dict.fromkeys(thing for value in values for thing in value))[:_MOST] or UNKNOWN


def known(value: Value) -> list[Text]:
    """Return the alternatives that are texts."""
    return [thing for thing in value if isinstance(thing, Text)]


def texts(value: Value) -> list[Text]:
    """Return the texts that a value may be when it is put into a text."""
    return [thing if isinstance(thing, Text) else Text(HOLE) for thing in value]


def plain(value: Value) -> list[str]:
    """Return the alternatives that are texts without a hole."""
    return [one.s for one in known(value) if HOLE not in one.s]


def joined(parts: Iterable[Value]) -> Value:
    """Return the texts that parts make when put one after the other."""
    return made(concat, *map(texts, parts))


def addressed(parts: Iterable[Value]) -> Value:
    """Return the address that parts make with one slash between them."""
    return made(url_join, *map(texts, parts))


def items_of(value: Value) -> list[Value]:
    """Return what looping over a value gives, as far as that is known."""
    found: list[Value] = []
    for thing in value:
        if isinstance(thing, Listing):
            found += thing.values if thing.keys is None else [(Text(key),) for key in thing.keys]
        elif isinstance(thing, Class):
            found += thing.scope.names.values()
    return found


def item(thing: Thing, key: Value) -> Value:
    """Return what a subscript of one alternative is; everything in it when the key is unknown."""
    if isinstance(thing, Listing):
        found = [value for name in plain(key) if (value := thing.get(name)) is not None]
        return either(found if len(found) == len(key) else [*(found or thing.values), UNKNOWN])
    if isinstance(thing, Class):
        return either(filter(None, map(thing.find, plain(key))))
    return (External(f"{thing.name}[]", thing.foreign),) if isinstance(thing, External) else UNKNOWN


def member(thing: Thing, name: str) -> Value:
    """Return an attribute of one alternative; a method has got its object already."""
    match thing:
        case Instance(kind=kind, names=names):
            found = kind.find(name) or ()
            if name in names:
                return names[name]
            if any(isinstance(one, Function) for one in found):
                return tuple(one.bound(thing.me or thing) if isinstance(one, Function) else one for one in found)
            shared = [one.shared[name] for one in kind.line() if name in one.shared]
            outside = External(name, kind.foreign, thing.base or kind.base)
            return either([*shared, found]) if found or shared else (outside,)
        case Class():
            found = thing.find(name) or (External(name, thing.foreign),)
            return tuple(one.bound(thing) if isinstance(one, Function) else one for one in found)
        case Listing(keys=keys) if keys is not None:
            return thing.get(name) or (External(name),)
        case Text() if name in _SAME:
            return (thing,)
        case External():
            return (External(f"{thing.name}.{name}" if thing.name else name, thing.foreign, thing.base),)
        case _:
            return (External(name),)


def unpacked(target: ast.expr, value: Value) -> Iterator[tuple[ast.expr, Value]]:
    """Yield what is assigned to each part of a target that is no tuple or list itself."""
    if isinstance(target, ast.Starred):
        yield from unpacked(target.value, (Listing((value,)),))
    elif isinstance(target, ast.Tuple | ast.List):
        items = items_of(value)
        fits = len(value) == 1 and len(items) == len(target.elts)
        fits = fits and not any(isinstance(one, ast.Starred) for one in target.elts)
        for at, element in enumerate(target.elts):
            yield from unpacked(element, items[at] if fits else either([*items, UNKNOWN]))
    else:
        yield target, value


def dotted(node: ast.expr) -> str:
    """Return the source of a chain of names such as ``a.b.c``, empty for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
