"""Upstream's side: one origin, the requests sent to it, and its faults.

    ``client``      a call as bytes, sent once, maybe through a proxy; a read is repeated if a
                    persistent connection closed under it
    ``pool``        all open connections, and the idle ones that are reused
    ``connection``  one request at a time, and its reply, to be read or handed on; unrequested
                    bytes end it

Wire, TLS, body and deadlines are those of ``http1``.
"""
