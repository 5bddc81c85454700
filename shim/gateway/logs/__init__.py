"""What the gateway tells its operator, as lines on stderr: of each call, and of what happens to the gateway itself.

``calls`` says what stands in the line of a call, ``request_ids`` by which name it can be found elsewhere; ``rendering``
makes text or JSON of it; ``lines`` writes, in a thread of its own.
"""
