"""What the drop-ins for httpx and requests have in common; knows no HTTP library, so that neither loads the other's.

Read in this order: ``runtime`` (settings, documents and memory of this process) -> ``recognition`` (is a
call a retired one, and what its exchange needs) -> ``notice`` (warning the program at its own line).
``digest`` tells signatures over a request target, ``signatures`` keeps a library's own function signatures.
"""
