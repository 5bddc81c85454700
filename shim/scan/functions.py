"""Following functions: by themselves with unknown arguments, and into each other with known ones."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import attrs

from shim.scan import expressions, statements
from shim.scan.modules import Module
from shim.scan.run import DEEPEST, Run
from shim.scan.values import (
    UNKNOWN,
    Bound,
    Class,
    Frame,
    Func,
    FunctionNode,
    Instance,
    Keywords,
    Place,
    Ref,
    Seq,
    Table,
    Value,
    join,
)

_BUDGET = 20_000
"""So many expressions are followed in called functions for each function that is followed by itself."""


def followed(run: Run, module: Module) -> Frame:
    """Return a module's scope, following the module first if nobody did yet."""
    if module.frame is None:
        module.frame = Frame(module)
        saved = run.hits, run.quiet, run.stack, run.budget
        run.hits, run.quiet, run.stack, run.budget = [], 0, [], _BUDGET
        statements.execute(run, module.tree.body, module.frame)
        run.found += run.hits
        run.hits, run.quiet, run.stack, run.budget = saved
    return module.frame


def module_frame(frame: Frame) -> Frame:
    """Return the scope of the module that a scope is in."""
    while frame.parent is not None:
        frame = frame.parent
    return frame


def follow_waiting(run: Run) -> None:
    """Follow every function that was met, its parameters unknown."""
    while run.waiting:
        func = run.waiting.popleft()
        run.hits, run.quiet, run.stack, run.budget = [], 0, [], _BUDGET
        frame = _frame(func, generic=True)
        frame.me = Instance(func.owner) if func.owner is not None else None
        _take(run, func.node, frame, _leading(func, frame.me), {}, generic=True)
        _body(run, func.node, frame)
        run.found += run.hits


def attributes_of(run: Run, kind: Class) -> dict[str, Value]:
    """Return what the methods of a class and of its bases give to ``self``, all of it together."""
    if kind.attributes is not None:
        return kind.attributes
    kind.attributes = {}
    for base in kind.bases:
        kind.attributes.update(attributes_of(run, base))
    methods = [one for value in kind.frame.names.values() for one in value if isinstance(one, Func)]
    saved = run.hits, run.quiet
    for method in sorted(methods, key=lambda func: getattr(func.node, "name", "") != "__init__"):
        if isinstance(method.node, ast.Lambda) or run.budget <= 0 or method.node in run.stack:
            continue
        me = Instance(kind)
        frame = _frame(method, generic=False)
        frame.me = me
        run.stack.append(method.node)
        _take(run, method.node, frame, _leading(method, me), {}, generic=True)
        _body(run, method.node, frame)
        run.stack.pop()
        for name, value in me.attributes.items():
            old = kind.attributes.get(name)
            kind.attributes[name] = value if old is None else join([old, value])
    run.hits, run.quiet = saved
    return kind.attributes


def invoke(run: Run, thing: Func | Bound | Class, args: Sequence[Value], kwargs: Keywords, at: Place) -> Value:
    """Return what a call of the program's own function or class gives, its hits led back to ``at``."""
    if isinstance(thing, Class):
        return _made(run, thing, args, kwargs, at)
    func, me = (thing.func, thing.me) if isinstance(thing, Bound) else (thing, None)
    if func.node in run.stack or len(run.stack) >= DEEPEST or run.budget <= 0:
        return UNKNOWN
    key = (
        func,
        me,
        me.writes if isinstance(me, Instance) else 0,
        tuple(args),
        tuple(sorted(kwargs.items(), key=lambda one: one[0])),
    )
    if key not in run.memo:
        saved, run.hits = run.hits, []
        frame = _frame(func, generic=False)
        frame.me = me if isinstance(me, Instance) else None
        run.stack.append(func.node)
        _take(run, func.node, frame, ([(me,)] if me is not None else []) + list(args), kwargs, generic=False)
        value = _body(run, func.node, frame)
        run.stack.pop()
        result = (value, tuple(dict.fromkeys(run.hits)))
        run.hits = saved
        if run.budget > 0:
            run.memo[key] = result
    else:
        result = run.memo[key]
    value, hits = result
    run.hits += [attrs.evolve(hit, chain=(at, *hit.chain)) for hit in hits]
    return value


def _made(run: Run, kind: Class, args: Sequence[Value], kwargs: Keywords, at: Place) -> Value:
    me = Instance(kind)
    init = kind.find("__init__")
    for one in init or ():
        if isinstance(one, Func):
            invoke(run, Bound(one, me), args, kwargs, at)
    if init is None:
        me.attributes.update(zip(kind.fields, args, strict=False))
        me.attributes.update(kwargs)
    return (me,)


def _frame(func: Func, *, generic: bool) -> Frame:
    return Frame(
        func.frame.module, func.frame, generic=generic, owner=func.owner, function=getattr(func.node, "name", "")
    )


def _leading(func: Func, me: Instance | None) -> list[Value]:
    """Return the arguments that a method gets by itself."""
    names = {expr.id for expr in getattr(func.node, "decorator_list", ()) if isinstance(expr, ast.Name)}
    if func.owner is None or me is None or "staticmethod" in names:
        return []
    return [(func.owner,)] if "classmethod" in names else [(me,)]


def _take(  # noqa: PLR0913 - a call's parts
    run: Run, node: FunctionNode, frame: Frame, args: Sequence[Value], kwargs: Keywords, *, generic: bool
) -> None:
    """Give the parameters their values; without an argument the default, which is only one of many if generic."""
    parameters = [*node.args.posonlyargs, *node.args.args]
    defaults = dict(zip([one.arg for one in parameters][::-1], node.args.defaults[::-1], strict=False))
    defaults.update(
        (one.arg, default) for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if default
    )
    left = dict(kwargs)
    given = dict(zip([one.arg for one in parameters], args, strict=False))
    outside = frame.parent or frame
    for parameter in (*parameters, *node.args.kwonlyargs):
        name = parameter.arg
        value = given.get(name) or left.pop(name, None)
        if value is None:
            value = UNKNOWN
            if name in defaults:
                run.quiet += 1
                value = expressions.evaluate(run, defaults[name], outside)
                run.quiet -= 1
                value = join([value, UNKNOWN]) if generic else value
        frame.names[name] = value
    if node.args.vararg:
        more = tuple(args[len(parameters) :])
        frame.names[node.args.vararg.arg] = UNKNOWN if generic else (Seq(more),)
    if node.args.kwarg:
        frame.names[node.args.kwarg.arg] = UNKNOWN if generic else (Table(tuple(left.items())),)


def _body(run: Run, node: FunctionNode, frame: Frame) -> Value:
    if isinstance(node, ast.Lambda):
        return expressions.evaluate(run, node.body, frame)
    statements.execute(run, node.body, frame)
    if frame.yields:
        return (Seq(tuple(frame.yields), rest=True),)
    return join(frame.returns) if frame.returns else (Ref(),)
