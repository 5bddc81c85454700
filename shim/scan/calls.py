"""Following calls: the program's own, those that make texts, and those that make HTTP calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from shim.scan import builtin, expressions, functions, objects
from shim.scan.hits import Hit
from shim.scan.methods import CONTENT, NOT_URLS, method_of, verb_in
from shim.scan.paths import by_method
from shim.scan.run import Run
from shim.scan.sdk import Reference, made_of, meant
from shim.scan.strings import method as text_method
from shim.scan.values import (
    HOLE,
    UNKNOWN,
    Bound,
    Class,
    Frame,
    Func,
    Instance,
    Keywords,
    Place,
    Ref,
    Seq,
    Super,
    Table,
    Text,
    Value,
    join,
    known,
    text,
    url_join,
)

_SAYING = frozenset({
    "print", "debug", "info", "warning", "warn", "error", "exception", "critical", "log", "echo", "secho", "fail",
    "startswith", "endswith", "compile", "match", "search", "fullmatch", "findall", "finditer", "assertEqual",
    "assertIn", "assertNotIn", "assertNotEqual", "assert_called_with", "assert_called_once_with", "assert_any_call",
    "add_argument", "Route", "APIRoute", "Mount", "Rule", "add_route", "add_url_rule", "add_api_route", "add_get",
    "add_post", "add_delete", "add_patch", "re_path",
})  # fmt: skip
"""Calls that only talk about the texts they are given, or serve them."""
_MAPPING = frozenset({"map", "imap", "imap_unordered", "map_async", "starmap", "thread_map"})


def call(run: Run, node: ast.Call, frame: Frame) -> Value:
    """Return what a call may give, noting it if it is an HTTP call of a retired path."""
    receiver: Value = ()
    if isinstance(node.func, ast.Attribute):
        receiver = expressions.evaluate(run, node.func.value, frame)
        things = expressions.attribute_of(run, node.func, receiver, frame)
    else:
        things = expressions.evaluate(run, node.func, frame)
    if isinstance(node.func, ast.Name) and node.func.id == "super" and frame.owner is not None:
        return (Super(frame.owner, frame.me),)
    name = _name(node.func, things)
    makes_text = any(isinstance(thing, Text) for thing in receiver)
    saved, run.quiet = run.quiet, (run.quiet if makes_text else 0) + (name in _SAYING)
    args, kwargs = _arguments(run, node, frame)
    run.quiet = saved
    value = _result(run, node, frame, name, receiver, things, args, kwargs)
    run.mention(value, node, frame)
    return value


def _name(node: ast.expr, things: Value) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    named = next((thing.last for thing in things if isinstance(thing, Ref) and thing.name), "")
    return named or (node.id if isinstance(node, ast.Name) else "")


def _arguments(run: Run, node: ast.Call, frame: Frame) -> tuple[list[Value], dict[str, Value]]:
    args: list[Value] = []
    for part in node.args:
        value = expressions.evaluate(run, part, frame)
        if isinstance(part, ast.Starred):
            items, exact = objects.items_of(value)
            args += items if exact else [*items, UNKNOWN]
        else:
            args.append(value)
    kwargs: dict[str, Value] = {}
    for keyword in node.keywords:
        value = expressions.evaluate(run, keyword.value, frame)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        else:
            for thing in value:
                kwargs.update(thing.items if isinstance(thing, Table) else ())
    return args, kwargs


def _result(  # noqa: PLR0913, PLR0917 - a call's parts
    run: Run,
    node: ast.Call,
    frame: Frame,
    name: str,
    receiver: Value,
    things: Value,
    args: Sequence[Value],
    kwargs: Keywords,
) -> Value:
    at = frame.module.place(node)
    results: list[Value] = []
    for thing in receiver:
        found = (
            text_method(thing, name, args, kwargs) if isinstance(thing, Text) else builtin.looked_up(thing, name, args)
        )
        if found is not None:
            results.append(found)
    if isinstance(node.func, ast.Attribute):
        builtin.changed(run, node.func.value, receiver, name, args, frame)
    own = [thing for thing in things if isinstance(thing, Func | Bound | Class)]
    for thing in own:
        before = len(run.hits)
        results.append(_followed(run, thing, name, args, kwargs, at))
        _through_library(run, node, thing, frame, run.hits[before:])
    if results:
        return join(results)
    if name == "getattr" and len(args) > 1:
        return _by_name(run, node, args, frame)
    if _asks(run, name, node, things, args, kwargs, at):
        return UNKNOWN
    _handed_on(run, name, args, kwargs, at)
    made = builtin.built(name, args, kwargs)
    if made is not None:
        return made
    return tuple(_unknown(thing, args, kwargs, frame) for thing in things) or UNKNOWN


def _followed(  # noqa: PLR0913, PLR0917 - a call's parts
    run: Run, thing: Func | Bound | Class, name: str, args: Sequence[Value], kwargs: Keywords, at: Place
) -> Value:
    before = len(run.hits)
    value = functions.invoke(run, thing, args, kwargs, at)
    base = _base(args, kwargs) if isinstance(thing, Class) and thing.foreign else None
    for made in value:
        if isinstance(made, Instance) and base is not None:
            made.base = base
    if len(run.hits) == before:
        # The function may hand the path to something unknown; its own name is the best word on the method.
        _, method = method_of(name, "", args, kwargs)
        for path in _addresses(args, kwargs, None):
            if method is not None and run.match(path):
                run.hint(path, method)
    return value


def _through_library(run: Run, node: ast.Call, thing: Func | Bound | Class, frame: Frame, hits: Sequence[Hit]) -> None:
    """Note a call of a client library that is itself being scanned, when it does lead to the retired path."""
    func = thing.func if isinstance(thing, Bound) else thing
    if not isinstance(func, Func) or isinstance(func.node, ast.Lambda) or func.frame.module is frame.module:
        return
    if isinstance(node.func, ast.Attribute) and not isinstance(thing, Bound):
        return  # a function of a module that is noted itself
    operation = made_of(func.node.name, func.frame.module.path.stem, run.sdk)
    if operation is not None and frame.generic and any(operation in hit.operations for hit in hits):
        place = frame.module.place(node.func)
        run.references.setdefault(place, Reference(place, operation, func.node.name))


def _asks(  # noqa: PLR0913, PLR0917 - a call's parts
    run: Run, name: str, node: ast.Call, things: Value, args: Sequence[Value], kwargs: Keywords, at: Place
) -> bool:
    """Note the retired paths that an HTTP call is given; tell whether there were any."""
    called = objects.dotted(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    http, method = method_of(name, called.rpartition(".")[2], args, kwargs)
    if name == "partial" and args:
        http, method = _partly(args)
    base = next((thing.base for thing in things if isinstance(thing, Ref)), None)
    if not http:
        return False
    return _note(run, _addresses(args, kwargs, base), method, at)


def _partly(args: Sequence[Value]) -> tuple[bool, str | None]:
    names = [thing.last for thing in args[0] if isinstance(thing, Ref)]
    return method_of(names[0], "", args[1:], {}) if names else (False, None)


def _note(run: Run, paths: Iterator[Text], method: str | None, at: Place) -> bool:
    found = False
    for path in paths:
        operations = by_method(run.match(path), method)
        if operations:
            run.hits.append(Hit((at,), operations, method, path))
            found = True
    return found


def _addresses(args: Sequence[Value], kwargs: Keywords, base: Text | None) -> Iterator[Text]:
    """Yield the texts of a call that may be its address, below the client's base URL if it has one."""
    for value in (*args, *(value for key, value in kwargs.items() if key not in NOT_URLS)):
        for thing in value:
            parts = url_join(thing.items) if isinstance(thing, Seq) and len(thing.items) > 3 else (thing,)
            for path in known(parts):
                if base is not None and "://" not in path.s:
                    yield text(f"{base.s.rstrip('/')}/{path.s.lstrip('/')}", base.atoms | path.atoms)
                else:
                    yield path


