"""Following expressions: what each one may be."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from shim.scan import calls, objects
from shim.scan.methods import word_of
from shim.scan.run import Run
from shim.scan.sdk import Reference, used
from shim.scan.strings import percent
from shim.scan.values import (
    HOLE,
    UNKNOWN,
    Frame,
    Func,
    Ref,
    Seq,
    Table,
    Value,
    concat,
    join,
    known,
    text,
    texts,
    url_join,
)


def evaluate(run: Run, node: ast.expr, frame: Frame) -> Value:
    """Return what an expression may be, noting calls and paths in it."""
    if not frame.generic:
        run.budget -= 1
    follow = _FOLLOW.get(type(node))
    if follow is None:
        for child in _expressions(node):
            evaluate(run, child, frame)
        return UNKNOWN
    return follow(run, node, frame)


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif not isinstance(child, ast.expr_context | ast.operator):
            yield from _expressions(child)


def _constant(run: Run, node: ast.Constant, frame: Frame) -> Value:
    found = node.value
    if isinstance(found, bytes):
        found = found.decode("latin-1")
    if isinstance(found, str):
        value: Value = (text(found.replace(HOLE, "\ufffd"), (frame.module.place(node),)),)
        run.mention(value, node, frame)
        return value
    if isinstance(found, bool) or not isinstance(found, int | float):
        return UNKNOWN
    # Python refuses to write out very long numbers; no path has one.
    short = isinstance(found, float) or abs(found) < 10**9
    return (text(str(found)),) if short else UNKNOWN


def _joined(run: Run, node: ast.JoinedStr, frame: Frame) -> Value:
    here = frame.module.place(node)
    parts: list[Value] = [(text("", (here,)),)]
    for piece in node.values:
        if isinstance(piece, ast.FormattedValue):
            parts.append(texts(evaluate(run, piece.value, frame)))
            if piece.format_spec is not None:
                evaluate(run, piece.format_spec, frame)
        elif isinstance(piece, ast.Constant):
            parts.append((text(str(piece.value).replace(HOLE, "\ufffd")),))
    value = concat(parts)
    run.mention(value, node, frame)
    return value


def _binary(run: Run, node: ast.BinOp, frame: Frame) -> Value:
    # A sum of very many parts leans to the left; it is followed without going as deep.
    chain: list[ast.BinOp] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp):
        chain.append(left)
        left = left.left
    value = evaluate(run, left, frame)
    for link in reversed(chain):
        value = operated(value, link.op, evaluate(run, link.right, frame))
    run.mention(value, node, frame)
    return value


def operated(left: Value, operator: ast.operator, right: Value) -> Value:
    """Return what an operator makes of two values."""
    match operator:
        case ast.Add():
            pairs = [(one, other) for one in left for other in right]
            sums = [
                Seq((*a.items, *b.items), a.rest or b.rest)
                for a, b in pairs
                if isinstance(a, Seq) and isinstance(b, Seq)
            ]
            return tuple(sums) or (concat([left, right]) if known(left) or known(right) else UNKNOWN)
        case ast.Mod():
            return join(percent(one, right) for one in texts(left)) if known(left) else UNKNOWN
        case ast.Div():
            return url_join([texts(left), texts(right)])
        case ast.BitOr():
            tables = [thing for thing in (*left, *right) if isinstance(thing, Table)]
            rest = len(tables) < 2 or any(table.rest for table in tables)
            return (Table(tuple(item for table in tables for item in table.items), rest),) if tables else UNKNOWN
        case _:
            return UNKNOWN


def _name(run: Run, node: ast.Name, frame: Frame) -> Value:
    value = frame.find(node.id)
    # A name that nobody defined came with a star import, or is built in.
    things = value if value is not None else (Ref(node.id, external=node.id not in frame.module.defined),)
    _reference(run, node, (), things, frame)
    return things


def _attribute(run: Run, node: ast.Attribute, frame: Frame) -> Value:
    return attribute_of(run, node, evaluate(run, node.value, frame), frame)


def attribute_of(run: Run, node: ast.Attribute, receiver: Value, frame: Frame) -> Value:
    """Return the attribute that a node takes of a value."""
    name = objects.dotted(node)
    written = frame.find(name) if name else None
    things = written or join(objects.attribute(run, thing, node.attr, frame.module.place(node)) for thing in receiver)
    _reference(run, node, receiver, things, frame)
    return things


def _reference(run: Run, node: ast.Attribute | ast.Name, receiver: Value, things: Value, frame: Frame) -> None:
    if not frame.generic or not isinstance(node.ctx, ast.Load):
        return
    operation = used(node, receiver, things, frame, run.sdk)
    if operation is not None:
        place = frame.module.place(node)
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        run.references.setdefault(place, Reference(place, operation, name))


def _sequence(run: Run, node: ast.List | ast.Tuple | ast.Set, frame: Frame) -> Value:
    items: list[Value] = []
    rest = False
    for element in node.elts:
        if isinstance(element, ast.Starred):
            more, exact = objects.items_of(evaluate(run, element.value, frame))
            items += more if exact else [UNKNOWN]
            rest = rest or not exact
        else:
            items.append(evaluate(run, element, frame))
    value: Value = (Seq(tuple(items), rest),)
    if isinstance(node.ctx if not isinstance(node, ast.Set) else ast.Load(), ast.Load):
        _beside(run, items)
        _segments(run, items, node, frame)
    return value


def _segments(run: Run, items: Sequence[Value], node: ast.expr, frame: Frame) -> None:
    """Note a path that stands as a list of its segments."""
    if len(items) >= 4 and not any("/" in one.s for value in items[1:] for one in known(value)):
        run.mention(url_join(items), node, frame)


def _beside(run: Run, items: Sequence[Value]) -> None:
    """Remember the method that stands in the same list or dict as a path."""
    words = {word for value in items if (word := word_of(value))}
    if len(words) == 1:
        for value in items:
            for path in known(value):
                if run.match(path):
                    run.hint(path, next(iter(words)))


def _table(run: Run, node: ast.Dict, frame: Frame) -> Value:
    items: list[tuple[str, Value]] = []
    rest = False
    for key, value in zip(node.keys, node.values, strict=True):
        given = evaluate(run, value, frame)
        if key is None:
            for thing in given:
                items += thing.items if isinstance(thing, Table) else ()
                rest = rest or not isinstance(thing, Table) or thing.rest
            continue
        names = [name.s for name in known(evaluate(run, key, frame)) if HOLE not in name.s]
        items += [(name, given) for name in names]
        rest = rest or not names
    _beside(run, [value for _, value in items])
    return (Table(tuple(items), rest),)


def _subscript(run: Run, node: ast.Subscript, frame: Frame) -> Value:
    receiver = evaluate(run, node.value, frame)
    if isinstance(node.slice, ast.Slice):
        for part in _expressions(node.slice):
            evaluate(run, part, frame)
        return tuple(thing if isinstance(thing, Seq) else Ref() for thing in receiver)
    return join(objects.item(thing, evaluate(run, node.slice, frame)) for thing in receiver)


def _either(run: Run, node: ast.IfExp, frame: Frame) -> Value:
    evaluate(run, node.test, frame)
    return join([evaluate(run, node.body, frame), evaluate(run, node.orelse, frame)])


def _any(run: Run, node: ast.BoolOp, frame: Frame) -> Value:
    return join([evaluate(run, value, frame) for value in node.values])


def _compare(run: Run, node: ast.Compare, frame: Frame) -> Value:
    run.quiet += 1
    for part in (node.left, *node.comparators):
        evaluate(run, part, frame)
    run.quiet -= 1
    return UNKNOWN


def _walrus(run: Run, node: ast.NamedExpr, frame: Frame) -> Value:
    value = evaluate(run, node.value, frame)
    frame.names[node.target.id] = value
    return value


def _inside(run: Run, node: ast.Await | ast.Starred, frame: Frame) -> Value:
    return evaluate(run, node.value, frame)


def _lambda(run: Run, node: ast.Lambda, frame: Frame) -> Value:
    func = Func(node, frame, frame.owner)
    if frame.generic:
        run.queue(func)
    return (func,)


def _yield(run: Run, node: ast.Yield, frame: Frame) -> Value:
    if node.value is not None:
        frame.yields.append(evaluate(run, node.value, frame))
    return UNKNOWN


def _yield_from(run: Run, node: ast.YieldFrom, frame: Frame) -> Value:
    items, _ = objects.items_of(evaluate(run, node.value, frame))
    frame.yields.extend(items)
    return UNKNOWN


def _comprehension(run: Run, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, frame: Frame) -> Value:
    inner = Frame(
        frame.module, frame, generic=frame.generic, owner=frame.owner, me=frame.me, function=frame.function,
        branches=1, yields=frame.yields,
    )  # fmt: skip
    results: list[tuple[str, Value]] = []
    exact = _generate(run, node, inner, 0, results)
    if isinstance(node, ast.DictComp):
        return (Table(tuple(results), not exact),)
    return (Seq(tuple(value for _, value in results), not exact),)


def _generate(
    run: Run,
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
    frame: Frame,
    depth: int,
    results: list[tuple[str, Value]],
) -> bool:
    """Collect what a comprehension makes from its ``for`` number ``depth`` on; tell whether that is all of it."""
    if depth == len(node.generators):
        if isinstance(node, ast.DictComp):
            value = evaluate(run, node.value, frame)
            results += [(key.s, value) for key in texts(evaluate(run, node.key, frame))]
        else:
            results.append(("", evaluate(run, node.elt, frame)))
        return True
    part = node.generators[depth]
    items, exact = objects.items_of(evaluate(run, part.iter, frame))
    for value in items if exact else [join(items) if items else UNKNOWN]:
        objects.bind(run, part.target, value, frame)
        for test in part.ifs:
            evaluate(run, test, frame)
            exact = False
        exact = _generate(run, node, frame, depth + 1, results) and exact
    return exact


def _call(run: Run, node: ast.Call, frame: Frame) -> Value:
    return calls.call(run, node, frame)


_FOLLOW: dict[type[ast.expr], Callable[..., Value]] = {
    ast.Constant: _constant,
    ast.JoinedStr: _joined,
    ast.BinOp: _binary,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _table,
    ast.Subscript: _subscript,
    ast.IfExp: _either,
    ast.BoolOp: _any,
    ast.Compare: _compare,
    ast.NamedExpr: _walrus,
    ast.Await: _inside,
    ast.Starred: _inside,
    ast.Lambda: _lambda,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Call: _call,
}
