"""The caller's side of HTTP/1.1: bytes become requests, and replies become bytes.

In the order in which a caller meets them:

    ``listener``    the sockets, connections accepted, TLS (``secure``)
    ``clients``     who is connected, or stands behind a balancer; how many each has, and who can be spared
    ``callers``     a connection as the others see it, and those of one peer
    ``connection``  one request after the other, each within its deadlines
    ``head``        a whole head, parsed by llhttp, with additional checks
    ``body``        the content after it, by its length or in chunks
    ``response``    the request for a handler, and its reply as bytes

Upstream's side has ``wire``, ``secure`` and ``body`` in common with this one.
"""
