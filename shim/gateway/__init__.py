"""The gateway: an HTTP/1.1 reverse proxy that translates retired calls and streams all others.

State: one event loop handles all calls. A connection has one request at a time. The
``plan`` is built from options, documents, certificates and keys; each part keeps its
last valid version when a file changes. All memory for calls is counted in ``limits``.

Two rules: a request with two readings is refused before anything is sent. A write is
repeated only after proof that nothing was executed.

A call passes these stations in order (each folder's docstring lists its files):

    ``http1``           sockets, connections and deadlines of callers; bytes become a Request
    ``call``            the way of one call, from its head to its last byte
    ``limits``          how many are in flight, in all and of one peer, and the memory reserved for them
    ``prepared``        a read that is sent and answered as one before it was; any other goes on
    ``checks``          the call that a request makes, or a refusal; ``allow`` is the operator's list
    ``credentials``     who may call, and who signs
    ``exchange``        a call on its way upstream; the core decides what is sent and read for a retired call
    ``upstream``        a call, over connections that are kept
    ``kept``            answers of repeated reads, in the room that calls leave
    ``http1.response``  the reply as bytes

``fields`` decides which field lines are forwarded or added, and ``errors`` are the
gateway's own responses. ``plan`` is built from ``options`` and the documents, and
``watch`` rebuilds it when a file changes. ``server`` is the life cycle of one gateway,
``run`` that of the process; ``tls`` is for both sides.

For the operator: ``ledger`` counts each call once; ``metrics`` and ``status`` summarize
its tables, and ``admin`` shows them. ``logs`` builds the line of a call and
``log_writer`` writes it. ``radar_inventory`` stores announced sunsets and callers. No
call waits for these.
"""
