"""Upstream's side: one origin, calls signed and sent to it, and what its faults are called.

A call on its way out, and its reply on the way back:

    ``signed``      a signer's attempts at one call, until one reply stands
    ``client``      the call as bytes, sent once; a read once more, when a kept connection closed under it
    ``pool``        lends connections that are kept, or makes new ones, perhaps through a ``proxy``
    ``connection``  one request and its reply at a time, and nothing that was not asked for
    ``response``    the reply's head, and its content to be read or handed on

``faults`` has the answer to each way in which this fails. Heads, chunks and deadlines are those of ``http1``.
"""
