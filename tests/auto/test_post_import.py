"""The import hook: with other hooks present, a module is complete, and is patched before it is used."""

import importlib
import importlib.util
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

import pytest
import wrapt

from shim.doors.switch import Finder

NAME = "a_library_of_the_tests"


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Write a module that counts its executions, and return its file."""
    path = tmp_path / f"{NAME}.py"
    path.write_text(
        "import sys\nLOADER = __loader__\nSPEC = __spec__.loader\nvalue = 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield path
    sys.modules.pop(NAME, None)


@pytest.fixture
def reported(monkeypatch):
    """Return the list of reported modules; ``reported.finder`` is a finder that precedes the others."""

    class Reported(list[int]):
        finder: Finder

    modules = Reported()
    modules.finder = Finder({NAME}, lambda module: modules.append(module.value))
    monkeypatch.setattr(sys, "meta_path", [modules.finder, *sys.meta_path])
    return modules


def test_a_module_is_reported_once_and_keeps_its_loader(library, reported):
    """The loader is the module's own during execution and after it, so resources and source are found."""
    module: Any = importlib.import_module(NAME)
    importlib.import_module(NAME)
    assert reported == [1]
    loaders = (module.__loader__, module.__spec__.loader, module.LOADER, module.SPEC)
    assert {type(loader) for loader in loaders} == {SourceFileLoader}


def test_a_reloaded_module_is_reported_again(library, reported):
    """A reload creates new classes."""
    module = importlib.import_module(NAME)
    library.write_text("value = 22")
    assert importlib.reload(module) is module
    assert reported == [1, 22]


def test_a_failed_import_fails_as_without_the_hook(library, reported):
    """The module is reported when a later import succeeds."""
    library.write_text("raise ImportError('broken')")
    with pytest.raises(ImportError, match="broken"):
        importlib.import_module(NAME)
    assert NAME not in sys.modules
    library.write_text("value = 333")
    assert importlib.import_module(NAME).value == 333
    assert reported == [333]


def test_a_removed_finder_still_finishes_its_search(library, monkeypatch):
    """Another thread may switch the shim off during an import."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, object()])
    assert Finder({NAME}, print).find_spec(NAME).origin == str(library)


class Lazy:
    """A finder that loads lazily, as importlib.util.LazyLoader does."""

    def find_spec(self, name, path=None, target=None):
        """Return the library's lazy spec; None for any other module."""
        if name == NAME:
            spec = PathFinder.find_spec(name, path, target)
        else:
            spec = None
        if spec is not None:
            assert spec.loader
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def test_a_lazy_finder_of_others_gives_a_complete_module(library, reported):
    """The module is reported once, with its own loader."""
    sys.meta_path.insert(1, Lazy())
    module = importlib.import_module(NAME)
    assert module.value == 1
    assert reported == [1]
    assert type(module.__loader__) is SourceFileLoader


@pytest.mark.parametrize("place", [0, 1], ids=["before", "after"])
def test_wrapts_hooks_are_called_too(library, reported, place):
    """Wrapt's finder calls all other finders, including the shim's."""
    seen: list[ModuleType] = []
    wrapts_finder: Any = importlib.import_module("wrapt.importer").ImportHookFinder
    wrapt.register_post_import_hook(seen.append, NAME)
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if not isinstance(finder, wrapts_finder)
    ]
    sys.meta_path.insert(place, wrapts_finder())
    module = importlib.import_module(NAME)
    assert seen == [module]
    assert set(reported) == {1}


def test_concurrent_imports_see_a_reported_module(library, reported):
    """A thread that waits for the import also waits for the report."""
    sys.meta_path.remove(reported.finder)
    together = threading.Barrier(4)

    def notify(module):
        module.reported = True

    def use(_):
        together.wait()
        return hasattr(importlib.import_module(NAME), "reported")

    sys.meta_path.insert(0, Finder({NAME}, notify))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(use, range(4))) == [True] * 4
