"""Programs as users write them, which the project's run of mypy holds to the types that their libraries have.

A slip that a type checker finds has a ``type: ignore``; mypy strict refuses those that nothing needs.
"""

import shim
from tests.typed import public_names


def test_public_names_are_all_there():
    """A name that type checkers can't see would be missed here."""
    assert set(shim.__all__) <= set(vars(public_names))
