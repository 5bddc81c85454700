"""Upstream's side: one origin, the calls sent to it, and the names of its faults.

    ``client``      the call as bytes, sent once, perhaps through a proxy; a read once more, when a kept connection
                    closed under it
    ``pool``        the connections that are kept, and all that are open
    ``connection``  one request at a time, its reply to be read or handed on, nothing that was not asked for, and what
                    the caller learns when no reply comes

Wire, TLS, body and deadlines are those of ``http1``.
"""
