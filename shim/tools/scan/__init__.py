"""Finds calls of retired operations in sources, without running them.

Search comes first, then parsing: ``files`` reads every text file below the given paths,
and ``scanning`` keeps those with a word to look for (``sought``: the paths of the
documents and the callers that they name, for the versions of tools that the tree
``pins``). ``packages`` knows the addresses that one file sets and another one uses.
Programs are parsed: ``tree`` gives all languages one shape, ``fold`` evaluates strings,
``programs`` finds calls, and ``quiet`` text that only looks like one. Every other text, and
command lines wherever they stand, are read by ``lines``. ``rules.toml`` has the words
of languages. ``findings`` adds dates and advice, and has the formats.
"""
