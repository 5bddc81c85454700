"""What the drop-ins for HTTP libraries have in common; knows none of them, so that no door loads another's.

Read in this order: ``process`` (settings, documents and memory of this process) -> ``recognition`` (is a
call a retired one, and what its exchange needs) -> ``notice`` (warning the program at its own line).
``patience`` bounds an exchange by the caller's own timeouts, ``digest`` tells signatures over a request target,
``signatures`` keeps a library's own function signatures and ``modules`` its modules. ``nesting`` has a call served
once though libraries stand on each other, ``uncovered`` tells of calls that no door serves. ``forms`` and
``streams`` are what several libraries take and give.
"""
