from aiohttp.client_exceptions import *  # noqa: F403 - what a type checker sees
