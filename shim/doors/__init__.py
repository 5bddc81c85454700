"""Handle retired calls of a Python program's own HTTP libraries.

Users import ``shim.httpx`` and so on.

State: the settings and ``Memory`` belong to the process (``process``), everything else to
one call. A door converts its library's request and response to neutral values. One
driver runs the core's generator, blocking or awaited.

Two rules: a call that is not retired reaches the library untouched. The program's own
authentication signs each request that is sent, and credentials go only to the origin
that the program called.

A call passes these stations in order, here with requests; each library has a folder:

    ``process.concerns``                    may this URL belong to a retired call, by the process's settings?
    ``requests.adapter.Adapter.send``       the library's own method, or one around it (``switch``)
    ``requests.door.retired_prepared``      the request in neutral terms
    ``driver.drive``                        runs the next two; ``adrive`` awaits them
    ``recognition.retired_call``            is it a retired call, and the inputs of its exchange
    ``exchange.steps``                      the loop for all libraries
    ``notice.notify``                       warns the program at its line (``call_site``), before anything is sent
    ``requests.door.RequestsDoor.request``  the library's own part: requests, responses, exceptions, timeouts
    ``recognition.RetiredCall.write_down``  the line of the inventory

``native`` has values that several libraries share, ``surface`` makes a door look like
its library, and ``environment`` has the variables. ``stdlib`` handles urllib.request.
No folder loads another's library, except that requests uses urllib3.
"""
