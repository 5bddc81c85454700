"""The caller's side of HTTP/1.1: bytes become requests, and replies become bytes.

In the order in which a caller meets them:

    ``sockets``     what is listened on
    ``listener``    accepts connections, as many as there are descriptors
    ``arrival``     one that is being set up: the header of a balancer (``peers``), the handshake of TLS (``secure``)
    ``clients``     whether it is kept: who is connected, how many each peer has, and who can be spared
    ``connection``  one request after the other, each within its deadlines
    ``head``        a whole head, parsed by llhttp and held to what that leaves open
    ``body``        what follows it, by its length or in ``chunks``
    ``response``    what a handler is given, and its way back: the reply as bytes

Upstream's side has ``wire``, ``secure``, ``body`` and ``chunks`` in common with this one. ``deadlines`` is the one
timer of a loop.
"""