def _handed_on(run: Run, name: str, args: Sequence[Value], kwargs: Keywords, at: Place) -> None:
    """Follow what a thread, an executor, ``map`` or ``partial`` is told to call."""
    values = list(args)
    if "target" in kwargs:
        items, _ = objects.items_of(kwargs.get("args", ()))
        values = [kwargs["target"], *items]
    for index, value in enumerate(values[:-1]):
        rest = values[index + 1 :]
        each = [[one] for one in objects.items_of(rest[0])[0]] if name in _MAPPING else [rest]
        for thing in value:
            for given in each:
                if isinstance(thing, Func | Bound):
                    functions.invoke(run, thing, given, {}, at)
                elif isinstance(thing, Ref) and "." in thing.name:
                    http, method = method_of(thing.last, "", given, {})
                    if http or verb_in(thing.last):
                        _note(run, _addresses(given, {}, thing.base), method, at)


def _by_name(run: Run, node: ast.Call, args: Sequence[Value], frame: Frame) -> Value:
    """Return what ``getattr`` gives."""
    place = frame.module.place(node)
    found: list[Value] = []
    for name in known(args[1]):
        found += [objects.attribute(run, thing, name.s, place) for thing in args[0]]
        operation = meant(name.s, run.sdk)
        if operation is not None and frame.generic and any(isinstance(one, Ref) for value in found for one in value):
            run.references.setdefault(place, Reference(place, operation, name.s))
    return join([*found, *args[2:]]) if found else UNKNOWN


def _unknown(thing: object, args: Sequence[Value], kwargs: Keywords, frame: Frame) -> Ref:
    """Return the result of a call of something unknown; a client keeps its base URL."""
    if not isinstance(thing, Ref):
        return Ref()
    base = thing.base
    if thing.last[:1].isupper() and not CONTENT.intersection(kwargs):
        base = _base(args, kwargs)
    if thing.name == "__init__" and frame.me is not None:
        frame.me.base = _base(args, kwargs) or frame.me.base
    return Ref(f"{thing.name}()", thing.external, base)


def _base(args: Sequence[Value], kwargs: Keywords) -> Text | None:
    """Return the base URL that a client is made with."""
    given = next((kwargs[key] for key in ("base_url", "base", "url", "host") if key in kwargs), None)
    texts = (
        known(given)
        if given is not None
        else tuple(one for value in args[:1] for one in known(value) if "://" in one.s)
    )
    return next((one for one in texts if one.s.strip(HOLE)), None)
