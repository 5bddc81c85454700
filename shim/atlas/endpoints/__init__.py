"""The endpoints as pure functions: each takes a caller's arguments and returns the request that is sent for them.

Each file is a group of endpoints, named as Atlas' SDKs and the clients' attributes name it. Nothing is sent here, so
that the blocking and the async client share all of it: their methods have these functions' signatures and docstrings,
to which ``resources`` adds what holds for all of them, and return what the docstrings name. Paths, members and limits
are those of Atlas' legacy contracts of October 2025 and March 2026; ``shim.httpx`` turns the calls into today's.
"""
