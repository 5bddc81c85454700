"""Upstream's side: one origin, calls sent to it, and what its faults are called.

    ``client``      the call as bytes, sent once; a read once more, when a kept connection closed under it
    ``connection``  one request and its reply at a time, and nothing that was not asked for
    ``messages``    the call, the reply's head, and its content to be read or handed on
    ``proxy``       the environment's, and the tunnel through it

``faults`` has the answers to calls without a reply. Wire, TLS, body and deadlines are those of ``http1``.
"""
