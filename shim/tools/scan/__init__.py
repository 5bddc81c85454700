"""Find calls of retired operations in sources, without running them.

Search comes first, then parsing. ``files`` reads every text file below the given paths.
``scanning`` keeps those that match ``sought``, which has the paths of the documents and
the callers that they name, for the versions of tools that the tree ``pins``.
``packages`` has the addresses that one file sets and another one uses. Programs are
parsed: ``tree`` gives all languages one shape, ``fold`` evaluates strings, ``programs``
finds calls, and ``quiet`` finds text that only looks like a call. ``lines`` reads every
other text, and command lines in any file. ``rules.toml`` has the words of languages.
``findings`` adds dates and advice, and has the formats.
"""
