"""How an option is declared: one row, from which its flag, variable and file key come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

T = TypeVar("T")


@attrs.frozen
class Row(Generic[T]):
    """What there is to say about one option besides its type.

    ``parse`` reads a text, and names the option by its second argument in the SettingsError that it raises;
    ``default`` is written as a caller would write it; ``bare`` is what the flag means without a value, None when
    it needs one; ``live`` options can change while the gateway runs; a ``secret`` value is shown to nobody.
    ``name`` is that of the attribute.
    """

    parse: Callable[[str, str], T]
    metavar: str
    help: str
    default: str
    bare: str | None = None
    live: bool = False
    secret: bool = False
    name: str = ""

    @property
    def flag(self) -> str:
        """The flag, as in ``--public-url``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, as in ``ATLAS_SHIM_PUBLIC_URL``."""
        return "ATLAS_SHIM_" + self.name.upper()


def option(row: Row[T]) -> T:
    """Declare an attribute of Options: its default is what the row's parser makes of the row's default."""
    return attrs.field(default=row.parse(row.default, "default"), metadata={"row": row})
