"""Reading programs: what their names, functions, classes and calls are, and what of it is of interest.

Each function is read once by itself, its parameters unknown, and again for each call that gives them values.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Sequence

import attrs

from shim.documents.model import Operation
from shim.scan.methods import QUIET_KEYWORDS, SAYING
from shim.scan.python import library
from shim.scan.python.fold import Defining, Folder, spread
from shim.scan.python.modules import Modules, SourceModule
from shim.scan.python.noticing import addresses, handed_on, http_method, note_name, note_texts, operation_of, unknown
from shim.scan.python.values import (
    UNKNOWN,
    Class,
    External,
    Function,
    Instance,
    Keywords,
    Listing,
    Scope,
    Thing,
    Value,
    dotted,
    either,
    known,
    member,
)
from shim.scan.sightings import Hit, Sightings
from shim.scan.texts import Place, Text

_DEEPEST = 3
"""So many calls of the program's own functions are followed into each other."""
_BUDGET = 20_000
"""So many expressions of called functions are folded for each module or function that is read by itself."""
_PLAIN_BASES = frozenset({"object", "ABC", "Protocol", "NamedTuple", "Enum", "StrEnum", "str"})


@attrs.define
class _Progress:
    """Where the reading of one module or function is; ``quiet`` when texts are only said, compared or served."""

    stack: list[ast.AST] = attrs.field(factory=list)
    hits: list[Hit] = attrs.field(factory=list)
    folded: int = 0
    quiet: bool = False


