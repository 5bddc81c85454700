"""Retired calls of a program's own HTTP libraries are served here; what programs import is ``shim.httpx`` and so on.

One call, in the order of its stations, with requests for all libraries; each has a
room:

    ``process.concerns``                    may a URL be of a retired call, by the settings of this process?
    ``requests.adapter.Adapter.send``       the library's own method, or one around it (``switch``)
    ``requests.door.retired_prepared``      the request in neutral terms
    ``driver.drive``                        does what the next two yield; ``adrive`` awaits it
    ``recognition.retired_call``            is it a retired call, and what its exchange needs
    ``exchange.steps``                      the loop for all libraries
    ``notice.notify``                       the program is warned at its line (``call_site``), before anything is sent
    ``requests.door.RequestsDoor.request``  what one library alone knows: requests, responses, exceptions, timeouts
    ``recognition.RetiredCall.write_down``  the line of the inventory

``native`` has what several libraries give and take, ``surface`` how a door looks like
its library, ``environment`` the variables. ``stdlib`` serves urllib.request. No room
loads another's library, but that requests stands on urllib3.
"""
