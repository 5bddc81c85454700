"""The caller's side of HTTP/1.1: bytes become requests, and replies become bytes.

In the order in which a caller reaches them:

    ``listener``    the sockets and their connections, TLS (``secure``)
    ``clients``     the callers, also those behind a balancer; counts, and which connection can end
    ``callers``     a connection and a peer, as the other files see them
    ``connection``  one request after the other, each within its deadlines
    ``head``        a complete head, parsed by llhttp, with additional checks
    ``body``        the content after it, by its length or in chunks
    ``response``    the request for a handler, and its reply as bytes

Upstream's side shares ``wire``, ``secure`` and ``body``.
"""
