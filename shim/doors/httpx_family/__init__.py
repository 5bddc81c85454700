"""What the doors of httpx and httpx2 have in common; it loads neither, and is given one as a module.

The way of a call: a client of ``clients``, which keeps the caller's event hooks for the end, or a transport of
``transports`` > ``door`` (is it a retired one, and what httpx alone knows of its exchange). What is written here is
typed by httpx.
"""
