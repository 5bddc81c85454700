"""Following statements in their order, branches beside each other."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from shim.scan import expressions, functions, objects
from shim.scan.modules import Module
from shim.scan.run import Run
from shim.scan.values import UNKNOWN, Class, Frame, Func, Ref, Value, Whole, join

_ROUNDS = 12
"""A loop over so many known items is followed round by round."""
_NESTED = 2
"""Not in more loops and branches than these, since rounds multiply."""


def execute(run: Run, body: Sequence[ast.stmt], frame: Frame) -> bool:
    """Follow statements; tell whether what comes after them can be reached."""
    for statement in body:  # noqa: SIM110 - a generator in all() would use up the C stack where programs nest deeply
        if not _execute(run, statement, frame):
            return False
    return True


def _execute(run: Run, node: ast.stmt, frame: Frame) -> bool:  # noqa: C901, PLR0912 - one case for each statement
    match node:
        case ast.Expr(value=value):
            # A text that stands by itself is documentation.
            if not isinstance(value, ast.Constant):
                expressions.evaluate(run, value, frame)
        case ast.Assign(targets=targets, value=value):
            given = expressions.evaluate(run, value, frame)
            for target in targets:
                objects.bind(run, target, given, frame)
        case ast.AnnAssign(target=target, value=value):
            if value is not None:
                objects.bind(run, target, expressions.evaluate(run, value, frame), frame)
        case ast.AugAssign(target=target, op=op, value=value):
            old = expressions.evaluate(run, _loaded(target), frame)
            objects.bind(run, target, expressions.operated(old, op, expressions.evaluate(run, value, frame)), frame)
        case ast.Return(value=value):
            frame.returns.append(UNKNOWN if value is None else expressions.evaluate(run, value, frame))
            return False
        case ast.Raise():
            _raise(run, node, frame)
            return False
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _define(run, node, frame)
        case ast.ClassDef():
            _define_class(run, node, frame)
        case ast.Import() | ast.ImportFrom():
            _import(run, node, frame)
        case ast.If(test=test):
            expressions.evaluate(run, test, frame)
            return _branches(run, [node.body, node.orelse], frame)
        case ast.For() | ast.AsyncFor():
            _loop(run, node, frame)
        case ast.While(test=test):
            expressions.evaluate(run, test, frame)
            _branches(run, [node.body, []], frame)
            execute(run, node.orelse, frame)
        case ast.With() | ast.AsyncWith():
            for manager in node.items:
                given = expressions.evaluate(run, manager.context_expr, frame)
                if manager.optional_vars is not None:
                    objects.bind(run, manager.optional_vars, given, frame)
            return execute(run, node.body, frame)
        case ast.Try() | ast.TryStar():
            return _try(run, node, frame)
        case ast.Match(subject=subject):
            expressions.evaluate(run, subject, frame)
            return _match(run, node, frame)
        case ast.Assert(test=test):
            expressions.evaluate(run, test, frame)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            frame.outer.update(names if isinstance(node, ast.Global) else ())
        case _:
            pass
    return True


def _raise(run: Run, node: ast.Raise, frame: Frame) -> None:
    """Follow what an exception is made from; what it says is no call."""
    exc = node.exc
    parts = [exc.func, *exc.args, *(one.value for one in exc.keywords)] if isinstance(exc, ast.Call) else [exc]
    run.quiet += 1
    for part in (*parts, node.cause):
        if part is not None:
            expressions.evaluate(run, part, frame)
    run.quiet -= 1


def _loaded(target: ast.expr) -> ast.expr:
    """Return a target of an augmented assignment as the expression that reads it."""
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=value, attr=name):
            return ast.copy_location(ast.Attribute(value, name, ast.Load()), target)
        case ast.Subscript(value=value, slice=key):
            return ast.copy_location(ast.Subscript(value, key, ast.Load()), target)
        case _:
            return target


def _branches(run: Run, bodies: Sequence[Sequence[ast.stmt]], frame: Frame) -> bool:
    """Follow bodies of which one is run; what each leaves behind is joined."""
    before = frame.names
    ends: list[dict[str, Value]] = []
    frame.branches += 1
    for body in bodies:
        frame.names = dict(before)
        if execute(run, body, frame):
            ends.append(frame.names)
    frame.branches -= 1
    before_all = ends or [before]
    merged = {
        name: join(end[name] for end in before_all if name in end)
        for name in dict.fromkeys(n for end in before_all for n in end)
    }
    before.clear()
    before.update(merged)
    frame.names = before
    return bool(ends)


def _loop(run: Run, node: ast.For | ast.AsyncFor, frame: Frame) -> None:
    items, exact = objects.items_of(expressions.evaluate(run, node.iter, frame))
    if exact and len(items) <= _ROUNDS and frame.branches < _NESTED:
        for item in items:
            objects.bind(run, node.target, item, frame)
            _branches(run, [node.body], frame)
    else:
        objects.bind(run, node.target, join(items) if items else UNKNOWN, frame)
        _branches(run, [node.body, []], frame)
    execute(run, node.orelse, frame)


def _try(run: Run, node: ast.Try | ast.TryStar, frame: Frame) -> bool:
    for handler in node.handlers:
        if handler.name:
            frame.names.setdefault(handler.name, UNKNOWN)
    goes_on = _branches(run, [[*node.body, *node.orelse], *(handler.body for handler in node.handlers)], frame)
    return execute(run, node.finalbody, frame) and goes_on


def _match(run: Run, node: ast.Match, frame: Frame) -> bool:
    for case in node.cases:
        for part in ast.walk(case.pattern):
            name = getattr(part, "name", None) or getattr(part, "rest", None)
            if isinstance(name, str):
                frame.names[name] = UNKNOWN
        if case.guard is not None:
            expressions.evaluate(run, case.guard, frame)
    return _branches(run, [*(case.body for case in node.cases), []], frame)


def _define(run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
    _decorators(run, node, frame)
    for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
        expressions.evaluate(run, default, frame)
    # A method does not see the names of its class.
    func = Func(node, (frame.parent or frame) if frame.is_class else frame, frame.owner if frame.is_class else None)
    marks = {objects.dotted(mark).rpartition(".")[2] for mark in node.decorator_list}
    if not marks & {"setter", "overload"}:
        frame.names[node.name] = (func,)
    if frame.generic:
        run.queue(func)


def _decorators(run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, frame: Frame) -> None:
    """Follow decorators for what they use; the routes they name are served, not called."""
    run.quiet += 1
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call):
            for part in (*mark.args, *(keyword.value for keyword in mark.keywords)):
                expressions.evaluate(run, part, frame)
    run.quiet -= 1


def _define_class(run: Run, node: ast.ClassDef, frame: Frame) -> None:
    _decorators(run, node, frame)
    bases = [expressions.evaluate(run, base, frame) for base in node.bases]
    own = tuple(thing for value in bases for thing in value if isinstance(thing, Class))
    foreign = len(own) < len(bases) and any(
        objects.dotted(base).rpartition(".")[2]
        not in {"object", "ABC", "Protocol", "NamedTuple", "Enum", "StrEnum", "str"}
        for base in node.bases
    )
    inner = Frame(frame.module, frame, generic=frame.generic, is_class=True)
    fields = tuple(
        one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    )
    kind = Class(
        node.name,
        inner,
        own,
        foreign or any(base.foreign for base in own),
        (*(f for b in own for f in b.fields), *fields),
    )
    inner.owner = kind
    frame.names[node.name] = (kind,)
    execute(run, node.body, inner)


def _import(run: Run, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
    module = frame.module
    for alias in node.names:
        if isinstance(node, ast.Import):
            found = run.modules.imported(alias.name, 0, module)
            top = alias.name.partition(".")[0]
            if alias.asname:
                frame.names[alias.asname] = (Whole(found) if found else Ref(alias.name, external=True),)
                continue
            package = run.modules.imported(top, 0, module)
            frame.names[top] = (Whole(package) if package and found else Ref(top, external=True),)
            continue
        source = run.modules.imported(node.module or "", node.level, module)
        if alias.name == "*":
            frame.names.update(functions.followed(run, source).names if source else {})
            continue
        frame.names[alias.asname or alias.name] = _member(run, node, alias.name, source, frame)


def _member(run: Run, node: ast.ImportFrom, name: str, source: Module | None, frame: Frame) -> Value:
    """Return what ``from … import name`` gives."""
    if source is not None:
        names = functions.followed(run, source).names
        if name in names:
            return names[name]
    inner = run.modules.imported(f"{node.module or ''}.{name}", node.level, frame.module)
    if inner is not None:
        return (Whole(inner),)
    return (Ref(f"{node.module or ''}.{name}", external=True),)
