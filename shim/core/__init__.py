"""The engine: it decides and translates neutral values, without an HTTP library.

State: an exchange is a generator. It yields the next ``Send`` or ``Read``, receives the
reply, and returns an ``Outcome``. One ``ExchangeState`` holds everything that it knows.
Between exchanges only ``Memory`` remains: for ten minutes, the side that answered.

Two rules decide in doubt. A call goes to another side only after a reply proves that
nothing was executed. A value that can't be known is left out and reported.

A call passes these stations in order:

    ``recognize.Engine.recognize``     is this a retired call, and of which operation?
    ``exchange.exchange``              the order of events; a door executes ``messages.Send`` and ``Read``
    ``route.decide``                   which side is asked first: by date, flag, or ``Memory`` of replies
    ``question.read_query``            the caller's question: paging, envelope, pretty; ``read_body`` for a body
    ``successor.ask_successors``       the successors in turn: flex, and dedicated if flex's answer leads there
    ``question.successor_call``        the question in a successor's terms
    ``content.JsonReader.read``        the reply, decoded within bounds
    ``answer.LegacyAnswer.content``    the legacy answer, translated object by object (``translate``, ``rules``)
    ``responses.document_reply``       the reply with that content, or an error in Atlas's shape
    ``state.ExchangeState.record``     the record of the exchange

``before`` makes the lookups and writes in front of a successor's call, and ``budget``
limits the size of a translated body. ``route`` has the inputs of an exchange,
``settings`` those of the operator. Clock, environment, flags and memory are arguments,
and never looked up here.
"""
