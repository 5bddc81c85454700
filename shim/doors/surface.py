"""Make a door look like its library: signatures, modules by name, and classes."""

from __future__ import annotations

import functools
import os
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from importlib import import_module, util
from importlib.machinery import ModuleSpec
from typing import Any

from shim.doors.environment import check
from shim.doors.served import SERVED, STATE
from shim.doors.switch import standing_for

FUNCTIONS = (
    "request",
    "delete",
    "get",
    "head",
    "options",
    "patch",
    "post",
    "put",
    "query",
    "stream",
)
"""Names of functions that create a client for a single call."""


def look() -> None:
    """Check the settings of the process.

    The engine is loaded only if they refer to mapping documents.

    Raises SettingsError and DocumentError.
    """
    STATE.settings = check(os.environ)


def stand_in(kind: Any, *ours: Any) -> Any:
    """Return a subclass of ``kind`` with its name and a method from ``SERVED``.

    A subclass of a class in ``ours`` inherits its method. It checks the settings before
    it creates an object.
    """
    library = kind.__module__.partition(".")[0]

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it becomes that
        look()
        super(made, self).__init__(*args, **kwargs)

    def standing(method: str, wrapper: Callable[..., Any]) -> Any:
        return standing_for(
            getattr(kind, method),
            wrapper,
            lambda instance, _: getattr(super(made, instance), method),
        )

    served = () if ours else SERVED[library].items()
    own = {
        method: standing(method, wrapper)
        for (name, method), wrapper in served
        if name == kind.__name__
    }
    own["__init__"] = _like(kind.__init__, __init__)
    with warnings.catch_warnings():
        # aiohttp discourages subclasses; one of the shim's still warns
        warnings.simplefilter("ignore", DeprecationWarning)
        made: Any = types.new_class(
            kind.__name__, (*ours, kind), {}, lambda body: body.update(own)
        )
    made.__doc__ = f"""{library}.{kind.__name__}, whose calls to retired Atlas endpoints keep working.

    Accepts its arguments. Raises SettingsError if an ``ATLAS_SHIM_…`` variable is invalid.
    """
    return made


def clients(library: types.ModuleType) -> dict[str, Any]:
    """Return the replacements for httpx or httpx2: two clients and the functions."""
    kinds: dict[str, Any] = {
        name: stand_in(getattr(library, name)) for name in ("Client", "AsyncClient")
    }
    public = {**kinds, **remade(library, Client=kinds["Client"])}
    for name, made in public.items():
        made.__name__ = made.__qualname__ = name
        made.__module__ = f"shim.{library.__name__}"  # the name used for pickling
    return public


def remade(
    module: Any, names: Iterable[str] = FUNCTIONS, **ours: object
) -> dict[str, Any]:
    """Return copies of a module's functions that use the shim's classes."""
    functions = {name: getattr(module, name) for name in names if hasattr(module, name)}
    made: dict[str, Any] = {}
    around = {**_unwrapped(next(iter(functions.values()))).__globals__, **ours}
    for name, function in functions.items():
        original: Any = _unwrapped(function)
        again = types.FunctionType(
            original.__code__, around, name, original.__defaults__
        )
        again.__kwdefaults__ = original.__kwdefaults__
        _like(original, again)
        around[name] = made[name] = (
            again if original is function else contextmanager(again)
        )
    return made


def _like(original: Any, function: Any) -> Any:
    """Give a function the signature and name of ``original``, unwrapped."""
    return functools.update_wrapper(function, original, assigned=("__doc__",))


def _unwrapped(function: Any) -> Any:
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


class _Aliases:
    """Finds a library's modules below the shim's name.

    They are the same modules, except those with replacements.
    """

    def __init__(
        self,
        library: str,
        ours: Mapping[str, Mapping[str, object]],
        again: tuple[str, ...],
    ) -> None:
        self._prefix = f"shim.{library}."
        self._ours = ours
        self._again = again

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Return the spec of a module that the library has."""
        own = name.removeprefix("shim.")
        if (
            not name.startswith(self._prefix)
            or own in self._again
            or util.find_spec(own) is None
        ):
            return None
        return util.spec_from_loader(name, self)  # type: ignore[arg-type]  # importlib.abc costs an import

    def create_module(self, _: object) -> None:
        """Return None, so that Python creates the module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Use the library's module, or fill a new one that has replacements."""
        name = module.__name__
        original = import_module(name.removeprefix("shim."))
        ours = self._ours.get(name.removeprefix(self._prefix))
        if ours is None:
            sys.modules[name] = original
        else:
            vars(module).update(
                ours,
                __doc__=original.__doc__,
                __getattr__=functools.partial(getattr, original),
            )


def alias(
    library: str, ours: Mapping[str, Mapping[str, Any]], *again: str
) -> dict[str, Any]:
    """Allow imports of a library's modules below the shim's name.

    Those in ``ours`` have these objects.

    Those in ``again`` are loaded a second time, so that they use the replacements.
    Returns the shim's own objects.
    """
    # requests.packages is not a package, but has modules
    for name, module in tuple(sys.modules.items()):
        if (
            name.startswith(f"{library}.")
            and name.removeprefix(f"{library}.") not in ours
        ):
            sys.modules[f"shim.{name}"] = module
    sys.meta_path.insert(0, _Aliases(library, ours, again))
    found: dict[str, Any] = {}
    for module_name, names in ours.items():
        import_module(f"shim.{library}.{module_name}")
        for name, each in names.items():
            found[name], each.__module__ = each, f"shim.{library}.{module_name}"
    return found


def become(client: Any, ours: type) -> None:
    """Give an object a class that derives from its own and from ``ours``.

    The methods of ``ours`` replace the library's.

    An object of the library's own class gets ``ours`` itself. Raises TypeError if
    Python can't create such a class or the object can't have it, and SettingsError.
    """
    look()
    own: type = type(client)
    if issubclass(own, ours):
        return
    try:
        if own in ours.__bases__:
            client.__class__ = ours
        else:
            client.__class__ = _joined(own, ours)  # type: ignore[arg-type]  # classes can be hashed
    except TypeError as error:
        raise TypeError(f"a {own.__qualname__} can't be wrapped: {error}") from error


@functools.cache
def _joined(own: type, ours: type) -> type:
    """Return the class ``Joined(own, ours)``, with the name of ``own``."""
    body = {
        **{
            name: getattr(own, name)
            for name in ("__module__", "__qualname__", "__doc__")
        },
        "__slots__": (),
    }
    with warnings.catch_warnings():
        # aiohttp discourages subclasses
        warnings.simplefilter("ignore", DeprecationWarning)
        return types.new_class(
            own.__name__, (own, ours), {}, lambda namespace: namespace.update(body)
        )
