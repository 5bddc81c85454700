"""Reading other languages than Python by tree-sitter's grammars. Nothing is run.

``grammars`` knows which file is read by which grammar and makes its tree, ``program`` is such a tree with places.
``texts`` says what a node's text is, ``callers`` what a call is and how it is told from a route, a mock or a message,
``following`` follows texts through Go, JavaScript, TypeScript, Java and C#, ``shell``, ``terraform`` and ``documents``
(YAML, JSON) read the rest, and ``reading`` chooses. Each imports only those before it.
"""
