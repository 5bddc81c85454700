"""The engine: it decides and translates on neutral values and knows no HTTP library.

One call, in the order of its stations:

    ``recognise.Engine.recognise``     is this a retired call, and of which operation?
    ``exchange.exchange``              the order of events; a door does what it yields, ``messages.Send`` and ``Read``
    ``route.decide``                   which side is asked first: by date, flag, or what replies taught (``Memory``)
    ``question.read_query``            the caller's question: paging, envelope, pretty; ``read_body`` for a body
    ``successor.ask_successors``       the successors in turn: flex, and dedicated if flex's answer leads there
    ``question.successor_call``        the question in a successor's terms
    ``content.JsonReader.read``        the reply, decoded within bounds
    ``answer.LegacyAnswer.content``    the legacy answer, translated object by object (``translate``, ``rules``)
    ``responses.document_reply``       the reply with that content, or an error in Atlas' shape
    ``state.ExchangeState.record``     the record of what happened

``before`` makes the calls that go before a successor's own, and ``budget`` limits what
a body becomes. ``route`` has an exchange's inputs, ``settings`` the operator's. Mapping
documents are read in ``shim.documents``. Clock, environment, flags and memory are
arguments, never looked up here.
"""
