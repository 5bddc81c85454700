"""The gateway: an HTTP/1.1 reverse proxy that translates retired calls and streams everything else.

One call, in the order of its stations (each room's own docstring has its files):

    ``http1``           sockets, connections and deadlines of callers; bytes become a Request
    ``call``            the way of one call, from its head to its last byte
    ``limits``          how many are in flight, in all and of one peer, and what is held in memory for them
    ``prepared``        a read that is sent and answered as one before it was; any other goes on
    ``checks``          what a request asks of upstream, or a refusal; ``allow`` is the operator's list
    ``credentials``     who may call, and who signs
    ``exchange``        a call on its way upstream; of a retired call the core says what is sent and what is read
    ``upstream``        a call, over connections that are kept
    ``kept``            answers of repeated reads, in the room that calls leave
    ``http1.response``  the reply as bytes

Beside it: ``fields`` decides which field lines cross and which are added, ``errors``
are the gateway's own answers. A ``plan`` is made of ``options`` and the documents, and
``watch`` has it made anew when a file changes. ``server`` is the life of one gateway,
``run`` that of the program; ``tls`` is for both sides.

For the operator: ``ledger`` counts each call in one step; ``metrics`` and ``status``
are folds of its tables, which ``admin`` shows. ``logs`` makes the line of a call,
``log_writer`` writes it, and ``radar_inventory`` keeps what replies announce and who
called; no call waits for them.
"""