class Reader:
    """Reads the modules of a scan and says what it sees."""

    def __init__(self, modules: Modules, sightings: Sightings) -> None:
        self._modules = modules
        self._sightings = sightings
        self._folder = Folder(
            self._name, self._attribute, self._call, self._define, self._import, self._seen, self._quietly
        )
        self._now = _Progress()
        self._scopes: dict[SourceModule, Scope] = {}
        self._waiting: deque[Function] = deque()
        self._known: set[ast.AST] = set()
        self._unused: dict[Place, tuple[ast.alias, Operation]] = {}

    def read(self, module: SourceModule) -> None:
        """Read a module, and each function in it by itself."""
        self._waiting.clear()
        self._module(module)
        while self._waiting:
            function = self._waiting.popleft()
            self._now = _Progress()
            me = Instance(function.owner) if function.owner is not None else None
            self._run(function.bound(me) if me is not None else function, (), {}, noted=True)
            self._sightings.hits += self._now.hits
            if me is not None:
                me.kind.share(me)
        for place, (alias, operation) in self._unused.items():
            name = alias.asname or alias.name
            if not any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(module.tree)):
                self._sightings.name(place, alias.name, operation, "import")
        self._unused.clear()

    def _module(self, module: SourceModule) -> Scope:
        """Return a module's names, reading it first if nobody did yet."""
        if module not in self._scopes:
            before, self._now = self._now, _Progress()
            self._scopes[module] = Scope(module)
            self._folder.read(module.tree.body, self._scopes[module])
            self._sightings.hits += self._now.hits
            self._now = before
        return self._scopes[module]

    # Functions and classes

    def _define(self, node: Defining, scope: Scope) -> Value:
        if not isinstance(node, ast.Lambda):
            for mark in (mark for mark in node.decorator_list if isinstance(mark, ast.Call)):
                # What a decorator uses is used; the routes it names are served, not called.
                self._quietly([*mark.args, *(keyword.value for keyword in mark.keywords)], scope)
        if isinstance(node, ast.ClassDef):
            scope.names[node.name] = (self._class(node, scope),)
            return scope.names[node.name]
        for default in filter(None, (*node.args.defaults, *node.args.kw_defaults)):
            self._folder.fold(default, scope)
        # A method does not see the names of its class.
        around = scope.outer if scope.owner is not None and scope.outer is not None else scope
        function = Function(node, around, scope.owner)
        if function.name and function.marks.isdisjoint({"setter", "overload"}):
            scope.names[function.name] = (function,)
        if scope.noted and node not in self._known:
            self._known.add(node)
            self._waiting.append(function)
        return (function,)

    def _class(self, node: ast.ClassDef, scope: Scope) -> Class:
        bases = [self._folder.fold(base, scope) for base in node.bases]
        own = tuple(thing for value in bases for thing in value if isinstance(thing, Class))
        plain = {dotted(base).rpartition(".")[2] for base in node.bases} <= _PLAIN_BASES
        foreign = any(base.foreign for base in own) or (len(own) < len(bases) and not plain)
        fields = [dotted(one.target) for one in node.body if isinstance(one, ast.AnnAssign)]
        inner = Scope(scope.module, scope, noted=scope.noted)
        inner.owner = Class(inner, own, foreign, (*(name for base in own for name in base.fields), *fields))
        self._folder.read(node.body, inner)
        return inner.owner

    def _invoked(self, thing: Function | Class, args: Sequence[Value], kwargs: Keywords, at: Place) -> Value:
        """Return what a call of the program's own function or class gives; hits in it are led back to the call."""
        if isinstance(thing, Class):
            me = Instance(thing, base=library.client_base(args, kwargs) if thing.foreign else None)
            init = thing.find("__init__")
            for one in init or ():
                if isinstance(one, Function):
                    self._invoked(one.bound(me), args, kwargs, at)
            me.names.update({} if init else {**dict(zip(thing.fields, args, strict=False)), **kwargs})
            return (me,)
        now = self._now
        if thing.node in now.stack or len(now.stack) >= _DEEPEST or now.folded >= _BUDGET:
            return UNKNOWN
        before, now.hits = now.hits, []
        now.stack.append(thing.node)
        value = self._run(thing, args, kwargs)
        now.stack.pop()
        inner, now.hits = dict.fromkeys(now.hits), before
        now.hits += [attrs.evolve(hit, chain=(at, *hit.chain)) for hit in inner]
        return value

    def _run(self, function: Function, args: Sequence[Value], kwargs: Keywords, *, noted: bool = False) -> Value:
        """Read a function's body, and return what it gives; one that is noted may be given any arguments."""
        scope = Scope(function.scope.module, function.scope, noted=noted, function=function)
        parameters, given, named = function.node.args, [*function.args, *args], {**dict(function.kwargs), **kwargs}
        if function.owner is not None and given and isinstance(given[0][0], Instance):
            scope.me = given[0][0]
        positional = [*parameters.posonlyargs, *parameters.args]
        defaults = [*[None] * (len(positional) - len(parameters.defaults)), *parameters.defaults]
        keyword_only = zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
        for at, (one, default) in enumerate([*zip(positional, defaults, strict=True), *keyword_only]):
            value = UNKNOWN
            if given and at < len(positional):
                value = given.pop(0)
            elif one.arg in named:
                value = named.pop(one.arg)
            elif default is not None:
                value = self._folder.fold(default, function.scope)
                value = either([value, UNKNOWN]) if noted else value
            scope.names[one.arg] = value
        for rest, items in (parameters.vararg, Listing(tuple(given))), (parameters.kwarg, library.dict_of(named)):
            if rest is not None:
                scope.names[rest.arg] = UNKNOWN if noted else (items,)
        if isinstance(function.node, ast.Lambda):
            return self._folder.fold(function.node.body, scope)
        self._folder.read(function.node.body, scope)
        return (Listing(tuple(scope.yields)),) if scope.yields else either(scope.returns)

    # Names

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        module, names = scope.module, scope.names
        for alias in node.names:
            if isinstance(node, ast.Import):
                path = alias.name if alias.asname else alias.name.partition(".")[0]
                package = self._modules.imported(alias.name, 0, module) and self._modules.imported(path, 0, module)
                names[alias.asname or path] = (self._module(package) if package else External(path, foreign=True),)
                continue
            path = f"{node.module or ''}.{alias.name}"
            package = self._modules.imported(node.module or "", node.level, module)
            there = self._module(package).names if package is not None else {}
            if alias.name == "*":
                names.update(there)
                continue
            inner = None if alias.name in there else self._modules.imported(path, node.level, module)
            outside = self._module(inner) if inner is not None else External(path, foreign=True)
            names[alias.asname or alias.name] = there.get(alias.name, (outside,))
            operation = operation_of(path, self._sightings)
            if operation is not None and package is None and inner is None and module.path.name != "__init__.py":
                self._unused[module.place(alias)] = alias, operation

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        value = scope.find(node.id)
        if value is None:
            # A name that nobody defined came with a star import, or is built in.
            value = (External(node.id, foreign=node.id not in scope.module.functions),)
        if scope.noted:
            note_name(node, (), value, scope, self._sightings)
        return value

    def _attribute(self, node: ast.Attribute, scope: Scope, receivers: Value | None = None) -> Value:
        receivers = self._folder.fold(node.value, scope) if receivers is None else receivers
        place = scope.module.place(node)
        value = scope.find(dotted(node)) or either(self._member(thing, node.attr, place) for thing in receivers)
        if scope.noted:
            note_name(node, receivers, value, scope, self._sightings)
        return value

    def _member(self, thing: Thing, name: str, at: Place) -> Value:
        """Return an attribute of one alternative; properties are read."""
        if isinstance(thing, Scope):
            inner = None if name in thing.names else self._modules.imported(name, 1, thing.module)
            return thing.names.get(name) or (self._module(inner) if inner is not None else External(name),)
        found = member(thing, name)
        read = [one for one in found if isinstance(one, Function) and one.marks & {"property", "cached_property"}]
        return either(self._invoked(one, (), {}, at) for one in read) if read and isinstance(thing, Instance) else found

    # Calls

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        func, at = node.func, scope.module.place(node)
        receivers: Value = ()
        if isinstance(func, ast.Attribute):
            receivers = self._folder.fold(func.value, scope)
            things, name = self._attribute(func, scope, receivers), func.attr
        else:
            things = self._folder.fold(func, scope)
            named = (thing.last for thing in things if isinstance(thing, External) and thing.name)
            name = next(named, getattr(func, "id", ""))
        if name == "super" and scope.me is not None and scope.function is not None:
            return (scope.me.above(scope.function.owner),)
        args, kwargs = self._arguments(node, scope, name, receivers)
        results = [value for one in receivers if (value := library.method(one, name, args, kwargs)) is not None]
        if results and name in library.GROWING and isinstance(func, ast.Attribute):
            self._folder.bind(func.value, either(results), scope)
        own = (thing for thing in things if isinstance(thing, Function | Class))
        results += [self._followed(thing, node, args, kwargs, scope) for thing in own]
        if results:
            return either(results)
        if name == "getattr" and len(args) > 1:
            return self._by_name(args, at, scope)
        called = dotted(func.value).rpartition(".")[2] if isinstance(func, ast.Attribute) else ""
        http, method = http_method(name, called, args, kwargs)
        base = next((thing.base for thing in things if isinstance(thing, External)), None)
        found = self._sightings.call(at, method, addresses(args, kwargs, base)) if http else []
        if found:
            self._now.hits += found
            return UNKNOWN
        for thing, given in handed_on(name, args, kwargs):
            if isinstance(thing, Function):
                self._invoked(thing, given, {}, at)
            elif isinstance(thing, External) and "." in thing.name:
                http, method = http_method(thing.last, "", given, {})
                self._now.hits += self._sightings.call(at, method, addresses(given, {}, thing.base)) if http else []
        value = library.function(name, args, kwargs)
        return tuple(unknown(thing, args, kwargs, scope) for thing in things) if value is None else value

    def _arguments(
        self, node: ast.Call, scope: Scope, name: str, receivers: Value
    ) -> tuple[list[Value], dict[str, Value]]:
        args: list[Value] = []
        kwargs: dict[str, Value] = {}
        around = self._now.quiet
        # What is said stays so when it is put into a text first.
        quiet = name in SAYING or (around and any(isinstance(one, Text) for one in receivers))
        for part in node.args:
            self._now.quiet = quiet
            args += spread(part, self._folder.fold(part, scope))
        for keyword in node.keywords:
            self._now.quiet = quiet or keyword.arg in QUIET_KEYWORDS
            value = self._folder.fold(keyword.value, scope)
            kwargs.update(library.mapping(value) if keyword.arg is None else {keyword.arg: value})
        self._now.quiet = around
        return args, kwargs

    def _followed(
        self, thing: Function | Class, node: ast.Call, args: Sequence[Value], kwargs: Keywords, scope: Scope
    ) -> Value:
        before = len(self._now.hits)
        value = self._invoked(thing, args, kwargs, scope.module.place(node))
        hits = self._now.hits[before:]
        if isinstance(thing, Class):
            return value
        if not hits:
            # The function may hand the path to something unknown; its own name is the best word on the method.
            _, method = http_method(thing.name, "", args, kwargs)
            for path in addresses(args, kwargs, None) if method is not None else ():
                self._sightings.hint(path, method or "")
        elif scope.noted and thing.scope.module is not scope.module and (thing.args or isinstance(node.func, ast.Name)):
            # A client library that is itself being scanned; a module that is one of its methods is noted anyway.
            operation = operation_of(f"{thing.scope.module.path.stem}.{thing.name}", self._sightings)
            if operation is not None and any(operation.id in hit.ids for hit in hits):
                self._sightings.name(scope.module.place(node.func), thing.name, operation)
        return value

    def _by_name(self, args: Sequence[Value], at: Place, scope: Scope) -> Value:
        """Return what ``getattr`` gives."""
        found = {name.s: [self._member(thing, name.s, at) for thing in args[0]] for name in known(args[1])}
        for name, values in found.items():
            operation = self._sightings.operation_named(name)
            if operation is not None and scope.noted and any(isinstance(one, External) for one in either(values)):
                self._sightings.name(at, name, operation)
        return either([*(value for values in found.values() for value in values), *args[2:]])

    # What is seen

    def _quietly(self, nodes: Sequence[ast.expr | None], scope: Scope) -> None:
        around, self._now.quiet = self._now.quiet, True
        for node in filter(None, nodes):
            self._folder.fold(node, scope)
        self._now.quiet = around

    def _seen(self, node: ast.expr, value: Value, scope: Scope) -> None:
        if not scope.noted:
            self._now.folded += 1
        else:
            note_texts(node, value, scope, self._sightings, quiet=self._now.quiet)
