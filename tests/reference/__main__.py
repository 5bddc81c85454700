"""The generated pages of ``docs/reference``, written anew: ``python -m tests.reference`` in the checkout."""

from __future__ import annotations

from tests.reference.pages import FOLDER, PAGES


def main() -> None:
    """Write every page."""
    for name, text in PAGES.items():
        (FOLDER / name).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
