"""Switching the drop-in on and off for a whole process, clients that exist already included.

What ``served`` has stands in the place of a library's methods as soon as the program imports the library; none is
imported here.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module

from shim.doors import placing
from shim.doors.environment import CHECKED, NEED_DOCUMENTS, as_mark, read_word, settings_in
from shim.doors.post_import import Finder
from shim.doors.served import LIBRARIES, STATE

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
if TYPE_CHECKING:
    from types import ModuleType

LAUNCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch")  # noqa: PTH100, PTH118, PTH120 - every Python under run pays for what is imported here
"""The folder of the sitecustomize that ``atlas-shim run`` puts first in PYTHONPATH."""


_lock = threading.RLock()


def install() -> None:
    """Switch the drop-in on for this process; once is as good as twice.

    Raises SettingsError and DocumentError; changes nothing then.
    """
    settings = settings_in(os.environ)
    unchecked = {} if os.environ.get(CHECKED) == as_mark(settings) else settings
    if unchecked.keys() & NEED_DOCUMENTS:
        import_module("shim.doors.process").prepare()
    elif unchecked:
        read_word(unchecked)
        import_module("shim.core.settings").read_settings(unchecked)
    with _lock:
        STATE.settings = settings
        STATE.active = True
        _finder.start()
    for name in LIBRARIES:
        try:
            if sys.modules.get(name) is not None:
                _hear(import_module(name))  # waits until it is complete, should another thread be importing it
        except ImportError:
            continue


def uninstall() -> None:
    """Switch it off again: every method is what it was before ``install``.

    A function of ours that somebody has wrapped in the meantime can't be taken out; it does nothing then.
    """
    with _lock:
        STATE.active = False
        _finder.stop()
        for name, methods in LIBRARIES.items():
            if module := sys.modules.get(name):
                for kind, method in methods:
                    placing.unplace(module, kind, method)
        if hooks := sys.modules.get("shim.doors.httpx_family.clients"):
            hooks.abandon()


def installed() -> bool:
    """Return whether the drop-in is on."""
    return STATE.active


def overtaken() -> None:
    """Switch it on where OpenTelemetry's launcher stands before the one of ``atlas-shim run``.

    OpenTelemetry calls this, by an entry point, in every Python that its launcher started and where
    atlas-shim is installed; without ``atlas-shim run`` nothing happens. Nothing is raised.
    """
    if LAUNCH not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        return
    try:
        install()
    except Exception as error:  # noqa: BLE001 - whatever it is, the program runs
        sys.stderr.write(f"atlas-shim: not switched on in {sys.executable}: {error}\n")


def _hear(module: ModuleType) -> None:
    """Patch a library."""
    with _lock:
        if STATE.active:
            for (kind, method), wrapper in LIBRARIES[module.__name__].items():
                placing.place(module, kind, method, wrapper)


def _imported(module: ModuleType) -> None:
    """Patch a library that the program has imported; it is imported whatever goes wrong here."""
    try:
        _hear(module)
    except Exception as error:  # noqa: BLE001 - see above
        sys.stderr.write(f"atlas-shim: calls of {module.__name__} are not covered: {error}\n")


_finder = Finder(frozenset(LIBRARIES), _imported)
