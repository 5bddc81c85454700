"""What a gateway shows to people: counts kept for an hour, the facts made of them, and the pages.

``counts`` counts each call, ``standing`` is what else a gateway knows of itself; ``status`` is the shape of
``/status.json``, which ``facts`` fills in; ``words`` are what ``html`` and ``text`` show of it; ``silence`` is the
verdict on whether the shim can go.
"""
