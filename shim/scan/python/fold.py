"""Reading statements in their order, branches beside each other, and folding the expressions in them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

import attrs

from shim.scan.python.library import dict_of, mapping, percented
from shim.scan.python.values import (
    UNKNOWN,
    Class,
    External,
    Instance,
    Listing,
    Scope,
    Value,
    addressed,
    dotted,
    either,
    item,
    items_of,
    joined,
    known,
    plain,
    texts,
    unpacked,
)
from shim.scan.texts import HOLE, text

_ROUNDS = 12
"""A loop over so many items is followed item by item."""
_NESTED = 2
"""But not in more loops and branches than these, since rounds multiply."""
Defining = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


@attrs.frozen(eq=False)
class Folder:
    """Reads statements and folds expressions; what depends on the whole program is asked of whoever makes one."""

    name: Callable[[ast.Name, Scope], Value]
    attribute: Callable[[ast.Attribute, Scope], Value]
    call: Callable[[ast.Call, Scope], Value]
    define: Callable[[Defining, Scope], Value]
    imports: Callable[[ast.Import | ast.ImportFrom, Scope], None]
    seen: Callable[[ast.expr, Value, Scope], None]
    """Takes note of a text, list or dict that stands in a program."""
    quietly: Callable[[Sequence[ast.expr | None], Scope], None]
    """Folds expressions whose paths are only said, compared or served."""

    def fold(self, node: ast.expr, scope: Scope) -> Value:
        """Return what an expression may be."""
        value = self._fold(node, scope)
        self.seen(node, value, scope)
        return value

    def _fold(self, node: ast.expr, scope: Scope) -> Value:  # noqa: C901, PLR0912 - one case for each expression
        match node:
            case ast.Constant():
                return _constant(node, scope)
            case ast.JoinedStr(values=pieces):
                # The pieces of its text are no texts of their own.
                whole = text("", [scope.module.place(node)])
                return joined([(whole,), *(self._fold(piece, scope) for piece in pieces)])
            case ast.FormattedValue(value=value):
                return self.fold(value, scope)
            case ast.BinOp():
                # A sum of very many parts leans to the left; it is folded without going as deep.
                links = [node]
                while isinstance(left := links[-1].left, ast.BinOp):
                    links.append(left)
                done = self.fold(left, scope)
                for link in reversed(links):
                    done = _operated(done, link.op, self.fold(link.right, scope))
                return done
            case ast.Name():
                return self.name(node, scope)
            case ast.Attribute():
                return self.attribute(node, scope)
            case ast.Call():
                return self.call(node, scope)
            case ast.Lambda():
                return self.define(node, scope)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                items = [(element, self.fold(element, scope)) for element in elements]
                return (Listing(tuple(one for element, given in items for one in spread(element, given))),)
            case ast.Dict():
                return (self._dict(node, scope),)
            case ast.Subscript(slice=key):
                given, index = self.fold(node.value, scope), self.fold(key, scope)
                if isinstance(key, ast.Slice):
                    return tuple(thing if isinstance(thing, Listing) else External() for thing in given)
                return either(item(thing, index) for thing in given)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.fold(test, scope)
                return either([self.fold(body, scope), self.fold(orelse, scope)])
            case ast.BoolOp(values=values):
                return either([self.fold(value, scope) for value in values])
            case ast.Compare(left=left, comparators=others):
                self.quietly([left, *others], scope)
            case ast.NamedExpr(target=target, value=value):
                scope.names[target.id] = self.fold(value, scope)
                return scope.names[target.id]
            case ast.Await(value=value) | ast.Starred(value=value):
                return self.fold(value, scope)
            case ast.Yield(value=ast.expr() as value):
                scope.yields.append(self.fold(value, scope))
            case ast.YieldFrom(value=value):
                scope.yields.extend(items_of(self.fold(value, scope)))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return (self._comprehension(node, scope),)
            case _:
                self._children(node, scope)
        return UNKNOWN

    def _children(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.fold(child, scope)

    def _dict(self, node: ast.Dict, scope: Scope) -> Listing:
        items: list[tuple[str, Value]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            given = self.fold(value, scope)
            names = [] if key is None else texts(self.fold(key, scope))
            items += mapping(given).items() if key is None else [(name.s, given) for name in names]
        return Listing(tuple(value for _, value in items), tuple(key for key, _ in items))

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope
    ) -> Listing:
        """Read a comprehension as the loops that it stands for."""
        if isinstance(node, ast.DictComp):
            made: ast.expr = ast.copy_location(ast.Tuple([node.key, node.value], ast.Load()), node)
        else:
            made = node.elt
        body: list[ast.stmt] = [ast.Expr(ast.Yield(made))]
        for part in reversed(node.generators):
            for test in part.ifs:
                body = [ast.If(test, body, [])]
            body = [ast.For(part.target, part.iter, body, [])]
        inner = attrs.evolve(scope, outer=scope, names={}, owner=None, yields=[])
        self.read(body, inner)
        if not isinstance(node, ast.DictComp):
            return Listing(tuple(inner.yields))
        pairs = [items_of(pair) for pair in inner.yields]
        return dict_of({key.s: value for keys, value in pairs for key in texts(keys)})

    # Statements

    def read(self, body: Sequence[ast.stmt], scope: Scope) -> bool:
        """Read statements; tell whether what comes after them can be reached."""
        for statement in body:  # noqa: SIM110 - a generator in all() would use up the C stack where programs nest deeply
            if not self._read(statement, scope):
                return False
        return True

    def _read(self, node: ast.stmt, scope: Scope) -> bool:  # noqa: C901, PLR0912 - one case for each statement
        match node:
            case ast.Expr(value=ast.Constant()) | ast.AnnAssign(value=None):
                pass  # documentation, and a declaration
            case ast.Assign(targets=targets, value=value):
                given = self.fold(value, scope)
                for target in targets:
                    self.bind(target, given, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.bind(target, self.fold(value, scope), scope)
            case ast.AugAssign(target=target, op=op, value=value):
                old = self.fold(target, scope)
                self.bind(target, _operated(old, op, self.fold(value, scope)), scope)
            case ast.Return(value=result):
                scope.returns.append(UNKNOWN if result is None else self.fold(result, scope))
                return False
            case ast.Raise(exc=exc, cause=cause):
                if isinstance(exc, ast.Call):
                    self.quietly([exc.func, *exc.args, *(one.value for one in exc.keywords), cause], scope)
                else:
                    self.quietly([exc, cause], scope)
                return False
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.define(node, scope)
            case ast.Import() | ast.ImportFrom():
                self.imports(node, scope)
            case ast.Global(names=names):
                scope.outside.update(names)
            case ast.For() | ast.AsyncFor():
                rounds = _rounds(self.fold(node.iter, scope), scope.forks)
                for one in rounds:
                    self.bind(node.target, one, scope)
                    self._fork([node.body] if len(rounds) > 1 else [node.body, []], scope)
                self.read(node.orelse, scope)
            case ast.With() | ast.AsyncWith():
                for manager in node.items:
                    given = self.fold(manager.context_expr, scope)
                    if manager.optional_vars is not None:
                        self.bind(manager.optional_vars, given, scope)
                return self.read(node.body, scope)
            case ast.Try() | ast.TryStar():
                bodies = [[*node.body, *node.orelse], *(handler.body for handler in node.handlers)]
                goes_on = self._fork(bodies, scope)
                return self.read(node.finalbody, scope) and goes_on
            case ast.Match(subject=subject, cases=cases):
                self.fold(subject, scope)
                parts = [part for case in cases for part in ast.walk(case.pattern)]
                captured = (getattr(part, "name", None) or getattr(part, "rest", None) for part in parts)
                scope.names.update(dict.fromkeys(filter(None, captured), UNKNOWN))
                return self._fork([*(case.body for case in cases), []], scope)
            case _:
                self._children(node, scope)
                if isinstance(node, ast.If | ast.While):
                    return self._fork([node.body, node.orelse], scope)
        return True

    def _fork(self, bodies: Sequence[Sequence[ast.stmt]], scope: Scope) -> bool:
        """Read bodies of which one is run, and join the names that they leave behind."""
        before, ends = scope.names, []
        scope.forks += 1
        for body in bodies:
            scope.names = dict(before)
            if self.read(body, scope):
                ends.append(scope.names)
        scope.forks -= 1
        names = dict.fromkeys(name for end in ends for name in end)
        scope.names = {name: either(end[name] for end in ends if name in end) for name in names} if ends else before
        return bool(ends)

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Give a target of an assignment its value."""
        for part, given in unpacked(target, value):
            match part:
                case ast.Name(id=name):
                    (scope.top if name in scope.outside else scope).names[name] = given
                case ast.Attribute(value=owner, attr=name):
                    for thing in self.fold(owner, scope):
                        if isinstance(thing, Instance):
                            # Of two branches only one may have been run.
                            old = thing.names.get(name, ()) if scope.forks else ()
                            thing.names[name] = either([old, given])
                        elif isinstance(thing, Class):
                            thing.scope.names[name] = given
                        elif dotted(part):
                            scope.names[dotted(part)] = given
                case ast.Subscript(value=ast.Name() | ast.Attribute() as owner, slice=key):
                    more = dict.fromkeys(plain(self.fold(key, scope)), given)
                    before = self.fold(owner, scope)
                    after = tuple(thing.updated(more) if isinstance(thing, Listing) else thing for thing in before)
                    if after != before:
                        self.bind(owner, after, scope)


