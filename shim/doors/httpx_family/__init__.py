"""What the doors of httpx and httpx2 have in common; it loads neither, and is given one as a ``library.Library``.

httpx2 is the fork of httpx that is looked after: its classes have the same names and ways, and are others. What is
written here is typed by those of httpx.

The way of a call: a client or a transport > ``send`` or ``transports`` > ``recognition`` (is it a retired one) >
``exchange`` (what is sent and what comes of it) with ``rewriting`` (requests) and ``streams`` (content). ``hooks``
keeps the caller's event hooks for the end; ``api`` makes the top-level functions.
"""
