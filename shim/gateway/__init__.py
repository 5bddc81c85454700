"""The gateway: an HTTP/1.1 reverse proxy that translates retired calls and streams others.

State: one event loop handles all calls. A connection has one request at a time. The
``plan`` is built from options, documents, certificates and keys; each part keeps its
last valid version when a file changes. ``limits`` counts all memory for calls.

Two rules: a request with two readings is refused before anything is sent. A write is
repeated only after proof that nothing was executed.

A call passes these stations in order (each folder's docstring lists its files):

    ``http1``           sockets, connections and deadlines of callers; bytes become a Request
    ``call``            one call, from its head to its last byte
    ``limits``          the calls in flight, in total and for each peer, and their memory
    ``prepared``        reads that can be handled like an earlier one; others go on
    ``checks``          a request becomes a call or a refusal; ``allow`` is the operator's list
    ``credentials``     who may call, and who signs
    ``exchange``        a call on its way upstream; for a retired call the core decides the steps
    ``upstream``        requests over persistent connections
    ``kept``            cached answers of repeated reads, in memory that calls don't need
    ``http1.response``  the reply as bytes

``fields`` decides which field lines are forwarded or added, and ``errors`` has the
gateway's own responses. ``plan`` is built from ``options`` and the documents, and
``watch`` rebuilds it when a file changes. ``server`` is the life cycle of one gateway,
and ``run`` the life cycle of the process. ``tls`` is for both sides.

For the operator: ``ledger`` counts each call once; ``metrics`` and ``status`` summarize
its tables, and ``admin`` serves them. ``logs`` builds the log line of a call and
``log_writer`` writes it. ``radar_inventory`` stores announced sunsets and callers. No
call waits for these.
"""
