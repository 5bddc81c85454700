"""Upstream's side: one origin, calls sent to it, and what its faults are called.

A call on its way out, and its reply on the way back:

    ``client``      the call as bytes, sent once; a read once more, when a kept connection closed under it
    ``pool``        lends connections that are kept, or makes new ones, perhaps through a ``proxy``
    ``connection``  one request and its reply at a time, and nothing that was not asked for
    ``response``    the reply's head, and its content to be read or handed on

``faults`` has the answer to each way in which this fails. Wire, TLS, body and deadlines are those of ``http1``.
"""
