"""The caller's side of HTTP/1.1: bytes become requests, and replies become bytes.

In the order in which a caller meets them:

    ``sockets``     what is listened on, and TLS
    ``listener``    accepts connections, as many as there are descriptors
    ``arrival``     one that is being set up: the header of a balancer (``peers``), the TLS handshake
    ``server``      whether it is kept: who is connected, how many each peer has, and who can be spared
    ``connection``  one request after the other, each within its deadlines
    ``head``        a whole head, parsed by llhttp and held to what that leaves open
    ``content``     what follows it, by its length or in ``chunks``
    ``request``     what a handler is given, and its way back
    ``response``    a reply's head as bytes, and how its content is framed

``deadlines`` is the one timer of a loop.
"""
