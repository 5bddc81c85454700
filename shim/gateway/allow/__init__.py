"""Which calls may be made: an operator's list of methods and path templates, and ``read_only``.

``lists`` reads a list and asks it about one call; ``limits`` is the station of the handler that refuses the others.
"""
