"""Retired calls of a program's own HTTP libraries are served here; no door loads another's library, but requests'.

The way of a call: a library's own method, wrapped by ``switch`` or overridden in a class of ours > its room
(``recognise``) > ``recognition`` with ``process`` (is it a retired one, by the settings of this process) > ``exchange``
(the loop, once for all) with the room's ``Door`` (what one library alone knows) > ``notice`` (the program is warned at
its line, ``call_site``). ``native`` has what several libraries give and take, ``surface`` how a door looks like its
library, ``uncovered`` tells of calls that no door serves.

The rooms: ``httpx_family`` (httpx and httpx2), ``requests``, ``urllib3``, ``aiohttp``, ``stdlib``. What programs
import is ``shim.httpx``, ``shim.requests`` and so on.
"""
