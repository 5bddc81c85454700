"""The engine: it decides and translates on neutral values and knows no HTTP library.

Read in the order a call takes:

    messages          Call and Reply, what every door turns its own kind into, and back
    recognise         is this a retired call, and which operation is it?
    exchange          the order of events; ``commands`` is what it asks of a door, ``state`` how far it got
      route           which side is asked first: by date, flag, or what replies taught (``memory``)
      query           the caller's question: paging, envelope, pretty; ``request_body`` the body's members
      tiers           the successors in turn: flex, and dedicated where flex's answer leads there
        translate     an upstream document into the legacy shape, by a generated function (``translator``), made
                      of the ``verbs`` of its fields; what isn't as they want it is reported by ``rules``
      responses       the reply that is made of it, or an error in Atlas' shape
    record            what happened, for whoever wants to know

``context`` is what one exchange needs from outside, ``settings`` what the operator decides, and
``content_coding`` undoes gzip and deflate for every door. Mapping documents are read in
``shim.documents``. Clock, environment, flags and memory are arguments, never looked up here.
"""