def spread(element: ast.expr, value: Value) -> list[Value]:
    """Return what an element of a list, or an argument, adds to it."""
    return (items_of(value) or [UNKNOWN]) if isinstance(element, ast.Starred) else [value]


def _rounds(value: Value, around: int) -> list[Value]:
    """Return what a loop, with so many loops and branches around, is given in each round."""
    items = items_of(value)
    exact = items and len(value) == 1 and len(items) <= _ROUNDS and around < _NESTED
    return items if exact else [either(items)]


def _constant(node: ast.Constant, scope: Scope) -> Value:
    value = node.value
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        return (text(value.replace(HOLE, "\ufffd"), [scope.module.place(node)]),)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return UNKNOWN
    # Python refuses to write out very long numbers; no path has one.
    return (text(str(value)),) if isinstance(value, float) or abs(value) < 10**9 else UNKNOWN


def _operated(left: Value, operator: ast.operator, right: Value) -> Value:
    match operator:
        case ast.Add():
            lists = [one for one in left if isinstance(one, Listing)]
            others = [other for other in right if isinstance(other, Listing)]
            if lists and others:
                return tuple(Listing((*one.values, *other.values)) for one in lists for other in others)
            return joined([left, right]) if known(left) or known(right) else UNKNOWN
        case ast.Mod():
            return either(percented(one, right) for one in texts(left)) if known(left) else UNKNOWN
        case ast.Div():
            return addressed([left, right])
        case ast.BitOr():
            both = {**mapping(left), **mapping(right)}
            return (dict_of(both),) if both else UNKNOWN
        case _:
            return UNKNOWN
