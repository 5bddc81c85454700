"""Finds calls of retired operations in sources, without running them.

Search comes first, then parsing: ``files`` reads every text file below the given paths, and ``scanning`` keeps those
with a word to look for (``sought``: the paths of the documents; ``callers``: the names in them, for the versions of
tools that the tree ``pins``). Programs are parsed: ``tree`` gives all languages one shape, ``fold`` evaluates strings,
``programs`` finds calls. Every other text is read by ``lines``; ``commands`` reads command lines in both.
``rules.toml`` has the words of languages. ``findings`` adds dates and advice and removes known findings, ``formats``
writes the report.
"""
