"""Finds calls of retired operations in sources, without running them.

Search comes first, then parsing: ``files`` reads every text file below the given paths, and ``scanning`` keeps those
with a word to look for (``sought``: the paths and names of the documents). Programs are parsed: ``tree`` gives all
languages one shape, ``fold`` evaluates strings, ``programs`` finds calls. Every other text is read by ``lines``.
``rules.toml`` has the words of languages and clients. ``findings`` adds dates and advice and removes known findings,
``formats`` writes the report.
"""
